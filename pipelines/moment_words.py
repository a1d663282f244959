"""Fifteen chances as one line a person reads: the likeliest weekday and hours of the next purchase, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

WEEKDAYS: Final = tuple(f"p_next_purchase_weekday_{day}" for day in range(1, 8))
HOURS: Final = tuple(f"p_next_purchase_hours_{begin:02}" for begin in range(0, 24, 3))
"""The columns of the predictions file."""
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
YOUBI: Final = "月火水木金土日"
"""Weekdays from Monday on, in English and Japanese."""


def likely_moment(predictions: Mapping[str, Any]) -> list[str]:
    """Return a line on one customer's likeliest weekday and hours; none where they are not said."""
    weekday, hours = (_likeliest(predictions, names) for names in (WEEKDAYS, HOURS))
    if weekday is None or hours is None:
        return []
    (day, by_day), (span, by_hour) = weekday, hours
    when = f"{3 * span}-{3 * span + 3}"
    return [
        f"  next purchase, if within 28 days, most likely on a {DAYS[day]} ({by_day:.0%}), {when} o'clock ({by_hour:.0%})"
        f"  (28日以内なら{YOUBI[day]}曜日・{when}時が最有力)"
    ]


def _likeliest(predictions: Mapping[str, Any], names: tuple[str, ...]) -> tuple[int, float] | None:
    chances = [float(predictions[name]) if predictions.get(name) is not None else float("nan") for name in names]
    if any(chance != chance for chance in chances):
        return None
    best = max(range(len(chances)), key=chances.__getitem__)
    return best, chances[best]
