"""A fact: one column of a summary, as data: what it says, from which records, and how two halves of a history add up.

Facts stay true as time passes (when, how many, how much). What ages is left to features; were the two mixed,
a summary written last night would be wrong this noon.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias

import narwhals as nw

from otokui.domain import Instant

Frame: TypeAlias = nw.LazyFrame[Any]
Records: TypeAlias = Mapping[str, Frame]
"""Conformed record frames by name (``otokui.ports.RecordSource.frame``); a table may be absent."""


class Merge(StrEnum):
    """How the fact of a whole history follows from the facts of its two halves."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    LATEST = "latest"
    TOP_K = "top_k"


class Adds(StrEnum):
    """What a sum is made of, and so what keeps it from hanging on the order in which an engine's threads add.

    WHOLE: whole numbers, exact in doubles. DECIMAL: money and quantities, added in ten-thousandths as whole numbers, so exact
    too (to nine hundred billion). REAL: anything else; the last digits hang on the order, so ``features.vectors`` reads no
    more than 24 bits.
    """

    WHOLE = "whole"
    DECIMAL = "decimal"
    REAL = "real"


_UNITS: Final = 1e4
_UNIT: Final = 1e-4
"""Both are multiplied by: Polars divides by a number as it pleases, by its reciprocal, and so not to the bytes of other engines."""


@dataclass(frozen=True, slots=True)
class FactPart:
    """What one kind of record contributes to a fact: an aggregate over one customer's rows of a stage."""

    stage: str
    aggregate: nw.Expr


@dataclass(frozen=True, slots=True)
class Fact:
    """One column of a summary, float64, null where nothing is known.

    merge: how halves of a history combine; says: what it means; parts: where it comes from (more than one
    where several kinds of record add to it; none = 1.0 for everybody who has a row); adds: what a sum adds up.
    """

    name: str
    merge: Merge
    says: str
    parts: tuple[FactPart, ...]
    adds: Adds = Adds.WHOLE


@dataclass(frozen=True, slots=True)
class FactStage:
    """One kind of record made ready for aggregation: ``customer_id`` and the columns that its facts read.

    needs: the frames without which the stage, and so each of its facts, is unknown.
    """

    name: str
    needs: tuple[str, ...]
    prepare: Callable[[Records, Instant], Frame]


def known(records: Records, table: str, cutoff: Instant) -> Frame:
    """Return the rows of a table that were known strictly before ``cutoff``, whatever the source let through."""
    return records[table].filter(nw.col("known_at") < cutoff)


def until(column: str, cutoff: Instant) -> nw.Expr:
    """Return an outcome time, null where it lies at or after ``cutoff`` and so had not happened yet."""
    return nw.when(nw.col(column) < cutoff).then(nw.col(column))


def flag(where: nw.Expr) -> nw.Expr:
    """Return 1.0 where the condition holds, else (null included) 0.0; doubles, since integer sums widen to 128 bits."""
    return nw.when(where).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def decimal_sum(value: nw.Expr) -> nw.Expr:
    """Return the sum of amounts, the same in whatever order they are added (``Adds.DECIMAL``)."""
    return (value * _UNITS).round().sum() * _UNIT


def decimal(value: nw.Expr) -> nw.Expr:
    """Return a value to the ten-thousandth, in the very bytes that ``decimal_sum`` gives it."""
    return (value * _UNITS).round() * _UNIT


def total(stage: str, name: str, value: nw.Expr, says: str, adds: Adds = Adds.WHOLE) -> Fact:
    """Return the fact that sums ``value`` over a customer's rows; 0 where there are none."""
    return Fact(name, Merge.SUM, says, (FactPart(stage, decimal_sum(value) if adds is Adds.DECIMAL else value.sum()),), adds)


def count(stage: str, name: str, where: nw.Expr, says: str) -> Fact:
    """Return the fact that counts a customer's rows where a condition holds."""
    return total(stage, name, flag(where), says)


def highest(stage: str, name: str, value: nw.Expr, says: str) -> Fact:
    """Return the fact of the largest ``value`` (for instants, the last); null where there is none."""
    return Fact(name, Merge.MAX, says, (FactPart(stage, value.max()),))


def lowest(stage: str, name: str, value: nw.Expr, says: str) -> Fact:
    """Return the fact of the smallest ``value`` (for instants, the first); null where there is none."""
    return Fact(name, Merge.MIN, says, (FactPart(stage, value.min()),))
