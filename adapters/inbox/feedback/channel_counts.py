"""Counts of channels that report no persons (LINE, direct mail).

They are kept by message, channel, local day and outcome. They are no contacts: no cap, no refusal and no customer hangs on them. Newer
counts of a message, channel and day replace earlier ones; of counts that arrived in the same second the greater stay, since counts only
grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, text

from adapters.inbox.feedback.stored_outcomes import key_of
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.feedback_tables import CHANNEL_COUNTS
from otokui.domain import Instant
from otokui.events.feedback import ChannelCounts, ContactOutcome
from otokui.events.rows import digest_of
from otokui.ports.feedback_store import ChannelCount

_TYPES: Final = {
    "message_id": "text", "channel": "text", "day": "text", "outcome": "text", "counted": "bigint", "known_at": "bigint",
    "item_key": "text", "body_digest": "text",
}  # fmt: skip
_NEWER: Final = """ON CONFLICT (message_id, channel, day, outcome) DO UPDATE SET counted = excluded.counted, known_at = excluded.known_at,
item_key = excluded.item_key, body_digest = excluded.body_digest
WHERE excluded.known_at > channel_counts.known_at
OR (excluded.known_at = channel_counts.known_at AND excluded.counted > channel_counts.counted)"""
_REPLACED: Final = (
    "DELETE FROM channel_counts WHERE message_id = :message_id AND channel = :channel AND day = :day AND known_at < :known_at"
)


def replace(connection: Connection, backend: Backend, items: Sequence[ChannelCounts], received_at: Instant) -> None:
    """Store counts in place of earlier ones of the same message, channel and day."""
    for item in items:
        key = {"message_id": item.message_id, "channel": item.channel, "day": item.day}
        connection.execute(text(_REPLACED), key | {"known_at": int(received_at)})
        size = len(item.counts)
        columns: dict[str, Sequence[Any]] = {name: [value] * size for name, value in key.items()}
        columns |= {"outcome": [str(outcome) for outcome in item.counts], "counted": list(item.counts.values())}
        columns |= {"known_at": [int(received_at)] * size, "item_key": [key_of(item.source, item.event_id)] * size}
        columns["body_digest"] = [digest_of(item)] * size
        if size:
            backend.insert_many(connection, "channel_counts", columns, _TYPES, _NEWER)


def digests(connection: Connection, backend: Backend, keys: Sequence[str]) -> dict[str, str]:
    """Return the digests of items whose counts stand, by key."""
    query = text(f"SELECT c.item_key, c.body_digest FROM {backend.ids} JOIN channel_counts AS c ON c.item_key = j.value")
    return {row.item_key: row.body_digest for row in connection.execute(query, {"ids": backend.bind(keys)})}


def read(connection: Connection, since: str, until: str) -> list[ChannelCount]:
    """Return the counts of days in ``[since, until)``, sorted."""
    c = CHANNEL_COUNTS.c
    query = select(c.message_id, c.channel, c.day, c.outcome, c.counted).where(c.day >= since, c.day < until)
    ordered = query.order_by(c.message_id, c.channel, c.day, c.outcome)
    return [
        ChannelCount(message, channel, day, ContactOutcome(outcome), n) for message, channel, day, outcome, n in connection.execute(ordered)
    ]
