"""What earlier contacts came to, counted against those held back: the evidence that moves the stated priors.

The counts come from the records (whom we wrote to, who bought), not from what a send engine calls a conversion:
only purchases can be counted for the control group too.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from decisions.response import ResponseCount
from otokui.domain import DAY, Instant
from otokui.offers import Message
from otokui.ports import RecordSource

CONTROL_GROUPS = ("control", "scenario_control")
LOOK_BACK_DAYS = 365
"""A year holds every season once; older contacts say little of today's customers."""


def count_responses(source: RecordSource, bought: pl.DataFrame, messages: Sequence[Message], cutoff: Instant) -> list[ResponseCount]:
    """Count, by scenario and channel, customers contacted and held back, and who of them bought in time.

    bought: purchases with customer_id and purchased_at. Contacts of messages that are no longer configured are
    passed over, and so are those whose response days are not over at ``cutoff``.
    """
    if "contacts" not in source.tables():
        return []
    sent = source.frame("contacts", cutoff).collect(backend="polars").to_native()
    told = pl.DataFrame(
        {
            "message_id": [m.message_id for m in messages],
            "scenario": [m.scenario for m in messages],
            "window": [round(m.response_days * DAY) for m in messages],
        },
        schema={"message_id": pl.String, "scenario": pl.String, "window": pl.Int64},
    )
    due = (
        sent.select("customer_id", "message_id", "channel", "group", at=pl.col("sent_at").cast(pl.Int64))
        .join(told, on="message_id")
        .filter((pl.col("at") >= cutoff - LOOK_BACK_DAYS * DAY) & (pl.col("at") + pl.col("window") <= cutoff))
        .sort("at")
    )
    if due.is_empty():
        return []
    purchases = bought.select("customer_id", purchased_at=pl.col("purchased_at").cast(pl.Int64)).sort("purchased_at")
    answered = due.join_asof(purchases, left_on="at", right_on="purchased_at", by="customer_id", strategy="forward", check_sortedness=False)
    counted = (
        answered.with_columns(
            held=pl.col("group").is_in(CONTROL_GROUPS).fill_null(value=False),
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
