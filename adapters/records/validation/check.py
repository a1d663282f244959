"""Validation of a chunk by the data contract's rules, with pandera schemas.

Rows that break a rule are quarantined, the others go on. The schemas are generated from ``otokui.data_contract.tables``, so a column or
rule added there is checked here at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from adapters.personal.kinds import MASKS
from adapters.records.input.base import LINE, MISSHAPEN
from adapters.records.validation.forbidding_rows import BROKEN_COLUMN, LOST, RULE, TEXT, ended, keep
from adapters.records.validation.forbidding_rows import TABLES as FORBIDDING
from adapters.records.validation.timestamps import utc_seconds
from adapters.records.validation.values import parsed, text_of
from otokui.data_contract.tables import KNOWN_AT, OPT_OUT_TIMES, TABLES, Column, ColumnKind, Table
from otokui.domain import DAY, Instant

BOUND_TO_NOW = {"customers", "orders", "events", "contacts", "consents", "identities", "transactions"}
"""Tables of past events; a launch, a contract or a suppression may begin in the future."""

TOLERANCE = DAY
"""Clocks differ and time zones are mistaken; times up to a day ahead are accepted."""

_ORDER = ("personal_data", "unparsable", "not_an_id", "missing_value", "below_minimum", "not_allowed", "from_the_future")
_DTYPES: dict[ColumnKind, type[pl.DataType]] = {
    ColumnKind.ID: pl.String, ColumnKind.TEXT: pl.String, ColumnKind.TIME: pl.Int64, ColumnKind.MONEY: pl.Float64,
    ColumnKind.NUMBER: pl.Float64, ColumnKind.INTEGER: pl.Int64, ColumnKind.BOOLEAN: pl.Boolean,
    ColumnKind.CONSENT: pl.Boolean, ColumnKind.BOUNCE: pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ValidatedChunk:
    """A validated chunk.

    good: contract columns in their kinds, ``known_at`` (null = not given), attributes as text, LINE.
    bad: the same columns as the text of the file, LINE, RULE and BROKEN_COLUMN; each row once.
    doubtful: like ``bad``, of rows that forbid and were kept, in their most forbidding reading, or (of contacts) rescued.
    rescued: opt-outs from quarantined contacts.
    offsets: per time column, whether some values have an offset, and whether some have none.
    """

    good: pl.DataFrame
    bad: pl.DataFrame
    doubtful: pl.DataFrame
    rescued: pl.DataFrame
    offsets: dict[str, tuple[bool, bool]]


def columns_of(table: str, attributes: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """Return the columns of a table: the contract's, ``known_at``, and the shop's attributes."""
    attribute_columns = tuple(Column(name, ColumnKind.TEXT, "attribute") for name in attributes) if table == "customers" else ()
    return (*TABLES[table].columns, KNOWN_AT, *attribute_columns)


def check(table: str, chunk: pl.DataFrame, *, timezone: str, now: Instant, attributes: tuple[str, ...] = ()) -> ValidatedChunk:
    """Validate one chunk under the contract's column names.

    Absent optional columns become null. ``now`` bounds what can have happened.
    """
    columns = columns_of(table, attributes)
    typed, texts, offsets = _typed(ended(table, chunk), columns, timezone)
    broken = _broken(table, typed.hstack(texts), attributes, now)
    misshapen = chunk.filter(pl.col(MISSHAPEN).is_not_null()).select(LINE)
    if len(misshapen):
        # A row that could not be split into columns has no other meaningful finding.
        broken = broken.join(misshapen, on=LINE, how="anti")
    readings = keep(table, typed, texts, broken, now)
    broken = readings.broken
    if len(misshapen):
        forbids = table in FORBIDDING or (table == "contacts" and not set(OPT_OUT_TIMES).isdisjoint(chunk.columns))
        rule = LOST if forbids else "unparsable"
        broken = pl.concat([broken, misshapen.with_columns(pl.lit(rule).alias(RULE), pl.lit("").alias(BROKEN_COLUMN))])
    named = texts.rename({c.name + TEXT: c.name for c in columns}).with_columns(typed[LINE])
    bad, doubtful = (named.join(cases, on=LINE, how="inner", maintain_order="left") for cases in (broken, readings.readings))
    good = readings.typed.join(broken, on=LINE, how="anti", maintain_order="left") if len(broken) else readings.typed
    return ValidatedChunk(good, bad, doubtful, readings.rescued, offsets)


def as_text(table: str, chunk: pl.DataFrame, attributes: tuple[str, ...] = ()) -> pl.DataFrame:
    """Return the columns of a chunk as the text of the file, with LINE."""
    columns = columns_of(table, attributes)
    return chunk.select(LINE, *(_text(chunk, c.name).alias(c.name) for c in columns))


def _text(chunk: pl.DataFrame, name: str) -> pl.Expr:
    return text_of(pl.col(name), chunk.schema[name]) if name in chunk.columns else pl.lit("")


def _typed(
    chunk: pl.DataFrame, columns: tuple[Column, ...], timezone: str
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, tuple[bool, bool]]]:
    offsets: dict[str, tuple[bool, bool]] = {}
    made: list[pl.Series | pl.Expr] = []
    for column in columns:
        if column.name not in chunk.columns:
            made.append(pl.lit(None, dtype=_DTYPES[column.kind]).alias(column.name))
        elif column.kind is ColumnKind.TIME:
            seconds, aware, naive = utc_seconds(chunk[column.name], timezone)
            offsets[column.name] = (aware, naive)
            made.append(seconds.alias(column.name))
        else:
            made.append(parsed(pl.col(column.name), chunk.schema[column.name], column.kind).alias(column.name))
    texts = chunk.select(_text(chunk, c.name).alias(c.name + TEXT) for c in columns)
    if texts.height != chunk.height:  # only literals were requested
        texts = chunk.select(LINE).with_columns(texts).drop(LINE)
    return chunk.select(LINE, *made), texts, offsets


def _broken(table: str, frame: pl.DataFrame, attributes: tuple[str, ...], now: Instant) -> pl.DataFrame:
    """Return LINE, RULE and BROKEN_COLUMN of the first broken rule of each row."""
    nothing = pl.DataFrame(schema={LINE: pl.Int64, RULE: pl.String, BROKEN_COLUMN: pl.String})
    try:
        schema_of(table, attributes, int(now)).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases: pl.DataFrame = errors.failure_cases
    else:
        return nothing
    broken = cases.select(
        pl.col("index").cast(pl.Int64), pl.col("check").alias(RULE), pl.col("column").str.strip_suffix(TEXT).alias(BROKEN_COLUMN)
    )
    rank = pl.col(RULE).replace_strict(_ORDER, range(len(_ORDER)), return_dtype=pl.Int8)
    first = broken.sort(rank, maintain_order=True).unique("index", keep="first", maintain_order=True)
    return first.select(frame[LINE].gather(first["index"]), RULE, BROKEN_COLUMN).sort(LINE)


@lru_cache(maxsize=64)
def schema_of(table: str, attributes: tuple[str, ...], now: int) -> pa.DataFrameSchema:
    """Return the pandera schema of a table; every check has the name of its rule."""
    contract = TABLES[table]
    return pa.DataFrameSchema(
        {c.name: pa.Column(_DTYPES[c.kind], checks=_checks(c, contract, now), nullable=True) for c in columns_of(table, attributes)}
    )


def _checks(column: Column, table: Table, now: int) -> list[pa.Check]:
    text = column.name + TEXT
    checks = [_row_check("unparsable", (pl.col(text) == "") | pl.col(column.name).is_not_null())]
    if column.kind in (ColumnKind.ID, ColumnKind.TEXT):
        checks = []
    if column.kind is ColumnKind.ID:
        checks.append(_row_check("not_an_id", (pl.col(text) == "") | pl.col(column.name).is_not_null()))
    if column.required:
        # A removed value left its kind in its place (adapters.records.validation.personal_data_removal).
        checks.append(_row_check("personal_data", ~pl.col(text).is_in(MASKS)))
        # A text of nothing but NUL counts as empty.
        filled = pl.col(column.name).is_not_null() if column.kind is ColumnKind.TEXT else pl.col(text) != ""
        checks.append(_row_check("missing_value", filled))
    if column.minimum is not None:
        checks.append(_row_check("below_minimum", pl.col(column.name).fill_null(column.minimum) >= column.minimum))
    if column.allowed:
        checks.append(_row_check("not_allowed", pl.col(column.name).is_in(column.allowed) | pl.col(column.name).is_null()))
    if table.name in BOUND_TO_NOW and column.name in (table.happened, KNOWN_AT.name):
        checks.append(_row_check("from_the_future", pl.col(column.name).fill_null(0) <= now + TOLERANCE))
    return checks


def _row_check(rule: str, holds: pl.Expr) -> pa.Check:
    def looked_at(data: Any) -> pl.LazyFrame:
        frame: pl.LazyFrame = data.lazyframe.select(holds.alias("holds"))
        return frame

    return pa.Check(looked_at, name=rule, error=rule, ignore_na=False)
