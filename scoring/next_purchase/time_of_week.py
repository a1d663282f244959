"""Weekday and hours of the next purchase: survival curve times time-of-week chances.

The survival curve gives the days to the purchase, the time-of-week mixtures give weekdays and hours. Each local day's hazard is
multiplied by how much likelier the customer buys on that weekday than on a mean one; a day cut by ``as_of`` counts by the share of the
customer's purchases in the rest of it. A weekly shopper of Saturdays is thus due on Saturday, a daily one tomorrow, whatever their
favourite day: the mixtures alone would give Saturday for both.

Chances are given that a purchase comes within four weeks, in which every weekday lies equally often. Local days are those of the offset
at ``as_of``: after a change of the clocks their bounds are an hour off.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR
from otokui.frames import Batch, Floats
from scoring.base_models.purchase_times import HOURS, WEEKDAYS, TimeOfWeek, counts_of_columns
from scoring.next_purchase.survival import SurvivalCurve

WITHIN_DAYS: Final = 28
"""Days within which the next purchase comes, as the condition of the chances."""
SPAN_HOURS: Final = 3
_NOTHING: Final = 1e-250  # below it a chance has too few digits to normalise


def weekday_and_hours(habits: TimeOfWeek | None, curve: SurvivalCurve, summaries: Batch | None, local_as_of: int) -> tuple[Floats, Floats]:
    """Return the weekday and hour chances of customers with these summaries.

    They are NaN from a model of an older build, without time-of-week mixtures. Without summaries every customer has the shop's.
    """
    customers = len(curve.cumulated)
    if habits is None:
        return np.full((customers, len(WEEKDAYS)), np.nan), np.full((customers, len(HOURS)), np.nan)
    weekday = habits.weekday.chances(counts_of_columns(summaries, WEEKDAYS, customers))
    return weekday_and_hour_chances(curve, weekday, habits.hours.chances(counts_of_columns(summaries, HOURS, customers)), local_as_of)


def weekday_and_hour_chances(curve: SurvivalCurve, weekday: Floats, hours: Floats, local_as_of: int) -> tuple[Floats, Floats]:
    """Return next-purchase chances by weekday (n, 7) and by three hours (n, 8).

    Hours are of the local day; weekday 0 = Monday. weekday (n, 7), hours (n, 8): the customers' time of week, rows summing to one, none
    0; local_as_of: local seconds since 1970.
    """
    weekday, hours = np.ascontiguousarray(weekday), np.ascontiguousarray(hours)
    gone = (local_as_of % DAY) / DAY
    bounds = np.array([0.0, *(np.arange(1, WITHIN_DAYS + 1) - gone), float(WITHIN_DAYS)])
    over = np.clip((local_as_of % DAY) / (SPAN_HOURS * HOUR) - np.arange(hours.shape[1]), 0.0, 1.0)  # the past share of each span
    left, past = np.einsum("ns,s->n", hours, 1.0 - over), np.einsum("ns,s->n", hours, over)

    days = (local_as_of // DAY + EPOCH_WEEKDAY + np.arange(len(bounds) - 1)) % 7
    tilt = 7.0 * np.take(weekday, days, axis=1)
    tilt[:, 0] *= left / (1.0 - gone)
    tilt[:, -1] *= past / gone if gone > 0.0 else 0.0
    hazard = np.diff(curve.hazard(bounds), axis=1) * tilt
    before = np.cumsum(hazard, axis=1) - hazard
    comes = np.exp(-before) * -np.expm1(-hazard)

    in_turn = comes[:, :7] + comes[:, 7:14] + comes[:, 14:21] + comes[:, 21:28]
    in_turn[:, 0] += comes[:, 28]
    by_weekday = np.take(in_turn, (np.arange(7) - days[0]) % 7, axis=1)
    whole = np.einsum("nd->n", comes[:, 1:-1])[:, None]
    first = comes[:, :1] * (1.0 - over) / np.maximum(left, _NOTHING)[:, None]
    last = comes[:, -1:] * over / np.maximum(past, _NOTHING)[:, None]
    return _shared_out(by_weekday, weekday), _shared_out(hours * (first + whole + last), hours)


def _shared_out(chance: Floats, otherwise: Floats) -> Floats:
    """Normalise rows to sum to one; ``otherwise`` if a row is almost zero."""
    total = np.einsum("nk->n", chance)[:, None]
    some = total > _NOTHING
    return np.where(some, chance / np.where(some, total, 1.0), otherwise)
