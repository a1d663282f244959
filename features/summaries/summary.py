"""Summaries: records in, one row per customer out; the only reader of history.

A summary keeps facts that stay true and leaves values that age to `features.vectors`. That is why a summary written last night can be
served this noon, and why tonight's is last night's merged with one day: ``summarise(a + b) == merge(summarise(a), summarise(b))``, if no
order or contact is split and nothing was restated.

The facts of an absent table are null for every customer: nothing is known of them. If the table is there, counts and sums of a customer
without rows in it are 0, and instants null. A shop that adds a further table summarises anew rather than merging.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Final

import narwhals as nw

from features.summaries import (
    basket_facts,
    behaviour_facts,
    contact_facts,
    contract_facts,
    order_facts,
    profile_facts,
    purchase_facts,
    recent_purchases,
)
from features.summaries.fact import Adds, Fact, FactPart, FactStage, Frame, Merge, Records, decimal
from otokui.domain import CutoffDate
from otokui.errors import BadInput

STAGES: Final[tuple[FactStage, ...]] = (
    # The widest first: joins keep the others in memory and let the first one flow past.
    purchase_facts.STAGE,
    *basket_facts.STAGES,
    *order_facts.STAGES,
    behaviour_facts.STAGE,
    *contact_facts.STAGES,
    contract_facts.STAGE,
    profile_facts.STAGE,
)

_ACTIVE_HOURS: Final = tuple(
    Fact(f"active_hour_{k}", Merge.SUM, f"purchases, events and openings of their own time from {3 * k} to {3 * k + 3} o'clock", parts)
    for k, parts in enumerate(zip(purchase_facts.ACTIVE_HOURS, behaviour_facts.ACTIVE_HOURS, contact_facts.ACTIVE_HOURS, strict=True))
)

SUMMARY: Final[tuple[Fact, ...]] = (
    Fact("has_record", Merge.MAX, "1: something is on record", ()),
    *purchase_facts.FACTS,
    *basket_facts.LINE_FACTS,
    *basket_facts.PRODUCT_FACTS,
    *order_facts.ORDER_FACTS,
    *order_facts.DELIVERY_FACTS,
    *behaviour_facts.FACTS,
    *contact_facts.SENT_FACTS,
    *contact_facts.OUTCOME_FACTS,
    *_ACTIVE_HOURS,
    *profile_facts.FACTS,
    *contract_facts.FACTS,
)
"""The columns of a summary, in order; all float64."""

_NAMES: Final = tuple(fact.name for fact in SUMMARY)
ORDER_BOUND: Final = tuple(fact.name for fact in SUMMARY if fact.adds is Adds.REAL)
"""Columns whose last digits depend on an engine's order of addition: ``features.vectors`` drops those digits."""
_NEWER: Final = "_newer"


def summary_names() -> tuple[str, ...]:
    """Return the columns of a summary in order, without ``customer_id``."""
    return _NAMES


def summarise(records: Records, cutoff: CutoffDate) -> Frame:
    """Return one summary row per customer with a record known before the cut-off.

    Columns are ``customer_id`` and ``summary_names()``. records: conformed frames of one engine by name; any may be absent (see above).

    Raises:
        BadInput: none of the frames belongs to a customer.
    """
    present = [stage for stage in STAGES if all(table in records for table in stage.needs)]
    if not present:
        available = f"only {', '.join(sorted(records))}" if records else "no records"
        raise BadInput(
            f"there is nothing to summarise: the shop has {available}",
            fix="run `otokui ingest --shop SHOP transactions=FILE`, or bring orders=FILE and order_lines=FILE",
        )
    joined = reduce(_beside, (_aggregated(stage, records, cutoff) for stage in present))
    stages = {stage.name for stage in present}
    return joined.select("customer_id", *(_from_parts(fact, stages).cast(nw.Float64).alias(fact.name) for fact in SUMMARY))


def merge(older: Frame, newer: Frame) -> Frame:
    """Merge the summaries of an older and a newer part of history, fact by fact."""
    joined = older.join(newer, on="customer_id", how="full", suffix=_NEWER)
    placed = recent_purchases.with_places(joined, _NEWER)
    customer = nw.coalesce(nw.col("customer_id"), nw.col(f"customer_id{_NEWER}")).alias("customer_id")
    return placed.select(customer, *(_from_halves(fact).alias(fact.name) for fact in SUMMARY))


def _column(stage: str, fact: Fact) -> str:
    return f"{stage}__{fact.name}"


def _aggregated(stage: FactStage, records: Records, cutoff: CutoffDate) -> Frame:
    aggregates = [part.aggregate.alias(_column(stage.name, fact)) for fact in SUMMARY for part in fact.parts if part.stage == stage.name]
    return stage.prepare(records, cutoff.at).group_by("customer_id").agg(*aggregates)


def _beside(left: Frame, right: Frame) -> Frame:
    joined = left.join(right, on="customer_id", how="full", suffix=_NEWER)
    either = nw.coalesce(nw.col("customer_id"), nw.col(f"customer_id{_NEWER}"))
    return joined.with_columns(either.alias("customer_id")).drop(f"customer_id{_NEWER}")


def _from_parts(fact: Fact, stages: set[str]) -> nw.Expr:
    if not fact.parts:
        return nw.lit(1.0)
    parts = [nw.col(_column(part.stage, fact)) for part in fact.parts if part.stage in stages]
    if not parts:
        return nw.lit(None, dtype=nw.Float64)
    if fact.merge is Merge.SUM:
        return reduce(add, (part.cast(nw.Float64).fill_null(0.0) for part in parts))
    (only,) = parts
    return only


def _from_halves(fact: Fact) -> nw.Expr:
    older, newer = nw.col(fact.name), nw.col(f"{fact.name}{_NEWER}")
    match fact.merge:
        case Merge.SUM:
            both = older + newer
            return nw.coalesce(decimal(both) if fact.adds is Adds.DECIMAL else both, older, newer)
        case Merge.MIN:
            return nw.min_horizontal(older, newer)
        case Merge.MAX:
            return nw.max_horizontal(older, newer)
        case Merge.LATEST:
            return nw.coalesce(newer, older)
        case Merge.TOP_K:
            return recent_purchases.merged(fact.name, _NEWER)


__all__ = ["STAGES", "SUMMARY", "Fact", "FactPart", "Merge", "merge", "summarise", "summary_names"]
