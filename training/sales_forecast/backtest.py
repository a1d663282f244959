"""Back-tests of the sales forecast at earlier instants of its own history.

Its interval and its season are learnt from them.

At each earlier instant the rhythm, the order values and the arrivals are learnt from the purchases before it alone, and what was said is
set against actual orders. An order counts from when it was placed, because only its newest correction's time of arrival is on record.
Kept apart from the interval, which is arithmetic on the table made here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Bools, Floats, Ints
from scoring.model_files.manifest import TrainingAverages
from training.btyd.reactivation import learn_rhythm
from training.data.purchase_history import History
from training.fitting.task import order_value_of
from training.sales_forecast.bottom_up import Sum, by_arrivals, by_rhythm, sold
from training.sales_forecast.new_customers import learn_arrivals

YEAR_DAYS = 365.0
WARM_UP_DAYS = 56
"""Days of purchases before the first back-test, the least from which anything is learnt (`training.data.time_splits`)."""
SHORT_HISTORY_DAYS = 400
"""Histories below this are tested twice a month, longer ones monthly: overlapping windows, but none lost."""
MOST_ORIGINS = 24
HALF_LIFE_DAYS = 180.0
"""A back-test counts half of one this much later: with little on record a forecast was worse than it is now."""
LEAST_CUSTOMERS = 20
"""A back-test on fewer buyers than this says nothing of one on many."""


@dataclass(frozen=True, slots=True)
class Backtests:
    """Back-tests at K earlier instants: forecast, actual and last period, (K, H, 2).

    In equal steps, newest first; H horizons in days, 2 units (orders, money).

    predicted (the customers' sum), done, last (what the period before brought), (K, H, 2): NaN where a window reaches beyond the present
    or too little was on record; steps_a_year: instants a year apart.
    """

    origins: Ints
    days: tuple[int, ...]
    predicted: Floats
    done: Floats
    last: Floats
    steps_a_year: int

    def log_errors(self) -> Floats:
        """Return log errors of the forecasts, shape (K, H, 2).

        log(actual / forecast); NaN where not known, or where nothing was sold.
        """
        return self._errors(self.predicted)

    def log_errors_of_last(self) -> Floats:
        """Return log(done / last), as ``log_errors``."""
        return self._errors(self.last)

    def windows(self, now: Instant) -> Floats:
        """Return how many back-tests of each horizon do not overlap, shape (H,)."""
        known = np.isfinite(self.log_errors())
        seen: Bools = known[:, :, 0] & known[:, :, 1]
        oldest = [int(self.origins[each].min()) if each.any() else int(now) for each in seen.T]
        windows: Floats = np.floor((now - np.array(oldest)) / (np.array(self.days) * DAY))
        return windows

    def _errors(self, predicted: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.log(self.done) - np.log(predicted)
        return np.where(np.isfinite(errors), errors, np.nan)


def placed_before(history: History, at: Instant) -> History:
    """Return the purchases placed before ``at``; the customers stay numbered as they are."""
    earlier: Bools = history.purchased_at < at
    columns = (history.customer[earlier], history.purchased_at[earlier], history.paid[earlier], history.known_at[earlier])
    return History(history.customer_ids, *columns)


def say(history: History, at: Instant, days: Sequence[int], *, seed: int) -> tuple[Sum, Sum, Floats]:
    """Return expected purchases after ``at`` of existing customers and of newcomers.

    Third, how many newcomers (H,).

    From the purchases placed before ``at``, and nothing else.
    """
    before = placed_before(history, at)
    rhythm = learn_rhythm(before, at, seed=seed)
    value, weight = order_value_of(before)
    existing = by_rhythm(before, at, rhythm, TrainingAverages(order_value=value, order_value_weight=weight), days)
    return existing, *by_arrivals(learn_arrivals(before, at, max(days)), days)


def last_period(history: History, at: Instant, days: Sequence[int]) -> Floats:
    """Return purchases of the whole base in the last period before ``at``, (H, 2).

    As many days as each horizon; NaN where purchases do not reach back that far.
    """
    first = int(history.purchased_at.min()) if len(history) else int(at)
    brought = [sold(history, Instant(at - day * DAY), (day,)).columns()[0] for day in days]
    return np.array([each if at - day * DAY >= first else np.full(2, np.nan) for day, each in zip(days, brought, strict=True)])


def back_test(
    history: History, at: Instant, days: Sequence[int], *, seed: int, progress: Callable[[int, int], None] = lambda *_: None
) -> Backtests:
    """Return forecasts at earlier instants against actual purchases before ``at``.

    None where the history is too short.

    ``progress`` is told how many of how many instants are done.
    """
    first = int(history.purchased_at.min()) if len(history) else int(at)
    observed = (at - first) / DAY
    steps = 24 if observed < SHORT_HISTORY_DAYS else 12
    step = YEAR_DAYS / steps
    count = max(0, min(MOST_ORIGINS, int((observed - WARM_UP_DAYS) // step)))
    origins = np.array([round(at - (k + 1) * step * DAY) for k in range(count)], dtype=np.int64)
    predicted, done, last = np.full((3, count, len(days), 2), np.nan)
    for k, origin in enumerate(map(Instant, origins)):
        seen = np.array([origin + day * DAY <= at for day in days])
        if not seen.any():
            continue
        if len(history.buyers(origin)) < LEAST_CUSTOMERS:
            break
        existing, newcomers, _ = say(history, origin, days, seed=seed)
        predicted[k] = np.where(seen[:, None], (existing + newcomers).columns(), np.nan)
        done[k] = np.where(seen[:, None], sold(history, origin, days).columns(), np.nan)
        last[k] = last_period(history, origin, days)
        progress(k + 1, count)
    return Backtests(origins, tuple(days), predicted, done, last, steps)
