"""Tables of feedback: outcomes of contacts, and counts of channels that tell no persons."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table

from adapters.ledger.storage.columns import METADATA, NOBODY
from adapters.ledger.storage.columns import text_column as _text
from adapters.ledger.storage.columns import time_column as _time

# Every outcome as it came; placed_as is the contact it belongs to, empty while it waits for one (``adapters.inbox.feedback``).
FEEDBACK = Table(
    "feedback",
    METADATA,
    _text("feedback_key", key=True),  # digest of source and event id
    _text("body_digest"),
    _time("received_at"),
    _text("outcome"),
    _time("occurred_at"),
    _text("customer_id", null=True),
    _text("contact_id", null=True),
    _text("decision_id", null=True),
    _text("message_id", null=True),
    _text("channel", null=True),
    _text("bounce_type", null=True),
    Column("machine", Boolean, nullable=False),
    Column("amount", Float, nullable=True),
    _text("placed_as", null=True),
    Index("feedback_of_customer", "customer_id"),
    Index("feedback_by_contact", "contact_id"),
)

CHANNEL_COUNTS = Table(
    "channel_counts",
    METADATA,
    _text("message_id", key=True),
    _text("channel", key=True),
    _text("day", key=True),
    _text("outcome", key=True),
    Column("counted", BigInteger, nullable=False),
    _time("known_at"),
    _text("item_key"),
    _text("body_digest"),
    Index("channel_counts_by_item", "item_key"),
    info={NOBODY: "counts of channels that tell no persons"},
)
