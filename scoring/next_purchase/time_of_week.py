"""On which weekday and at which hours the next purchase comes: the curve of days, tilted by the customer's habits.

The curve knows how soon, habits know which days and hours. Each local day's hazard is multiplied by how much likelier the
customer buys on that weekday than on a mean one; a day that is cut by ``as_of`` counts by the share of the customer's
purchases that fall into what is left of it. A weekly shopper of Saturdays is thus due on Saturday, a daily one
tomorrow, whatever their favourite day: habits alone would say Saturday to both.

Chances are given that a purchase comes within four weeks, in which every weekday lies equally often. Local days are those of the
offset at ``as_of``: after a change of the clocks their bounds are an hour off.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR
from otokui.frames import Batch, Floats
from scoring.base_models.purchase_times import HOURS, WEEKDAYS, Habits, tallied
from scoring.next_purchase.survival import SurvivalCurve

WITHIN_DAYS: Final = 28
"""Chances are given that the next purchase comes within so many days."""
SPAN_HOURS: Final = 3
_NOTHING: Final = 1e-250  # below it a chance has no digits left to share out


def weekday_and_hours(habits: Habits | None, curve: SurvivalCurve, summaries: Batch | None, local_as_of: int) -> tuple[Floats, Floats]:
    """Return ``arrival`` of customers with these summaries; NaN from a model that was trained before there were habits.

    Without summaries everybody has the shop's habits.
    """
    customers = len(curve.cumulated)
    if habits is None:
        return np.full((customers, len(WEEKDAYS)), np.nan), np.full((customers, len(HOURS)), np.nan)
    weekday = habits.weekday.chances(tallied(summaries, WEEKDAYS, customers))
    return arrival(curve, weekday, habits.hours.chances(tallied(summaries, HOURS, customers)), local_as_of)


def arrival(curve: SurvivalCurve, weekday: Floats, hours: Floats, local_as_of: int) -> tuple[Floats, Floats]:
    """Return the chance of each weekday (n, 7), 0 = Monday, and of each three hours of the local day (n, 8) for the next purchase.

    weekday (n, 7), hours (n, 8): the customers' habits, rows summing to one, none 0; local_as_of: local seconds since 1970.
    """
    weekday, hours = np.ascontiguousarray(weekday), np.ascontiguousarray(hours)
    gone = (local_as_of % DAY) / DAY
    bounds = np.array([0.0, *(np.arange(1, WITHIN_DAYS + 1) - gone), float(WITHIN_DAYS)])
    over = np.clip((local_as_of % DAY) / (SPAN_HOURS * HOUR) - np.arange(hours.shape[1]), 0.0, 1.0)  # share of each span that is over
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
    """Return rows that sum to one; ``otherwise`` where there is next to nothing to share out."""
    total = np.einsum("nk->n", chance)[:, None]
    some = total > _NOTHING
    return np.where(some, chance / np.where(some, total, 1.0), otherwise)
