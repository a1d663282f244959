"""Customer base from purchases alone: repeat rates, gaps, concentration of money.

Plain Polars over one frame with a row per purchase; how the figures are shown is the report's. Everything is counted strictly before
``as_of``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import polars as pl

from otokui.domain import DAY, Instant
from otokui.errors import Missing

SECOND_WITHIN_DAYS = 90
"""A customer counts for the F2 rate only once so many days have been seen since the first purchase."""

_GAP_EDGES = (1.0, 3.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0, 365.0)
_CURVE_POINTS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """From the n-th purchase to the next: of ``reached`` customers, ``went_on`` bought again."""

    purchase: int
    reached: int
    went_on: int
    median_days: float | None
    p25_days: float | None
    p75_days: float | None


@dataclass(frozen=True, slots=True)
class Month:
    """Local calendar month: purchases of new customers and of the others."""

    month: str
    first_purchases: int
    repeat_purchases: int
    revenue: float


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """The base of customers as its purchases show it, before ``as_of``. Money in the shop's currency."""

    customers: int
    purchases: int
    revenue: float
    first_at: Instant
    last_at: Instant
    steps: Sequence[Step]
    second_within_days: int
    second_share: float | None
    months: Sequence[Month]
    gap_bins: Sequence[tuple[str, int]]
    gap_median_days: float | None
    gap_p90_days: float | None
    decile_shares: Sequence[float]
    curve: Sequence[tuple[float, float]]
    customers_for_80_percent: float
    active_90_days: int


def base_figures(purchases: pl.DataFrame, as_of: Instant, timezone: str, *, steps: int = 6) -> CustomerBase:
    """Count the base.

    purchases: customer_id (text), purchased_at (UTC seconds), paid_amount (money), one row per purchase.

    Raises:
        Missing: there is no purchase before ``as_of``.
    """
    known = purchases.filter(pl.col("purchased_at") < as_of).sort("customer_id", "purchased_at")
    if known.is_empty():
        raise Missing("there is no purchase to report on", fix="bring purchases: `otokui ingest --shop SHOP transactions=FILE`")
    numbered = known.with_columns(
        pl.int_range(1, pl.len() + 1).over("customer_id").alias("purchase"),
        ((pl.col("purchased_at").shift(-1).over("customer_id") - pl.col("purchased_at")) / DAY).alias("gap_days"),
    )
    gaps = numbered["gap_days"].drop_nulls()
    spent = known.group_by("customer_id").agg(pl.col("paid_amount").sum())["paid_amount"]
    curve = concentration(spent)
    return CustomerBase(
        customers=known["customer_id"].n_unique(),
        purchases=len(known),
        revenue=float(known["paid_amount"].sum()),
        first_at=Instant(int(known["purchased_at"].min())),  # type: ignore[arg-type]
        last_at=Instant(int(known["purchased_at"].max())),  # type: ignore[arg-type]
        steps=step_through(numbered, steps),
        second_within_days=SECOND_WITHIN_DAYS,
        second_share=second_share(numbered, as_of),
        months=months(numbered, timezone),
        gap_bins=gap_bins(gaps),
        gap_median_days=_number(gaps.median()),
        gap_p90_days=_number(gaps.quantile(0.9, "linear")),
        decile_shares=decile_shares(spent),
        curve=curve,
        customers_for_80_percent=next((share for share, money in curve if money >= 0.8), 1.0),
        active_90_days=known.filter(pl.col("purchased_at") >= as_of - 90 * DAY)["customer_id"].n_unique(),
    )


def step_through(numbered: pl.DataFrame, steps: int) -> Sequence[Step]:
    """Return the share that went from the n-th purchase to the next, with days.

    n = 1 … ``steps``.
    """
    counted = (
        numbered.filter(pl.col("purchase") <= steps)
        .group_by("purchase")
        .agg(
            pl.len().alias("reached"),
            pl.col("gap_days").count().alias("went_on"),
            pl.col("gap_days").median().alias("median_days"),
            pl.col("gap_days").quantile(0.25, "linear").alias("p25_days"),
            pl.col("gap_days").quantile(0.75, "linear").alias("p75_days"),
        )
        .sort("purchase")
    )
    return [Step(**row) for row in counted.to_dicts()]


def second_share(numbered: pl.DataFrame, as_of: Instant) -> float | None:
    """Return the share of customers with a second purchase within the stated days.

    Only customers whose first purchase lies that far back count: the others have not had their chance yet.
    """
    ripe = numbered.filter((pl.col("purchase") == 1) & (pl.col("purchased_at") <= as_of - SECOND_WITHIN_DAYS * DAY))
    if ripe.is_empty():
        return None
    return float((ripe["gap_days"].fill_null(float("inf")) <= SECOND_WITHIN_DAYS).sum() / len(ripe))


def months(numbered: pl.DataFrame, timezone: str) -> Sequence[Month]:
    """Return purchases and money by local calendar month, at most 36.

    Months without a purchase are included.
    """
    local = pl.from_epoch(pl.col("purchased_at"), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    counted = (
        numbered.with_columns(local.dt.replace_time_zone(None).dt.truncate("1mo").alias("month"))
        .group_by("month")
        .agg(
            (pl.col("purchase") == 1).sum().alias("first_purchases"),
            (pl.col("purchase") > 1).sum().alias("repeat_purchases"),
            pl.col("paid_amount").sum().alias("revenue"),
        )
        .sort("month")
        .upsample("month", every="1mo")
        .with_columns(pl.col("month").dt.strftime("%Y-%m"))
        .fill_null(0)
        .tail(36)
    )
    return [Month(**row) for row in counted.to_dicts()]


def gap_bins(gaps: pl.Series) -> Sequence[tuple[str, int]]:
    """Return the number of purchase gaps by bin of days.

    The label of a bin is its upper edge.
    """
    edges = (0.0, *_GAP_EDGES, float("inf"))
    shown = [f"<{high:.0f}" for high in _GAP_EDGES] + [f"≥{_GAP_EDGES[-1]:.0f}"]
    return [
        (label, int(gaps.is_between(low, high, closed="left").sum())) for label, low, high in zip(shown, edges, edges[1:], strict=False)
    ]


def decile_shares(spent: pl.Series) -> Sequence[float]:
    """Return the share of money of each decile of customers, the highest first."""
    total = float(spent.sum())
    if total <= 0.0:
        return []
    ordered = spent.sort(descending=True)
    edges = [round(i * len(ordered) / 10) for i in range(11)]
    return [float(ordered[low:high].sum()) / total for low, high in pairwise(edges)]


def concentration(spent: pl.Series) -> Sequence[tuple[float, float]]:
    """Return the Pareto curve of money: share of customers and their share of money.

    The customers who spend most come first.
    """
    total = float(spent.sum())
    if total <= 0.0:
        return [(0.0, 0.0), (1.0, 1.0)]
    summed = (spent.sort(descending=True).cum_sum() / total).to_list()
    at = sorted({max(1, round(i * len(summed) / _CURVE_POINTS)) for i in range(1, _CURVE_POINTS + 1)})
    return [(0.0, 0.0), *((i / len(summed), float(summed[i - 1])) for i in at)]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
