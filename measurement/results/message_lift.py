"""Lift by message, channel or scenario, against customers held back from it.

A held-back customer has a logged decision too, with the message, channel and time that were considered. Each customer counts once per
message (channel, scenario), with the first decision of the period, and with the purchases within the message's response days after the
send time considered, whether or not the send succeeded (intent to treat).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from measurement.results.customer_lift import Frame, Period, collect_moments
from measurement.results.lift_interval import GroupMoments
from otokui.domain import DAY

BEFORE_DAYS = 90
"""Days before a decision whose purchases are the covariate."""


def first_assignments(assignments: Frame, period: Period, within: str) -> Frame:
    """Return each customer's first assignment of the period, by value of ``within``.

    Those that are not ripe are among them. assignments: customer_id, message_id, channel, scenario, at (send time considered), window
    (seconds of the response days), group. Of two at one time the held-back one counts. Result: customer_id, ``within``, at, group, window.
    """
    inside = assignments.filter((nw.col("at") >= int(period.since)) & (nw.col("at") < int(period.until)))
    rows = inside.select("customer_id", within, "at", "group", "window")
    first = rows.group_by("customer_id", within).agg(nw.col("at").min())
    return rows.join(first, on=["customer_id", within, "at"]).group_by("customer_id", within, "at").agg(nw.col("group", "window").min())


def ripe(assignments: Frame, period: Period) -> Frame:
    """Return the assignments whose response days are over at the end of the period."""
    return assignments.filter(nw.col("at") + nw.col("window") <= int(period.until))


def message_moments(assignments: Frame, bought: Frame, by: str) -> Mapping[tuple[Any, ...], dict[str, GroupMoments]]:
    """Return the moments of every outcome by (group, by).

    assignments: at most one per customer and value of ``by`` (``first_assignments``), all ripe; bought: as
    ``measurement.results.customer_lift.purchases``.
    """
    key = ["customer_id", by]
    paired = assignments.select(*key, "at", "window").join(bought.rename({"at": "bought_at"}), on="customer_id")
    after = (nw.col("bought_at") >= nw.col("at")) & (nw.col("bought_at") < nw.col("at") + nw.col("window"))
    before = (nw.col("bought_at") < nw.col("at")) & (nw.col("bought_at") >= nw.col("at") - BEFORE_DAYS * DAY)
    near = paired.filter(after | before).with_columns(
        y_money=nw.when(after).then(nw.col("money")).otherwise(0),
        x_money=nw.when(before).then(nw.col("money")).otherwise(0),
        y_orders=nw.when(after).then(1).otherwise(0),
        x_orders=nw.when(before).then(1).otherwise(0),
    )
    names = ["y_money", "x_money", "y_orders", "x_orders"]
    sums = near.group_by(*key).agg(*(nw.col(name).sum().cast(nw.Int64) for name in names))
    rows = assignments.join(sums, on=key, how="left").with_columns(nw.col(*names).fill_null(0))
    rows = rows.with_columns(
        y_buyers=nw.when(nw.col("y_orders") > 0).then(1).otherwise(0), x_buyers=nw.when(nw.col("x_orders") > 0).then(1).otherwise(0)
    )
    return collect_moments(rows, ("group", by))
