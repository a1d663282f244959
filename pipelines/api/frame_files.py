"""Frames as files, so that they pass the same checks as exports on disk.

Checked in memory instead, a frame would need a second reader of times, ids and amounts, and the two would come to differ.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from otokui.errors import BadInput

_PLAIN = "pass a polars, pandas or pyarrow table, or the path of a CSV or Parquet file"


def source_of(table: str, records: Any, aside: Path) -> str:
    """Return a source for ingestion: a path, or a frame as Parquet in ``aside``.

    Frames with the same columns and rows become the same bytes, so that bringing one twice changes nothing.

    Raises:
        BadInput: it is neither, or a column of it cannot be written; names table and column.
    """
    if isinstance(records, str | Path):
        return str(records)
    frame = as_polars(table, records)
    path = aside / f"{table}_frame.parquet"
    try:
        # One chunk, however the frame was put together: row groups then lie alike.
        frame.rechunk().write_parquet(path)
    except (pl.exceptions.PolarsError, pa.ArrowException) as error:
        raise BadInput(f"{table}: the frame cannot be written as Parquet ({error})", fix="give each column one plain type") from None
    return str(path)


def as_polars(table: str, records: Any) -> pl.DataFrame:
    """Return a polars, pandas or pyarrow frame as polars.

    Categories become text, and so do columns without a value.

    Raises:
        BadInput: it is none of them, a column stands there twice, or holds Python objects.
    """
    if isinstance(records, pl.LazyFrame):
        frame = records.collect()
    elif isinstance(records, pl.DataFrame):
        frame = records
    elif isinstance(records, pa.Table):
        _once(table, records.column_names)
        _of_plain_types(table, records)
        frame = pl.DataFrame(pl.from_arrow(records))
    elif type(records).__module__.partition(".")[0] == "pandas" and hasattr(records, "columns"):
        frame = _from_pandas(table, records)
    else:
        raise BadInput(f"{table}: {type(records).__name__} is no table of records", fix=_PLAIN)
    held = [name for name, dtype in frame.schema.items() if dtype == pl.Object]
    if held:
        raise _not_plain(table, held[0], "Python objects")
    texts = [name for name, dtype in frame.schema.items() if dtype in (pl.Categorical, pl.Enum, pl.Null)]
    return frame.with_columns(pl.col(texts).cast(pl.String)) if texts else frame


def _from_pandas(table: str, records: Any) -> pl.DataFrame:
    """Return a pandas frame; an index with a name is a column, one without is left out."""
    named = [name for name in records.index.names if name is not None]
    held = records.reset_index(level=named) if named and not set(named) & set(records.columns) else records
    names = [str(name) for name in held.columns]
    _once(table, names)
    return pl.DataFrame([_column(table, name, held.iloc[:, place]) for place, name in enumerate(names)])


def _column(table: str, name: str, column: Any) -> pl.Series:
    """Return a pandas column: NaN, NaT and None are no value; values of several types are text.

    Times of which some name their offset and some do not are text too: Arrow would read the latter in UTC, the shop in its own zone.
    """
    values = None
    if column.dtype != object or not _some_with_offset(column):
        try:
            values = pa.Array.from_pandas(column)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            values = None
    if values is None or isinstance(values.type, pa.BaseExtensionType):
        missing = column.isna().to_numpy()
        texts = [None if gone else _text(table, name, value) for gone, value in zip(missing, column, strict=True)]
        return pl.Series(name, texts, dtype=pl.String)
    return pl.Series(name, pl.from_arrow(values))


def _some_with_offset(column: Any) -> bool:
    """Return whether some times of a column name their offset, and some do not."""
    return len({value.tzinfo is None for value in column.dropna() if isinstance(value, datetime)}) > 1


def _text(table: str, name: str, value: Any) -> str:
    """Return a value as an export would write it: 17.0 in a column of ids is 17, a time is ISO 8601.

    Raises:
        BadInput: it has no such text.
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, str | int | float | Decimal | np.integer | np.floating | np.bool_):
        return str(value)
    raise _not_plain(table, name, type(value).__name__)


def _of_plain_types(table: str, records: pa.Table) -> None:
    for field in records.schema:
        if isinstance(field.type, pa.BaseExtensionType):
            raise _not_plain(table, field.name, str(field.type))


def _not_plain(table: str, name: str, what: str) -> BadInput:
    return BadInput(f"{table}: the column {name!r} holds {what}", fix="make it text, numbers or times")


def _once(table: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"{table}: the column {twice!r} stands there twice", fix="drop or rename one of them")
