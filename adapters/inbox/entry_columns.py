"""Columns of a chunk from rows of JSON values.

They are what the columns of a file would be read as. Times with a zone become datetimes, numbers doubles, everything else text, which the
checks of records parse. A column's values are converted one by one, so that the reading of a row never depends on the rows of other callers
beside it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from adapters.records.input.base import LINE, MISSHAPEN
from otokui.data_contract.tables import Column, ColumnKind
from otokui.events.rows import Row

_NUMBERS = (int, float, Decimal)
_NUMERIC = (ColumnKind.MONEY, ColumnKind.NUMBER, ColumnKind.INTEGER)


def chunk_of(rows: Sequence[Row], lines: Sequence[int], columns: Sequence[Column]) -> pl.DataFrame:
    """Return rows as a chunk with the contract's columns.

    The chunk has the columns that any row fills, LINE and MISSHAPEN.
    """
    named = {name for row in rows for name in row}
    series = [_series(column, [row.get(column.name) for row in rows]) for column in columns if column.required or column.name in named]
    return pl.DataFrame(
        [*series, pl.Series(LINE, lines, dtype=pl.Int64), pl.Series(MISSHAPEN, [None] * len(rows), dtype=pl.String)],
    )


def _series(column: Column, values: Sequence[Any]) -> pl.Series:
    if column.kind is ColumnKind.TIME and all(value is None or isinstance(value, datetime) for value in values):
        try:
            moments = [None if value is None else value.astimezone(UTC).replace(tzinfo=None) for value in values]
        except OverflowError:  # at an edge of the calendar; as text it breaks its rule alone
            return pl.Series(column.name, [_text(value) for value in values], dtype=pl.String)
        return pl.Series(column.name, moments, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    if column.kind in _NUMERIC and all(value is None or (isinstance(value, _NUMBERS) and not isinstance(value, bool)) for value in values):
        return pl.Series(column.name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    if column.kind in (ColumnKind.BOOLEAN, ColumnKind.CONSENT) and all(value is None or isinstance(value, bool) for value in values):
        return pl.Series(column.name, values, dtype=pl.Boolean)
    return pl.Series(column.name, [_text(value) for value in values], dtype=pl.String)


def _text(value: Any) -> str | None:
    """Return a JSON value as a file would spell it."""
    match value:
        case None | str():
            text = value
        case datetime():
            text = value.isoformat()
        case bool():
            text = "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 2.0**53:
            text = str(int(value))
        case int() | float() | Decimal():
            text = str(value)
        case _:
            text = json.dumps(value, ensure_ascii=False, default=str)
    # A lone surrogate cannot be encoded; as the replacement character it is no id, and breaks its rule alone.
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
