"""Bottom-up forecast of orders and money: customers on record, and newcomers.

This is the forecast as the purchases alone make it: every customer's own rhythm times their own order value, summed, and the arrivals
beside them. It needs no vectors and no boosting, so it can be repeated at every earlier instant of the history, which is what an interval
is learnt from (`training.sales_forecast.backtest`). The models' finer sum takes its place at the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Batch, Floats, texts
from scoring.base_models.btyd import MbgNbd, btyd_prediction
from scoring.model_files.booster_inputs import order_value
from scoring.model_files.manifest import TrainingAverages
from training.btyd.mbg_nbd import sufficient
from training.data.purchase_history import History
from training.sales_forecast.new_customers import Arrivals

SALES_HORIZONS = (30, 60, 90)
"""Days ahead that a base is forecast for (30/60/90: a month, two, a quarter)."""
UNITS = ("orders", "revenue")


@dataclass(frozen=True, slots=True)
class Sum:
    """Orders and money by horizon, both (H,)."""

    orders: Floats
    money: Floats

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.orders + other.orders, self.money + other.money)

    def columns(self) -> Floats:
        """Return both as (H, 2), in the order of UNITS."""
        return np.stack([self.orders, self.money], axis=1)


def by_rhythm(history: History, at: Instant, rhythm: MbgNbd, pooled: TrainingAverages, days: Sequence[int]) -> Sum:
    """Return expected orders and money of existing customers within each of ``days``.

    By base model and order value alone, for customers who bought before ``at``.
    """
    buyers = history.buyers(at)
    repeats, last_days, age_days = sufficient(history, buyers, at)
    cumulated = np.concatenate([[0.0], np.cumsum(history.paid)])
    paid = cumulated[history.before(buyers, at)] - cumulated[history.start_of(buyers)]
    names = ("purchase_count", "recency_days", "tenure_days", "paid_sum")
    values = np.stack([repeats + 1.0, age_days - last_days, age_days, paid], axis=1)
    vectors = Batch(texts([""] * len(repeats)), names, values)
    counts = btyd_prediction(rhythm, vectors).expected_purchases(np.array([*map(float, days), 2.0 * max(days)]))[:, :-1]
    return Sum(counts.sum(axis=0), (counts * order_value(vectors, pooled)[:, None]).sum(axis=0))


def by_arrivals(arrivals: Arrivals, days: Sequence[int]) -> tuple[Sum, Floats]:
    """Return expected orders and money of newcomers within each of ``days``.

    And how many newcomers they are (H,).
    """
    came, orders, money = np.array([arrivals.expected(day) for day in days]).T
    return Sum(orders, money), came


def sold(history: History, at: Instant, days: Sequence[int]) -> Sum:
    """Return what the whole base bought within each of ``days`` after ``at``."""
    inside = [(history.purchased_at >= at) & (history.purchased_at < at + day * DAY) for day in days]
    return Sum(np.array([float(each.sum()) for each in inside]), np.array([float(history.paid[each].sum()) for each in inside]))
