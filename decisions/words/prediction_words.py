"""What a prediction is called in a sentence, by the name of its column; what scoring knows of a rhythm is one.

Kept beside the decisions, which put predictions into reasons and conditions, and not with the features: a feature says
itself what it is, a prediction has no function whose description could be read.
"""

from __future__ import annotations

from typing import Final

from decisions.words.kinds import Kind
from otokui.i18n import N_, Text

_ALIVE: Final = (N_("chance of still buying at all, by the customer's own rhythm"), Kind.SHARE)
_SINGLE: Final[dict[str, tuple[str, Kind]]] = {
    "days_to_next_median": (N_("days to the next purchase, as likely sooner as later"), Kind.DAYS),
    "days_to_next_p10": (N_("days to the next purchase, one in ten is sooner"), Kind.DAYS),
    "days_to_next_p90": (N_("days to the next purchase, nine in ten are sooner"), Kind.DAYS),
    "churn_probability": (N_("chance of leaving"), Kind.SHARE),
    "future_loyal_probability": (N_("chance of becoming a loyal customer"), Kind.SHARE),
    "state": (N_("customer state"), Kind.STATE),
    "rhythm_alive": _ALIVE,
    "own_rhythm": _ALIVE,
    "rhythm_expected": (N_("purchases expected in 30 days, by the customer's own rhythm"), Kind.NUMBER),
    "known": (N_("anything on record"), Kind.YES_NO),
}
_BY_HORIZON: Final[dict[str, tuple[str, Kind]]] = {
    "p_purchase": (N_("chance of a purchase within {days} days"), Kind.SHARE),
    "expected_purchases": (N_("purchases within {days} days, on average"), Kind.NUMBER),
    "median_purchases": (N_("purchases within {days} days, as likely fewer as more"), Kind.NUMBER),
    "expected_spend": (N_("money spent within {days} days, on average"), Kind.MONEY),
}


def prediction_words(column: str) -> tuple[Text, Kind] | None:
    """Return what a prediction is called, and what its value is; None where it is no prediction."""
    if column in _SINGLE:
        message, kind = _SINGLE[column]
        return Text(message), kind
    prefix, _, horizon = column.rpartition("_")
    days = horizon.removesuffix("d")
    if prefix not in _BY_HORIZON or horizon == days or not days.isdecimal():
        return None
    message, kind = _BY_HORIZON[prefix]
    return Text(message, values={"days": days}), kind
