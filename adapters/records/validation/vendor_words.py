"""Vendors' words of consent and of bounces, in English and Japanese.

They come from e-mail services, sending tools and shop systems. A word on neither list is unknown, and counts as forbidding. Width, case,
blanks, hyphens and underscores do not matter.
"""

from __future__ import annotations

from typing import Final

import polars as pl


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


YES: Final = _words("""
    true t yes y 1 1.0 on ok optin optedin in subscribed subscribe active agreed agree allowed allow granted grant accepted accept
    confirmed consented consent permitted enabled doubleoptin
    許諾 許諾済 許諾済み 許可 許可済 同意 同意済 同意済み 同意する 承諾 承諾済 承諾済み 承認
    配信可 配信可能 配信許可 配信希望 配信中 配信する 可 可能 希望 希望する 希望します 登録 登録済 登録済み 登録中
    購読 購読中 購読する 受信する 受け取る 受信可 受信希望 有効 はい 有 有り あり する オプトイン ○ ◯ 〇
""")
NO: Final = _words("""
    false f no n 0 0.0 off out optout optedout unsubscribed unsubscribe unsub cleaned bounced bounce hardbounced complained complaint
    spam abuse suppressed blocked blacklisted inactive deleted removed archived denied deny declined refused rejected revoked
    withdrawn cancelled canceled stop stopped never none nonsubscribed notsubscribed notoptedin disabled donotcontact dnc invalid
    配信停止 配信停止済 配信停止済み 配信停止中 停止 停止中 停止済 停止済み 解除 解除済 解除済み 登録解除 配信解除 購読解除
    退会 退会済 退会済み 拒否 受信拒否 配信拒否 着信拒否 拒否する 不可 配信不可 受信不可 送信不可 否 否認 不許可
    不要 配信不要 受信不要 希望しない 希望しません 配信を希望しない 受け取らない 受信しない 配信しない 購読しない
    非同意 不同意 同意しない 未同意 未許諾 撤回 取消 無効 削除 削除済 エラー 不達 苦情 ブロック
    いいえ 無 無し なし しない オプトアウト × ✕ ✖ ✗
""")
NOT_YET: Final = _words("""
    pending unconfirmed notconfirmed waiting unverified unknown undecided transactional null na n/a
    未確認 確認中 確認待ち 確認待 認証待ち 仮登録 仮 保留 未登録 未設定 未回答 未選択 不明
""")
"""Neither an opt-in nor an opt-out, and so no opt-in."""

SOFT: Final = _words("""
    soft softbounce softbounced s transient temporary temp deferred deferral delayed delay mailboxfull full quota overquota
    ソフト ソフトバウンス 一時 一時的 一時エラー 一時的エラー 一時的なエラー 容量超過 メールボックス容量超過
""")


def spelled(text: pl.Expr) -> pl.Expr:
    """Return text without differences of width, case, blanks, hyphens and underscores."""
    return text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s_\-・]+", "")


def consent(text: pl.Expr) -> pl.Expr:
    """Return the consent of words: true, false, null where they are empty or unknown."""
    word = spelled(text)
    negative = text.str.normalize("NFKC").str.contains(r"^\s*[-−]\s*\d")  # without its sign "-1" would read as a yes
    return pl.when(negative).then(False).when(word.is_in(YES)).then(True).when(word.is_in(NO | NOT_YET)).then(False)


def bounce(text: pl.Expr) -> pl.Expr:
    """Return ``soft`` or ``hard``; unknown words are hard, an empty one is null."""
    word = spelled(text)
    return pl.when(word == "").then(None).when(word.is_in(SOFT)).then(pl.lit("soft")).otherwise(pl.lit("hard"))
