"""Purchase history as arrays sorted by customer and time.

A label is then two binary searches.

Summaries keep only what serving needs; labels need what came after any cut-off, and so the purchases themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.frames import Bools, Floats, Ints, Texts, texts

SPAN = np.int64(1) << np.int64(34)
"""Seconds are below this, so customer * SPAN + second orders by customer, then time, in one int64."""
COLUMNS = ("customer_id", "purchased_at", "paid_amount", "known_at")


@dataclass(frozen=True, slots=True)
class Contracts:
    """Contracts, K of them: customer index, begin and end.

    whose (K,) index of the customer; begins and ends (K,) UTC seconds, inf = no end named.
    """

    whose: Ints
    begins: Floats
    ends: Floats

    @classmethod
    def of(cls, contracts: pl.DataFrame, customer_ids: pl.Series) -> Contracts:
        """Build from customer_id, started_at, ends_at (null = no end named); ``customer_ids`` numbers the customers."""
        numbered = pl.DataFrame({"customer_id": customer_ids, "index": np.arange(len(customer_ids))})
        rows = contracts.join(numbered, on="customer_id", how="inner", maintain_order="left")
        ends = rows["ends_at"].cast(pl.Float64).fill_null(np.inf)
        return cls(rows["index"].to_numpy().astype(np.int64), rows["started_at"].to_numpy().astype(np.float64), ends.to_numpy())

    def in_force(self, customers: Ints, instant: npt.ArrayLike) -> Bools:
        """Return whether a contract of each customer is in force at ``instant``, shape (n,).

        ``instant`` is one, or one each; False for index -1.
        """
        instants = np.broadcast_to(np.asarray(instant, dtype=np.float64), customers.shape)
        out = np.zeros(customers.shape, dtype=np.bool_)
        for at in np.unique(instants):
            rows = instants == at
            out[rows] = np.isin(customers[rows], self.whose[(self.begins <= at) & (self.ends > at)])
        return out


@dataclass(frozen=True, slots=True)
class History:
    """N purchases of C customers.

    customer_ids (C,) in ascending order; customer (N,) index into them; purchased_at, known_at (N,) UTC seconds;
    paid (N,) money; sorted by customer, then time. contracts: those of the same customers, if the shop has any.
    """

    customer_ids: Texts
    customer: Ints
    purchased_at: Ints
    paid: Floats
    known_at: Ints
    contracts: Contracts | None = None

    @classmethod
    def of(cls, purchases: pl.DataFrame, contracts: pl.DataFrame | None = None) -> History:
        """Build from a table with customer_id, purchased_at, paid_amount, known_at (seconds; one row a purchase).

        contracts: customer_id, started_at, ends_at (seconds, null = no end named), one row a contract.

        Raises:
            BadInput: a column is missing or holds nulls.
        """
        absent = [name for name in COLUMNS if name not in purchases.columns]
        if absent:
            raise BadInput(f"purchases lack the columns {absent}", fix=f"pass a table with {', '.join(COLUMNS)}")
        empty = [name for name in COLUMNS if purchases[name].null_count()]
        if empty:
            raise BadInput(f"purchases hold nulls in {empty}", fix="take them from the checked records")
        ordered = purchases.select(COLUMNS).sort("customer_id", "purchased_at", "paid_amount", "known_at")
        holders = [] if contracts is None else [contracts["customer_id"]]
        ids = pl.concat([ordered["customer_id"], *holders]).unique().sort()
        index = ordered.join(pl.DataFrame({"customer_id": ids, "index": np.arange(len(ids))}), on="customer_id", maintain_order="left")
        return cls(
            texts(ids.to_list()),
            index["index"].to_numpy().astype(np.int64),
            ordered["purchased_at"].to_numpy().astype(np.int64),
            ordered["paid_amount"].to_numpy().astype(np.float64),
            ordered["known_at"].to_numpy().astype(np.int64),
            None if contracts is None else Contracts.of(contracts, ids),
        )

    def known_before(self, through: Instant) -> History:
        """Return the purchases known before ``through``; the customers stay numbered as they are."""
        known = (self.known_at < through) & (self.purchased_at < through)
        columns = (self.customer[known], self.purchased_at[known], self.paid[known], self.known_at[known])
        return History(self.customer_ids, *columns, self.contracts)

    def index_of(self, customer_ids: Sequence[str] | Texts) -> Ints:
        """Return the number of each customer, -1 for one without purchases, shape (len(customer_ids),)."""
        ids = texts(list(customer_ids))
        if not len(self.customer_ids) or not len(ids):
            return np.full(len(ids), -1, dtype=np.int64)
        # By bisection, since the ids are in order: a table of a million of them would be hashed anew at every cut-off.
        place = np.minimum(np.searchsorted(self.customer_ids, ids), len(self.customer_ids) - 1).astype(np.int64)
        positions: Ints = np.where(self.customer_ids[place] == ids, place, -1)
        return positions

    def before(self, customers: Ints, instant: float | npt.NDArray[Any]) -> Ints:
        """Return the position of each customer's first purchase at or after ``instant``, shape (n,).

        The difference of two calls counts the purchases between two instants. ``instant`` may differ by customer, (n,).
        """
        keys = self.customer * SPAN + self.purchased_at
        return np.searchsorted(keys, customers * SPAN + np.ceil(instant).astype(np.int64), side="left").astype(np.int64)

    def end_of(self, customers: Ints) -> Ints:
        """Return where the purchases of each customer end in the arrays, shape (n,)."""
        return np.searchsorted(self.customer, customers, side="right").astype(np.int64)

    def start_of(self, customers: Ints) -> Ints:
        """Return where the purchases of each customer begin in the arrays, shape (n,)."""
        return np.searchsorted(self.customer, customers, side="left").astype(np.int64)

    def buyers(self, before: Instant) -> Ints:
        """Return the customers who bought before an instant, in order, shape (n,)."""
        everybody = np.arange(len(self.customer_ids), dtype=np.int64)
        return everybody[self.before(everybody, before) > self.start_of(everybody)]

    def gaps_days(self) -> tuple[Floats, Ints]:
        """Return days between consecutive purchases of a customer, and the customer; both (gaps,)."""
        same = self.customer[1:] == self.customer[:-1]
        gaps: Floats = (self.purchased_at[1:] - self.purchased_at[:-1])[same] / 86_400.0
        return gaps, self.customer[1:][same]

    def __len__(self) -> int:
        return len(self.customer)
