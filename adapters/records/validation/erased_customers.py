"""Rows of erased customers in a file: left out and counted.

They are left out before anything of them is stored. They are not quarantined, because the quarantine would keep what was to be erased.
Order lines name no customer: they are told by their orders, which are recorded as they are met.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from otokui.domain import Instant
from otokui.identity.ids import canonical_column
from otokui.ports.erasures import ErasedCustomers

_CUSTOMERS = ("customer_id", "alias_id")


@dataclass(frozen=True, slots=True)
class ErasedFilter:
    """Filter of erased customers on chunks under the contract's column names.

    now: when orders of erased customers are recorded.
    """

    erasures: ErasedCustomers
    now: Instant

    def kept(self, chunk: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of customers and orders that were not erased."""
        gone = pl.Series([False] * len(chunk), dtype=pl.Boolean)
        for name in _CUSTOMERS:
            if name in chunk.columns:
                gone |= self._among(chunk[name], self.erasures.erased)
        if "order_id" in chunk.columns:
            if gone.any():
                ids = canonical_column(chunk["order_id"].cast(pl.String).filter(gone))
                self.erasures.bury_orders(sorted(ids.drop_nulls().unique().to_list()), self.now)
            gone |= self._among(chunk["order_id"], self.erasures.erased_orders)
        return chunk.filter(~gone) if gone.any() else chunk

    @staticmethod
    def _among(column: pl.Series, erased: Callable[[Sequence[str]], set[str]]) -> pl.Series:
        ids = canonical_column(column.cast(pl.String))
        found = erased(ids.drop_nulls().unique().to_list())
        return ids.is_in(list(found)).fill_null(value=False)
