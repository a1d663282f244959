"""Channel names of shops and their tools, matched with the channels of the settings.

A refusal is matched widely (width, case, common aliases in English and Japanese), for an unknown name closes every channel: unknown means
no. A consent is matched narrowly (width, case, punctuation), for a guess may not permit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

_ALIASES: Final = {
    "email": "email mail emails newsletter emailmarketing メール eメール 電子メール メルマガ メールマガジン",
    "sms": "sms mms text textmessage shortmessage ショートメール ショートメッセージ",
    "push": "push pushnotification apppush mobilepush webpush notification app プッシュ プッシュ通知 アプリプッシュ アプリ通知 アプリ",
    "line": "line lineofficial lineofficialaccount line公式 line公式アカウント ライン ライン公式",
    "direct_mail": "directmail dm mail post postal postalmail letter postcard ダイレクトメール 郵送 郵便 はがき ハガキ 葉書 手紙",
    "call": "call calls phone phonecall tel telephone voice telemarketing 電話 コール テレマ テレマーケティング 架電",
    "site": "site web website onsite popup サイト ウェブ ウェブサイト ポップアップ",
    "in_store": "instore store shop pos 店舗 店頭 接客",
}
"""By the name of a preset: other names for such a channel. "mail" is in two: a refusal of one of them may have meant the other."""

_GROUPS: Final = {name: frozenset(words.split()) | {re.sub(r"[\W_]+", "", name)} for name, words in _ALIASES.items()}
_EVERY: Final = frozenset(("", "all", "any", "every", "everything", "allchannels", "すべて", "全て", "全部", "全チャネル", "全チャンネル"))


def plain(name: str) -> str:
    """Return a name without differences of width, case, blanks and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def means_every(name: str | None) -> bool:
    """Return whether a channel name stands for every channel.

    An empty name does, and a word such as "all" or すべて.
    """
    return plain(name or "") in _EVERY


@lru_cache(maxsize=65_536)
def closed_by(name: str, channels: tuple[str, ...]) -> tuple[int, ...]:
    """Return the channels (indexes) that a refusal over ``name`` closes.

    They are those it may mean, or every channel if that is not known.

    >>> closed_by("LINE公式", ("email", "line")), closed_by("E-Mail", ("email", "line")), closed_by("fax", ("email", "line"))
    ((1,), (0,), (0, 1))
    """
    meant = _meant(name, channels)
    return meant or tuple(range(len(channels)))


@lru_cache(maxsize=65_536)
def opened_by(name: str, channels: tuple[str, ...]) -> int:
    """Return the channel (index) that a consent over ``name`` opens, or -1.

    -1 = no known channel; aliases do not count.

    >>> opened_by("Email ", ("email", "line")), opened_by("メール", ("email", "line"))
    (0, -1)
    """
    if name in channels:
        return channels.index(name)
    same = [i for i, channel in enumerate(channels) if plain(channel) == plain(name)]
    return same[0] if len(same) == 1 else -1


def understood(name: str, channels: tuple[str, ...]) -> bool:
    """Return whether the channels that a refusal over ``name`` closes are known."""
    return means_every(name) or bool(_meant(name, channels))


def likely(name: str, channels: Sequence[str]) -> str:
    """Return the channel most similar to an unknown name, '' = none."""
    spelled = {plain(channel): channel for channel in channels}
    close = get_close_matches(plain(name), list(spelled), n=1, cutoff=0.6)
    if close:
        return spelled[close[0]]
    contained = [channel for word, channel in spelled.items() if word in plain(name)]
    return contained[0] if contained else ""


def _meant(name: str, channels: tuple[str, ...]) -> tuple[int, ...]:
    if name in channels:
        return (channels.index(name),)
    word = plain(name)
    if word in _EVERY:
        return ()
    same = tuple(i for i, channel in enumerate(channels) if plain(channel) == word)
    groups = [words for words in _GROUPS.values() if word in words]
    return same or tuple(i for i, channel in enumerate(channels) if any(plain(channel) in words for words in groups))
