"""Cells of weekday and three hours, for peers and truth, by local clock.

Three hours, eight spans a day, because that is what Otokui stores and sends by; finer ones would ask a grocer's customer of
thirty purchases for 24 numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.purchases.rows import Rows
from otokui.domain import DAY, HOUR, Instant
from otokui.frames import Bools, Floats, Ints
from training.data.purchase_history import History

SIZES = {"weekday": 7, "hours": 8}
"""What is asked, and among how many."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of N purchases: customer, local day, weekday and hours, (N,) each.

    The day since 1970; in the order of the history.
    """

    customer: Ints
    day: Ints
    of: dict[str, Ints]

    @classmethod
    def of_history(cls, history: History, timezone: str) -> Cells:
        """Return the cells of every purchase."""
        clock = pl.from_epoch(pl.Series(history.purchased_at), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
        local = clock.dt.replace_time_zone(None).dt.epoch("s").to_numpy()
        return cls(history.customer, local // DAY, {"weekday": (local // DAY + 3) % 7, "hours": local % DAY // (3 * HOUR)})

    def counts(self, question: str, customers: int, before_day: int, *, half_life: float | None = None) -> Floats:
        """Return purchases by customer and cell before a day, (customers, cells).

        Halving every ``half_life`` days.
        """
        past, size = self.day < before_day, SIZES[question]
        weight = np.ones(int(past.sum())) if half_life is None else 0.5 ** ((before_day - self.day[past]) / half_life)
        cells = np.bincount(self.customer[past] * size + self.of[question][past], weights=weight, minlength=customers * size)
        counted: Floats = cells.reshape(customers, size)
        return counted


@dataclass(frozen=True, slots=True)
class Asked:
    """Customers who buy again within the horizon, with the cells of that purchase.

    back: which of the rows (n,); customers: their number in the history.
    """

    back: Bools
    customers: Ints
    came: dict[str, Ints]


def asked_of(rows: Rows, timezone: str) -> Asked:
    """Return who came back, and on which weekday and in which hours they first did."""
    cells = Cells.of_history(rows.history, timezone)
    first = rows.history.before(rows.customers, rows.at)[rows.bought]
    return Asked(rows.bought, rows.customers[rows.bought], {name: cell[first] for name, cell in cells.of.items()})


def local_day(at: Instant, timezone: str) -> int:
    """Return the local day of an instant, days since 1970."""
    clock = pl.from_epoch(pl.Series([int(at)]), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    return int(clock.dt.replace_time_zone(None).dt.epoch("s")[0]) // DAY
