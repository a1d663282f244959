"""Conversion of text into the contract's kinds; unreadable values become null.

The validation reports each of them. Times are in ``adapters.records.validation.timestamps``, because they need the shop's time zone.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from adapters.records.validation import vendor_words
from otokui.data_contract.tables import ColumnKind
from otokui.identity.ids import canonical_column, without_nul

_LARGEST: Final = 1e15
"""Beyond it a float64 no longer tells one yen from the next; such a number is a slip, as infinity is."""

_TRUE: Final = ("true", "t", "yes", "y", "1")
_FALSE: Final = ("false", "f", "no", "n", "0")


def text_of(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return a column as text for messages and the quarantine."""
    if dtype == pl.String:
        return column.str.strip_chars().fill_null("")
    if dtype.is_float():
        whole = (column == column.floor()) & (column.abs() < 2.0**53)
        return pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String)).fill_null("")
    if isinstance(dtype, pl.Datetime):
        # %:z is +09:00; a naive column has none.
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S" + ("%:z" if dtype.time_zone else "")).fill_null("")
    if isinstance(dtype, pl.Duration):
        return column.dt.to_string("iso").fill_null("")
    if dtype == pl.Binary:
        return column.cast(pl.String, strict=False).fill_null("")
    if dtype.is_nested():
        return pl.lit("")
    return column.cast(pl.String, strict=False).fill_null("")


def parsed(column: pl.Expr, dtype: pl.DataType, kind: ColumnKind) -> pl.Expr:
    """Return a column parsed as its kind; null where it cannot be read.

    id, text, float64, int64 or bool (times: ``adapters.records.validation.timestamps``).
    """
    match kind:
        case ColumnKind.ID:
            read = text_of(column, dtype).map_batches(canonical_column, return_dtype=pl.String)
            return pl.when(read != "").then(read)
        case ColumnKind.TEXT:
            return without_nul(text_of(column, dtype))
        case ColumnKind.BOOLEAN:
            return _boolean(column, dtype)
        case ColumnKind.CONSENT:
            return column if dtype == pl.Boolean else vendor_words.consent(text_of(column, dtype))
        case ColumnKind.BOUNCE:
            return vendor_words.bounce(text_of(column, dtype))
        case ColumnKind.INTEGER:
            number = _number(column, dtype)
            return pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False)
        case _:
            return _number(column, dtype)


def _number(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    number = (column.str.strip_chars() if dtype == pl.String else column).cast(pl.Float64, strict=False)
    return pl.when(number.abs() <= _LARGEST).then(number)


def _boolean(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean:
        return column
    word = text_of(column, dtype).str.to_lowercase()
    return pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False)
