"""What a prediction is called in a sentence, English and Japanese, by the name of its column; what scoring knows of a rhythm is one.

Kept beside the decisions, which put predictions into reasons and conditions, and not with the features: a feature says
itself what it is, a prediction has no function whose description could be read.
"""

from __future__ import annotations

from typing import Final

from decisions.words.kinds import Kind

_ALIVE: Final = ("chance of still buying at all, by the customer's own rhythm", "本人の購入リズムから見た継続の確率", Kind.SHARE)
_SINGLE: Final[dict[str, tuple[str, str, Kind]]] = {
    "days_to_next_median": (
        "days to the next purchase, as likely sooner as later",
        "次回購入までの日数(早い・遅いが半々の見込み)",
        Kind.DAYS,
    ),
    "days_to_next_p10": ("days to the next purchase, one in ten is sooner", "次回購入までの日数(これより早いのは10人に1人)", Kind.DAYS),
    "days_to_next_p90": ("days to the next purchase, nine in ten are sooner", "次回購入までの日数(10人に9人はこれより早い)", Kind.DAYS),
    "churn_probability": ("chance of leaving", "離反の確率", Kind.SHARE),
    "future_loyal_probability": ("chance of becoming a loyal customer", "ロイヤル顧客になる確率", Kind.SHARE),
    "state": ("customer state", "顧客の状態", Kind.STATE),
    "rhythm_alive": _ALIVE,
    "own_rhythm": _ALIVE,
    "rhythm_expected": (
        "purchases expected in 30 days, by the customer's own rhythm",
        "本人の購入リズムから見た30日間の購入回数",
        Kind.NUMBER,
    ),
    "known": ("anything on record", "記録の有無", Kind.YES_NO),
}
_BY_HORIZON: Final[dict[str, tuple[str, str, Kind]]] = {
    "p_purchase": ("chance of a purchase within {days} days", "{days}日以内に購入する確率", Kind.SHARE),
    "expected_purchases": ("purchases within {days} days, on average", "{days}日間の購入回数(平均)", Kind.NUMBER),
    "median_purchases": (
        "purchases within {days} days, as likely fewer as more",
        "{days}日間の購入回数(多い・少ないが半々の見込み)",
        Kind.NUMBER,
    ),
    "expected_spend": ("money spent within {days} days, on average", "{days}日間の購入金額(平均)", Kind.MONEY),
}


def prediction_words(column: str) -> tuple[str, str, Kind] | None:
    """Return what a prediction is called in English and Japanese, and what its value is; None where it is no prediction."""
    if column in _SINGLE:
        return _SINGLE[column]
    prefix, _, horizon = column.rpartition("_")
    days = horizon.removesuffix("d")
    if prefix not in _BY_HORIZON or horizon == days or not days.isdecimal():
        return None
    english, japanese, kind = _BY_HORIZON[prefix]
    return english.format(days=days), japanese.format(days=days), kind
