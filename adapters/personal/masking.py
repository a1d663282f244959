"""Masking of values for messages, logs, quarantine files, check-up and data dictionary.

``masked`` hides personal data. ``echoed`` hides every refused value except numbers, dates and plain codes, because any broken
cell may hold a name that is on no list.
"""

from __future__ import annotations

import re

import polars as pl

from adapters.personal.kinds import FREE, MASKS, STRICT, EvidenceLevel, Kind
from adapters.personal.names import is_person_alone, is_single_name
from adapters.personal.plain import plain
from adapters.personal.value_detection import kind_of, maybe
from adapters.personal.word_lists import english_given_names, english_surnames, word_list

LONGEST = 60
HIDDEN = "[text]"

_WORDS_OF_TIME = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|am|pm|utc|gmt|jst|est|edt|cst|pst|cet|cest|z|t|of|at|st|nd|rd|th|jpy|usd|eur|gbp|yen"
)
_FIGURES = re.compile(
    rf"(?:[\s\d.,:;/+\-–()%¥$€£'年月日時分秒頃円税込抜千万個点件本枚回令和平成昭和午前後（）<>=~]|(?<![a-z])(?:{_WORDS_OF_TIME})(?![a-z]))+",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z0-9_.:;,#/+=|\-]+")
_ANSWERS = word_list("answers.txt")
_SHOWN = frozenset((*MASKS, HIDDEN))
_LISTED = re.compile(r"[A-Za-z]+")


def masked(text: str, evidence: EvidenceLevel = FREE) -> str:
    """Return a text for messages; personal data is replaced by its kind."""
    kind = personal_kind(text, evidence)
    return kind.mask if kind else text if len(text) <= LONGEST else text[: LONGEST - 3] + "…"


def echoed(text: str) -> str:
    """Return a quarantined value as messages and the quarantine may show it."""
    read = plain(text)
    if not read or read in _ANSWERS or read in _SHOWN:
        return text
    kind = personal_kind(text)
    if kind:
        return kind.mask
    if len(read) <= LONGEST and (_FIGURES.fullmatch(read) or _is_code(read)):
        return text
    return HIDDEN


def hidden(column: pl.Series) -> pl.Series:
    """Mask a text column as ``echoed`` does."""
    distinct = [v for v in column.unique().to_list() if v]
    return column.replace(distinct, [echoed(v) for v in distinct]) if distinct else column


def personal_kind(text: str, evidence: EvidenceLevel = FREE) -> Kind | None:
    """Return the kind of personal data in ``text``."""
    read = plain(text)
    alone = Kind.NAME if evidence.free and not read.isascii() and is_person_alone(read) else None
    return kind_of(read, evidence) or maybe(read, evidence) or alone


def _is_code(text: str) -> bool:
    """Return whether ``text`` is an id or a plain word.

    It has no blank, no capitalised word and no name of the lists.
    """
    if not _CODE.fullmatch(text):
        return False
    words = _LISTED.findall(text)
    if any(len(w) > 2 and _is_name(w.lower()) for w in words):
        return False
    return any(c.isdigit() for c in text) or text == text.lower() or (text == text.upper() and len(text) <= 4)


def _is_name(word: str) -> bool:
    return is_single_name(word) or word in english_surnames() or word in english_given_names()


def identifies_person(text: str) -> bool:
    """Return whether an id contains an e-mail address or a phone number.

    It may also be one. Both are recognised as people write them.
    """
    return kind_of(plain(text), STRICT) in (Kind.EMAIL, Kind.PHONE)


def may_be_shown(text: str) -> bool:
    """Return whether a value that a caller sent may be repeated.

    It may if no kind of personal data is in it.
    """
    return personal_kind(text) is None
