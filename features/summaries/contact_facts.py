"""Facts of contacts: sends by channel, and their outcomes.

Outcomes are a stream of their own, since an open is known days after the send; an open by a machine is a kind of its own, which counts as
no open.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from features.anchored import weight
from features.local_time import hours_bucket
from features.summaries.fact import Adds, Fact, FactPart, FactStage, Frame, Records, count, flag, highest, known, total
from otokui.domain import HELD_BACK, HOUR, Instant

CHANNELS: Final = ("email", "push", "sms", "line")
"""Channels with columns of their own; all others count as ``other``."""

OWN_TIME_HOURS: Final = 3
"""Hours after which an open is at a time of the customer's own; an earlier one follows the send time."""

_CHANNEL, _KIND, _AT = nw.col("channel"), nw.col("kind"), nw.col("at")


def _over(channel: str) -> nw.Expr:
    return _CHANNEL == channel if channel != "other" else ~_CHANNEL.is_in(CHANNELS)


def _contacts(records: Records, cutoff: Instant) -> Frame:
    made = known(records, "contacts", cutoff).filter(nw.col("group").is_null() | ~nw.col("group").is_in(HELD_BACK))
    return made.select(
        "customer_id", "channel", "sent_at", weight("sent_at", 14).alias("weight_14"), weight("sent_at", 90).alias("weight_90")
    )


def _outcomes(records: Records, cutoff: Instant) -> Frame:
    return (
        known(records, "contact_outcomes", cutoff)
        .filter(_AT < cutoff)
        .select(
            "customer_id",
            "channel",
            "kind",
            "sent_at",
            "at",
            "amount",
            hours_bucket(nw.col("local")).alias("hours"),
            weight("at", 90).alias("weight_90"),
        )
    )


STAGES = (FactStage("contacts", ("contacts",), _contacts), FactStage("outcomes", ("contact_outcomes",), _outcomes))


def _decayed(kind: str) -> Fact:
    value = nw.when(_KIND == kind).then(nw.col("weight_90")).otherwise(nw.lit(0.0))
    return total("outcomes", f"{kind}_decay_90", value, f"contacts {kind}, halving every 90 days, anchored", Adds.REAL)


SENT_FACTS: tuple[Fact, ...] = (
    *(count("contacts", f"sent_{c}_count", _over(c), f"contacts sent over {c}") for c in (*CHANNELS, "other")),
    highest("contacts", "last_sent_at", nw.col("sent_at"), "when the last contact was sent"),
    total("contacts", "sent_decay_14", nw.col("weight_14"), "contacts sent, halving every 14 days, anchored", Adds.REAL),
    total("contacts", "sent_decay_90", nw.col("weight_90"), "contacts sent, halving every 90 days, anchored", Adds.REAL),
)

OUTCOME_FACTS: tuple[Fact, ...] = (
    *(
        count("outcomes", f"{kind}_{c}_count", (_KIND == kind) & _over(c), f"contacts {kind} over {c}")
        for kind in ("opened", "clicked")
        for c in (*CHANNELS, "other")
    ),
    *(count("outcomes", f"{kind}_count", _KIND == kind, f"contacts that were {kind}") for kind in ("converted", "unsubscribed", "bounced")),
    count(
        "outcomes",
        "machine_opened_email_count",
        (_KIND == "machine_opened") & _over("email"),
        "e-mails opened by a machine, so that nobody sees whether a person read them",
    ),
    total(
        "outcomes",
        "converted_amount_sum",
        nw.when(_KIND == "converted").then(nw.col("amount")),
        "money of the purchases that contacts led to",
        Adds.DECIMAL,
    ),
    _decayed("opened"),
    _decayed("clicked"),
    *(
        highest("outcomes", f"last_{kind}_at", nw.when(_KIND == kind).then(_AT), f"when the last contact was {kind}")
        for kind in ("opened", "clicked", "unsubscribed")
    ),
)

_OWN_TIME = (_KIND == "opened") & (_AT - nw.col("sent_at") >= OWN_TIME_HOURS * HOUR)
ACTIVE_HOURS = tuple(FactPart("outcomes", flag(_OWN_TIME & (nw.col("hours") == k)).sum()) for k in range(8))
"""Parts of ``active_hour_0`` .. ``_7`` from opens at a time of the customer's own."""
