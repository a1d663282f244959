"""Facts: columns of a summary as data, with meaning, records and merge rule.

Facts stay true as time passes (when, how many, how much). Values that age belong to features; were the two mixed, a summary written last
night would be wrong this noon.
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
    """Rule to merge the facts of two halves of a history."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    LATEST = "latest"
    TOP_K = "top_k"


class Adds(StrEnum):
    """Kind of a sum's addends, which decides how it stays independent of their order.

    The order is that in which an engine's threads add. WHOLE: whole numbers, exact in doubles. DECIMAL: money and quantities, added in
    ten-thousandths as whole numbers, so exact too (to nine hundred billion). REAL: anything else; the last digits depend on the order, so
    ``features.vectors`` reads no more than 24 bits.
    """

    WHOLE = "whole"
    DECIMAL = "decimal"
    REAL = "real"


_UNITS: Final = 1e4
_UNIT: Final = 1e-4
"""Both are factors: Polars divides by a number by way of its reciprocal, and so not to the bytes of other engines."""


@dataclass(frozen=True, slots=True)
class FactPart:
    """Part of a fact from one kind of record: an aggregate over a customer's rows."""

    stage: str
    aggregate: nw.Expr


@dataclass(frozen=True, slots=True)
class Fact:
    """Fact: one column of a summary, float64, null if unknown.

    merge: how halves of a history combine; says: its meaning; parts: its sources (more than one if several kinds of record add to it;
    none = 1.0 for every customer with a row); adds: the kind of a sum's addends.
    """

    name: str
    merge: Merge
    says: str
    parts: tuple[FactPart, ...]
    adds: Adds = Adds.WHOLE


@dataclass(frozen=True, slots=True)
class FactStage:
    """Stage of facts: one kind of record prepared for aggregation.

    It has ``customer_id`` and the columns of its facts. needs: the frames without which the stage, and so each of its facts, is unknown.
    """

    name: str
    needs: tuple[str, ...]
    prepare: Callable[[Records, Instant], Frame]


def known(records: Records, table: str, cutoff: Instant) -> Frame:
    """Return the rows of a table known strictly before ``cutoff``.

    It holds even if the source returns later ones.
    """
    return records[table].filter(nw.col("known_at") < cutoff)


def until(column: str, cutoff: Instant) -> nw.Expr:
    """Return an outcome time, null at or after ``cutoff``.

    The outcome had not happened yet.
    """
    return nw.when(nw.col(column) < cutoff).then(nw.col(column))


def flag(where: nw.Expr) -> nw.Expr:
    """Return 1.0 if the condition holds, else (null included) 0.0.

    Values are doubles, since integer sums widen to 128 bits.
    """
    return nw.when(where).then(nw.lit(1.0)).otherwise(nw.lit(0.0))


def decimal_sum(value: nw.Expr) -> nw.Expr:
    """Return the sum of amounts, independent of their order (``Adds.DECIMAL``)."""
    return (value * _UNITS).round().sum() * _UNIT


def decimal(value: nw.Expr) -> nw.Expr:
    """Return a value to the ten-thousandth, with the same bytes as in ``decimal_sum``."""
    return (value * _UNITS).round() * _UNIT


def total(stage: str, name: str, value: nw.Expr, says: str, adds: Adds = Adds.WHOLE) -> Fact:
    """Return the fact of the sum of ``value`` over a customer's rows; 0 for none."""
    return Fact(name, Merge.SUM, says, (FactPart(stage, decimal_sum(value) if adds is Adds.DECIMAL else value.sum()),), adds)


def count(stage: str, name: str, where: nw.Expr, says: str) -> Fact:
    """Return the fact of the number of a customer's rows that meet a condition."""
    return total(stage, name, flag(where), says)


def highest(stage: str, name: str, value: nw.Expr, says: str) -> Fact:
    """Return the fact of the largest ``value``, null for none.

    For instants, it is the last.
    """
    return Fact(name, Merge.MAX, says, (FactPart(stage, value.max()),))


def lowest(stage: str, name: str, value: nw.Expr, says: str) -> Fact:
    """Return the fact of the smallest ``value``, null for none.

    For instants, it is the first.
    """
    return Fact(name, Merge.MIN, says, (FactPart(stage, value.min()),))
