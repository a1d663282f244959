"""Rows of the benchmark: customers, their history at the origin, and their outcome.

Read from the shop's checked records, so that peers and product count the same orders as purchases.
"""

from __future__ import annotations

from dataclasses import dataclass

from otokui.domain import DAY, Instant
from otokui.frames import Bools, Floats, Ints, Texts
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases
from training.btyd.mbg_nbd import sufficient
from training.data import labels
from training.data.purchase_history import History

AFTER = Instant(int(4e9))
"""Later than any record: the truth is all that ever became known."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``n`` customers with a purchase before the origin.

    Known then: repeats, last_days (first to last purchase), age_days (first to origin), paid (money in all), all (n,).
    Came true within the horizon: count, spend, days (wait, the horizon where none came), bought; all (n,).
    """

    history: History
    customers: Ints
    ids: Texts
    at: Instant
    horizon_days: int
    repeats: Floats
    last_days: Floats
    age_days: Floats
    paid: Floats
    count: Floats
    spend: Floats
    days: Floats
    bought: Bools

    def __len__(self) -> int:
        return len(self.customers)

    @property
    def recency_days(self) -> Floats:
        """Days since the last purchase, shape (n,)."""
        return self.age_days - self.last_days

    def known(self) -> History:
        """Return the history known at the origin, from which peers may learn."""
        return self.history.known_before(self.at)


def rows_of(shop: Shop, at: Instant, horizon_days: int) -> Rows:
    """Return the customers of a shop at an origin."""
    return rows_from(History.of(purchases(shop.records, AFTER)), at, horizon_days)


def rows_from(history: History, at: Instant, horizon_days: int) -> Rows:
    """Return everybody in a history who had bought before ``at``."""
    customers = history.buyers(at)
    repeats, last_days, age_days = sufficient(history, customers, at)
    end = Instant(at + horizon_days * DAY)
    waiting = labels.next_purchase(history.known_before(end), customers, at, end)
    return Rows(
        history,
        customers,
        history.customer_ids[customers],
        at,
        horizon_days,
        repeats,
        last_days,
        age_days,
        labels.spend(history, customers, Instant(at - 36_500 * DAY), 36_500.0),
        labels.purchase_count(history, customers, at, float(horizon_days)),
        labels.spend(history, customers, at, float(horizon_days)),
        waiting.days,
        waiting.bought,
    )
