"""Predicted purchase time in one line: likeliest weekday and hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from otokui.wording.i18n import N_, SOURCE, gettext
from otokui.wording.numerals import written

WEEKDAYS: Final = tuple(f"p_next_purchase_weekday_{day}" for day in range(1, 8))
HOURS: Final = tuple(f"p_next_purchase_hours_{begin:02}" for begin in range(0, 24, 3))
"""The columns of the predictions file."""
DAYS: Final = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
"""Weekdays from Monday on, marked for the catalogues."""
LIKELIEST: Final = N_("next purchase, if within 28 days, most likely on a {weekday} ({by_day}), {begin}-{end} o'clock ({by_hour})")


def likely_moment(predictions: Mapping[str, Any], language: str = SOURCE) -> str | None:
    """Return a customer's likeliest weekday and hours as a sentence.

    None where they are not predicted.
    """
    weekday, hours = (_likeliest(predictions, names) for names in (WEEKDAYS, HOURS))
    if weekday is None or hours is None:
        return None
    (day, by_day), (span, by_hour) = weekday, hours
    return gettext(LIKELIEST, language).format(
        weekday=gettext(DAYS[day], language),
        begin=3 * span,
        end=3 * span + 3,
        by_day=written(by_day, ".0%", language),
        by_hour=written(by_hour, ".0%", language),
    )


def _likeliest(predictions: Mapping[str, Any], names: tuple[str, ...]) -> tuple[int, float] | None:
    chances = [float(predictions[name]) if predictions.get(name) is not None else float("nan") for name in names]
    if any(chance != chance for chance in chances):
        return None
    best = max(range(len(chances)), key=chances.__getitem__)
    return best, chances[best]
