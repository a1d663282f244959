"""The shop's own records: what is known on which day, in the columns of the data contract.

Mechanisms lay down what happens with the time at which it becomes known; what becomes known later waits here for its
day, so that no mechanism has to remember it and no table ever tells the future.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl

from otokui.contracts import KNOWN_AT, TABLES, Kind
from simulator.sends import Ints

NO_TIME = -1
"""In arrays of seconds: has not happened."""


class Journal:
    """Records by table, and those to come by day."""

    def __init__(self, midnight: Callable[[int], int]) -> None:
        self._midnight = midnight
        self._coming: dict[int, list[tuple[str, pl.DataFrame]]] = {}

    def copy(self) -> Journal:
        """Return a journal with the same records to come; frames are never changed, so they are shared."""
        twin = Journal(self._midnight)
        twin._coming = {day: list(frames) for day, frames in self._coming.items()}
        return twin

    def add(self, table: str, columns: Mapping[str, Any], day: int) -> None:
        """Lay rows down; times are UTC seconds (NO_TIME = null), ``known_at`` among them; before ``day`` counts as that day."""
        frame = pl.DataFrame(dict(columns))
        if frame.is_empty():
            return
        on = np.maximum(self._day_of(frame["known_at"].to_numpy(), day), day)
        if (on == on[0]).all():
            self._coming.setdefault(int(on[0]), []).append((table, frame))
            return
        for each in np.unique(on):
            self._coming.setdefault(int(each), []).append((table, frame.filter(pl.Series(on == each))))

    def close(self, day: int) -> dict[str, pl.DataFrame]:
        """Return what became known on a day, by table; all of the contract's columns, in its order."""
        by_table: dict[str, list[pl.DataFrame]] = {}
        for table, frame in self._coming.pop(day, []):
            by_table.setdefault(table, []).append(frame)
        return {
            table: conformed(table, by_table[table]) if table in by_table else empty(table) for table in TABLES if table != "transactions"
        }

    def _day_of(self, seconds: Ints, today: int) -> Ints:
        last = int(seconds.max())
        edge = today + 1
        edges = [self._midnight(edge)]
        while edges[-1] <= last:
            edge += 1
            edges.append(self._midnight(edge))
        return today + np.searchsorted(np.array(edges), seconds, side="right")


_TYPES: dict[Kind, Any] = {
    Kind.ID: pl.String, Kind.TEXT: pl.String, Kind.TIME: pl.Datetime("ms", "UTC"), Kind.MONEY: pl.Float64,
    Kind.NUMBER: pl.Float64, Kind.INTEGER: pl.Int64, Kind.BOOLEAN: pl.Boolean,
}  # fmt: skip


def schema(table: str) -> dict[str, Any]:
    """Return the columns of a table as they are written."""
    return {column.name: _TYPES[column.kind] for column in (*TABLES[table].columns, KNOWN_AT)}


def empty(table: str) -> pl.DataFrame:
    """Return the table without a row."""
    return pl.DataFrame(schema=schema(table))


def conformed(table: str, frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Return rows of one table with all of its columns, typed as they are written."""
    rows = pl.concat(frames, how="diagonal_relaxed") if len(frames) > 1 else frames[0]
    return rows.select(_typed(name, dtype, rows) for name, dtype in schema(table).items())


def _typed(name: str, dtype: Any, rows: pl.DataFrame) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(None, dtype=dtype).alias(name)
    if isinstance(dtype, pl.Datetime):
        if isinstance(rows.schema[name], pl.Datetime):
            return pl.col(name).cast(dtype)
        seconds = pl.when(pl.col(name) != NO_TIME).then(pl.col(name).cast(pl.Int64) * 1000)
        return seconds.cast(pl.Datetime("ms")).dt.replace_time_zone("UTC").alias(name)
    column = pl.col(name)
    if dtype == pl.Float64:
        column = column.cast(pl.Float64).fill_nan(None)
    if dtype == pl.String:
        column = column.cast(pl.String).replace("", None)
    return column.cast(dtype).alias(name)
