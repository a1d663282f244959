"""Response counts of earlier contacts against control groups: evidence for the priors.

The counts come from the records (whom we wrote to, who bought), not from what a send engine calls a conversion:
only purchases can be counted for the control group too.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from decisions.candidates.unsubscribe_rate import UnsubscribeCount
from decisions.candidates.uplift_prior import ResponseCount
from otokui.domain import DAY, HELD_BACK, Instant
from otokui.ports.stores import RecordSource
from otokui.settings.contacts.messages import Message

LOOK_BACK_DAYS = 365
"""A year holds every season once; older contacts say little of today's customers."""


def count_responses(source: RecordSource, bought: pl.DataFrame, messages: Sequence[Message], cutoff: Instant) -> list[ResponseCount]:
    """Count contacted and held-back customers, and purchases in time, by scenario and channel.

    bought: purchases with customer_id and purchased_at. Contacts of messages that are no longer configured are
    passed over, and so are those whose response days are not over at ``cutoff``.
    """
    if "contacts" not in source.tables():
        return []
    sent = source.frame("contacts", cutoff).collect(backend="polars").to_native()
    windows = pl.DataFrame(
        {
            "message_id": [m.message_id for m in messages],
            "scenario": [m.scenario for m in messages],
            "window": [round(m.response_days * DAY) for m in messages],
        },
        schema={"message_id": pl.String, "scenario": pl.String, "window": pl.Int64},
    )
    due = (
        sent.select("customer_id", "message_id", "channel", "group", at=pl.col("sent_at").cast(pl.Int64))
        .join(windows, on="message_id")
        .filter((pl.col("at") >= cutoff - LOOK_BACK_DAYS * DAY) & (pl.col("at") + pl.col("window") <= cutoff))
        .sort("at")
    )
    if due.is_empty():
        return []
    purchases = bought.select("customer_id", purchased_at=pl.col("purchased_at").cast(pl.Int64)).sort("purchased_at")
    answered = due.join_asof(purchases, left_on="at", right_on="purchased_at", by="customer_id", strategy="forward", check_sortedness=False)
    counted = (
        answered.with_columns(
            held=pl.col("group").is_in(HELD_BACK).fill_null(value=False),
            came=(pl.col("purchased_at") < pl.col("at") + pl.col("window")).fill_null(value=False),
        )
        .group_by("scenario", "channel")
        .agg(
            sent=(~pl.col("held")).sum(),
            converted=(~pl.col("held") & pl.col("came")).sum(),
            control=pl.col("held").sum(),
            control_converted=(pl.col("held") & pl.col("came")).sum(),
        )
        .sort("scenario", "channel")
    )
    return [ResponseCount(**{name: row[name] for name in ResponseCount.__slots__}) for row in counted.to_dicts()]


def count_unsubscribes(source: RecordSource, period_days: int, cutoff: Instant) -> list[UnsubscribeCount]:
    """Count contacts and unsubscribes of the last year by channel.

    Each contact counts as the n-th of its customer within the period.
    """
    if "contacts" not in source.tables():
        return []
    contacts: pl.DataFrame = source.frame("contacts", cutoff).collect(backend="polars").to_native()
    sent = (
        contacts.filter(~pl.col("group").is_in(HELD_BACK).fill_null(value=False))
        .select("customer_id", "channel", at=pl.col("sent_at").cast(pl.Int64), left=pl.col("unsubscribed_at").is_not_null())
        .filter(pl.col("at") >= cutoff - LOOK_BACK_DAYS * DAY)
        .sort("customer_id", "at", "channel")
    )
    if sent.is_empty():
        return []
    before = sent.rolling("at", period=f"{period_days * DAY}i", closed="left", group_by="customer_id").agg(before=pl.len())
    counted = (
        sent.with_columns(pressure=before["before"].cast(pl.Float64) + 1.0)
        .group_by("channel")
        .agg(pl.col("pressure").sum(), unsubscribed=pl.col("left").sum())
        .sort("channel")
    )
    return [UnsubscribeCount(row["channel"], row["pressure"], int(row["unsubscribed"])) for row in counted.to_dicts()]
