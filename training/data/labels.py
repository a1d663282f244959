"""What came true after a cut-off, from half-open windows ``[cutoff, cutoff + horizon)``.

Only records known before the end of training count. A window that reaches beyond that end is not labelled, save for
the time to the next purchase, where "not yet" is censoring and says something too.
Cut-offs are one instant or one per customer. A new label is one function here and one row in `training.fitting.task.TARGETS`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.frames import Bools, Floats, Ints
from otokui.settings.definitions import LoyalRule
from scoring.customer_state import satisfies
from training.data.purchase_history import History

CLOSED_SHARE = 0.95
"""Churn is proposed as the days within which so many of the shop's gaps between purchases have closed."""
LEAST_CHURN_DAYS, MOST_CHURN_DAYS = 14, 180


@dataclass(frozen=True, slots=True)
class Waiting:
    """Days to the next purchase of ``n`` customers, censored at the end of observation.

    days (n,); bought (n,) whether it came within the days that were observed.
    """

    days: Floats
    bought: Bools


def _window(history: History, customers: Ints, cutoff: Instant | Ints, days: float) -> tuple[Ints, Ints]:
    return history.before(customers, cutoff), history.before(customers, cutoff + days * DAY)


def next_purchase(history: History, customers: Ints, cutoff: Instant | Ints, observed_until: Instant) -> Waiting:
    """Return the wait from ``cutoff`` to the next purchase.

    ``history`` holds what was known before ``observed_until``.
    """
    observed = (observed_until - cutoff) / DAY
    first, end = history.before(customers, cutoff), history.end_of(customers)
    came = (first < end) & (customers >= 0)
    at = history.purchased_at[np.minimum(first, max(len(history) - 1, 0))] if len(history) else np.zeros(len(customers))
    return Waiting(np.where(came, (at - cutoff) / DAY, observed), came)


def purchase_count(history: History, customers: Ints, cutoff: Instant | Ints, days: float) -> Floats:
    """Return the number of purchases in the window, shape (n,)."""
    first, after = _window(history, customers, cutoff, days)
    return (after - first).astype(np.float64)


def spend(history: History, customers: Ints, cutoff: Instant | Ints, days: float) -> Floats:
    """Return the money paid in the window, shape (n,)."""
    first, after = _window(history, customers, cutoff, days)
    return _paid_between(history, first, after)


def churn(history: History, customers: Ints, cutoff: Instant | Ints, churn_days: float) -> Floats:
    """Return 1.0 for customers who left within the window, else 0.0, shape (n,).

    Whose contract runs at the cut-off has left if none runs at the end of the window: cancelled, or not renewed at its term. Everybody
    else has left if no purchase came.
    """
    silent: Bools = purchase_count(history, customers, cutoff, churn_days) == 0.0
    if history.contracts is None:
        return silent.astype(np.float64)
    left = ~history.contracts.in_force(customers, cutoff + churn_days * DAY)
    return np.where(history.contracts.in_force(customers, cutoff), left, silent).astype(np.float64)


def future_loyal(history: History, customers: Ints, cutoff: Instant | Ints, horizon_days: float, rule: LoyalRule) -> Floats:
    """Return 1.0 where the rule holds ``horizon_days`` after the cut-off, else 0.0, shape (n,)."""
    at = cutoff + horizon_days * DAY
    begin, after = history.start_of(customers), history.before(customers, at)
    since = begin if rule.within_days is None else history.before(customers, at - rule.within_days * DAY)
    ever = (after > begin) & (customers >= 0)
    first_at = history.purchased_at[np.minimum(begin, max(len(history) - 1, 0))] if len(history) else np.zeros(len(customers))
    tenure = np.where(ever, (at - first_at) / DAY, np.nan)
    return satisfies(rule, (after - since).astype(np.float64), _paid_between(history, since, after), tenure).astype(np.float64)


def _paid_between(history: History, first: Ints, after: Ints) -> Floats:
    # In ten-thousandths as whole numbers: exact, and no customer's total depends on the customers before it.
    total = np.concatenate([[0], np.cumsum(np.rint(history.paid * 10_000.0).astype(np.int64))])
    paid: Floats = np.maximum(total[after] - total[first], 0) / 10_000.0
    return paid


def proposed_churn_days(history: History, observed_days: float) -> int:
    """Return a proposed churn horizon: days that 95% of the shop's purchase gaps stay below.

    Every customer weighs the same however often they bought, else the daily buyers would call the rest churned. Kept
    within 14 to 180 days and a third of the history, since a longer window could be seen too seldom to learn from.

    Raises:
        NotEnoughData: fewer than 20 repeat purchases are known.
    """
    gaps, whose = history.gaps_days()
    gaps, whose = gaps[gaps > 0.0], whose[gaps > 0.0]
    if len(gaps) < 20:
        raise NotEnoughData(
            f"churn_days cannot be proposed from {len(gaps)} repeat purchases; 20 are needed",
            fix="set [definitions] churn_days, or bring more history",
        )
    longest = max(LEAST_CHURN_DAYS, min(MOST_CHURN_DAYS, int(observed_days / 3.0)))
    order = np.argsort(gaps, kind="stable")
    weight = np.cumsum((1.0 / np.bincount(whose)[whose])[order])
    closed = gaps[order][np.searchsorted(weight, CLOSED_SHARE * weight[-1])]
    return int(np.clip(np.ceil(closed), LEAST_CHURN_DAYS, longest))
