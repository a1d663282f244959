"""Lift of all contacts together, against the global control group.

Intent to treat: every customer counts in the group that the hash drew, whether or not a message was sent or arrived. Purchases come from
the orders on record, never from what a tool calls a conversion. The covariate is the customer's own purchases before the period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import narwhals as nw

from measurement.results.lift_interval import UNITS, GroupMoments
from otokui.domain import DAY, WEEK, Instant

Frame = nw.LazyFrame[Any]

OUTCOMES: Final = {"money": UNITS, "orders": 1, "buyers": 1}
"""Outcomes per customer, with the whole units that make one: money paid, orders that stood, whether the customer bought."""


@dataclass(frozen=True, slots=True)
class Period:
    """Period of a measurement, ``[since, until)`` in epoch seconds."""

    since: Instant
    until: Instant

    @property
    def before(self) -> Instant:
        """Begin of the covariate's period.

        It is as long as the period itself, at least 90 days and at most a year.
        """
        length = min(max(self.until - self.since, 90 * DAY), 365 * DAY)
        return Instant(self.since - length)

    @property
    def weeks(self) -> int:
        """Whole weeks of the period."""
        return (self.until - self.since) // WEEK


def purchases(lines: Frame) -> Frame:
    """Return one row per order that stands: customer_id, at (epoch seconds), money (whole ten-thousandths).

    lines: order lines as ``otokui.ports.stores.RecordSource.frame`` returns them.
    """
    stands = lines.filter(nw.col("cancelled_at").is_null())
    units = (nw.col("paid_amount").cast(nw.Float64) * float(UNITS)).round().cast(nw.Int64)
    return (
        stands.with_columns(units=units)
        .group_by("customer_id", "order_id")
        .agg(nw.col("ordered_at").max().cast(nw.Int64).alias("at"), nw.col("units").sum().cast(nw.Int64).alias("money"))
        .select("customer_id", "at", "money")
    )


def lift_moments(people: Frame, bought: Frame, period: Period, by: Sequence[str] = ()) -> Mapping[tuple[Any, ...], dict[str, GroupMoments]]:
    """Return the moments of every outcome by (group, *by).

    people: customer_id, group, and the columns of ``by``, one row per customer; bought: as ``purchases``.
    """
    inside = nw.col("at") >= int(period.since)
    split = bought.filter((nw.col("at") >= int(period.before)) & (nw.col("at") < int(period.until))).with_columns(
        y_money=nw.when(inside).then(nw.col("money")).otherwise(0),
        x_money=nw.when(inside).then(0).otherwise(nw.col("money")),
        y_orders=nw.when(inside).then(1).otherwise(0),
        x_orders=nw.when(inside).then(0).otherwise(1),
    )
    names = ["y_money", "x_money", "y_orders", "x_orders"]
    sums = split.group_by("customer_id").agg(*(nw.col(name).sum().cast(nw.Int64) for name in names))
    rows = people.join(sums, on="customer_id", how="left").with_columns(nw.col(*names).fill_null(0))
    rows = rows.with_columns(
        y_buyers=nw.when(nw.col("y_orders") > 0).then(1).otherwise(0), x_buyers=nw.when(nw.col("x_orders") > 0).then(1).otherwise(0)
    )
    return collect_moments(rows, ("group", *by))


def week_moments(people: Frame, bought: Frame, period: Period) -> Mapping[tuple[Any, ...], dict[str, GroupMoments]]:
    """Return the moments of every outcome by (group, week), week 0 first; only whole weeks."""
    last = int(period.since) + period.weeks * WEEK
    week = ((nw.col("at") - int(period.since)) // WEEK).cast(nw.Int64)
    inside = bought.filter((nw.col("at") >= int(period.since)) & (nw.col("at") < last)).with_columns(week=week)
    sums = inside.group_by("customer_id", "week").agg(
        nw.col("money").sum().cast(nw.Int64).alias("y_money"), nw.len().cast(nw.Int64).alias("y_orders")
    )
    earlier = bought.filter((nw.col("at") >= int(period.before)) & (nw.col("at") < int(period.since)))
    past = earlier.group_by("customer_id").agg(
        nw.col("money").sum().cast(nw.Int64).alias("x_money"), nw.len().cast(nw.Int64).alias("x_orders")
    )
    known = people.join(past, on="customer_id", how="left").with_columns(nw.col("x_money", "x_orders").fill_null(0))
    known = known.with_columns(x_buyers=nw.when(nw.col("x_orders") > 0).then(1).otherwise(0))
    zeros = {f"y_{name}": nw.lit(0).cast(nw.Int64) for name in OUTCOMES}
    whole = collect_moments(known.with_columns(**zeros), ("group",))
    made = collect_moments(known.join(sums, on="customer_id").with_columns(y_buyers=nw.lit(1).cast(nw.Int64)), ("group", "week"))
    out: dict[tuple[Any, ...], dict[str, GroupMoments]] = {}
    for (group,), base in whole.items():
        for index in range(period.weeks):
            weekly = made.get((group, index), {})
            out[group, index] = {name: _of_week(base[name], weekly.get(name, GroupMoments(0, scale=base[name].scale))) for name in OUTCOMES}
    return out


def collect_moments(rows: Frame, by: Sequence[str]) -> Mapping[tuple[Any, ...], dict[str, GroupMoments]]:
    """Return the exact moments of every outcome by the columns ``by``.

    rows: one per unit, with whole numbers ``y_NAME`` and ``x_NAME`` for each of ``OUTCOMES``.
    """
    wide = {f"{side}_{name}": nw.col(f"{side}_{name}").cast(nw.Int128) for name in OUTCOMES for side in "yx"}
    columns = [nw.len().alias("n")]
    for name in OUTCOMES:
        y, x = nw.col(f"y_{name}"), nw.col(f"x_{name}")
        for alias, term in (("y", y), ("yy", y * y), ("x", x), ("xx", x * x), ("xy", x * y)):
            columns.append(term.sum().alias(f"{name}_{alias}"))
    collected = rows.with_columns(**wide).group_by(*by).agg(*columns).collect(backend="polars").to_native()
    return {
        tuple(row[name] for name in by): {
            name: GroupMoments(int(row["n"]), **{part: int(row[f"{name}_{part}"]) for part in ("y", "yy", "x", "xx", "xy")}, scale=scale)
            for name, scale in OUTCOMES.items()
        }
        for row in collected.to_dicts()
    }


def _of_week(base: GroupMoments, week: GroupMoments) -> GroupMoments:
    """Return the moments of one week: all customers of the group, most of whom bought nothing in it."""
    return GroupMoments(base.n, week.y, week.yy, base.x, base.xx, week.xy, base.scale)
