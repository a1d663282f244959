"""Port of erased customers: whether a customer or an order was erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from otokui.domain import Instant


class ErasedCustomers(Protocol):
    """Erased customers, known by a keyed hash of their ids."""

    def erased(self, customer_ids: Sequence[str]) -> set[str]:
        """Return those of the customers who were erased."""
        ...

    def erased_orders(self, order_ids: Sequence[str]) -> set[str]:
        """Return those of the orders that belonged to an erased customer."""
        ...

    def bury_orders(self, order_ids: Sequence[str], at: Instant) -> None:
        """Record orders of erased customers, whose lines come without a customer."""
        ...
