"""Journal of the shop's records by the day on which they become known.

In the columns of the data contract.

Mechanisms lay down what happens with the time at which it becomes known; what becomes known later waits here for its
day, so that no mechanism has to remember it and no table ever tells the future.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from otokui.data_contract.tables import KNOWN_AT, STORED, TABLES, ColumnKind
from simulator.sends import Ints

NO_TIME = -1
"""In arrays of seconds: has not happened."""


Columns = dict[str, Any]
"""A piece of a table: arrays or Series of one length, by name."""


class Journal:
    """Records by table, and those to come by day."""

    def __init__(self, midnight: Callable[[int], int]) -> None:
        self._midnight = midnight
        self._coming: dict[int, list[tuple[str, Columns]]] = {}

    def copy(self) -> Journal:
        """Return a journal with the same pending records.

        Pieces are never changed, so they are shared.
        """
        twin = Journal(self._midnight)
        twin._coming = {day: list(pieces) for day, pieces in self._coming.items()}
        return twin

    def add(self, table: str, columns: Columns, day: int) -> None:
        """Add rows with times in UTC seconds (NO_TIME = null), ``known_at`` among them.

        A time before ``day`` counts as that day.
        """
        known_at = np.asarray(columns["known_at"])
        if not len(known_at):
            return
        on = np.maximum(self._day_of(known_at, day), day)
        days = np.unique(on)
        for each in days:
            piece = columns if len(days) == 1 else taken(columns, np.flatnonzero(on == each))
            self._coming.setdefault(int(each), []).append((table, piece))

    def close(self, day: int) -> dict[str, pl.DataFrame]:
        """Return the records that became known on a day, by table.

        With all columns of the contract, in its order.
        """
        by_table: dict[str, list[Columns]] = {}
        for table, piece in self._coming.pop(day, []):
            by_table.setdefault(table, []).append(piece)
        return {table: conformed(table, by_table[table]) if table in by_table else empty(table) for table in STORED}

    def _day_of(self, seconds: Ints, today: int) -> Ints:
        last = int(seconds.max())
        edge = today + 1
        edges = [self._midnight(edge)]
        while edges[-1] <= last:
            edge += 1
            edges.append(self._midnight(edge))
        return today + np.searchsorted(np.array(edges), seconds, side="right")


def taken(columns: Columns, rows: Ints) -> Columns:
    """Return these rows of a piece."""
    return {name: values[rows] for name, values in columns.items()}


_TYPES: dict[ColumnKind, Any] = {
    ColumnKind.ID: pl.String, ColumnKind.TEXT: pl.String, ColumnKind.TIME: pl.Datetime("ms", "UTC"), ColumnKind.MONEY: pl.Float64,
    ColumnKind.NUMBER: pl.Float64, ColumnKind.INTEGER: pl.Int64, ColumnKind.BOOLEAN: pl.Boolean,
    ColumnKind.CONSENT: pl.Boolean, ColumnKind.BOUNCE: pl.String,
}  # fmt: skip


def schema(table: str) -> dict[str, Any]:
    """Return the columns of a table as they are written."""
    return {column.name: _TYPES[column.kind] for column in (*TABLES[table].columns, KNOWN_AT)}


def empty(table: str) -> pl.DataFrame:
    """Return the table without a row."""
    return pl.DataFrame(schema=schema(table))


def constant(word: str, many: int) -> pl.Series:
    """Return the same text so many times."""
    return pl.Series([word], dtype=pl.String)[np.zeros(many, dtype=np.int64)]


def conformed(table: str, pieces: list[Columns]) -> pl.DataFrame:
    """Return rows of one table with all of its columns, typed as they are written."""
    sizes = [len(piece["known_at"]) for piece in pieces]
    raw, typed = {}, []
    for name, dtype in schema(table).items():
        parts = [piece.get(name) for piece in pieces]
        if all(part is None for part in parts):
            typed.append(pl.lit(None, dtype=dtype).alias(name))
            continue
        raw[name] = _joined(parts, sizes, dtype)
        typed.append(_typed(name, dtype))
    return pl.DataFrame(raw).select(typed)


def _joined(parts: list[Any], sizes: list[int], dtype: Any) -> pl.Series:
    missing = NO_TIME if isinstance(dtype, pl.Datetime) else None
    whole = [pl.Series([missing] * size) if part is None else pl.Series(part) for part, size in zip(parts, sizes, strict=True)]
    loose = pl.Int64 if isinstance(dtype, pl.Datetime) else dtype
    return pl.concat([part.cast(loose) for part in whole]) if len(whole) > 1 else whole[0].cast(loose)


def _typed(name: str, dtype: Any) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return pl.when(column != NO_TIME).then(column * 1000).cast(dtype).alias(name)
    if dtype == pl.Float64:
        return column.fill_nan(None)
    return pl.when(column != "").then(column).alias(name) if dtype == pl.String else column
