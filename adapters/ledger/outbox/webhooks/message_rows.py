"""Rows of webhook messages.

They are cut from the feed once, claimed by one process at a time, and retried with back-off. A message holds numbers of changes. They are
read anew at each attempt, so that a repeated message never offers what was withdrawn since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from adapters.ledger.outbox import change_feed
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.outbox_tables import WEBHOOK_MESSAGES, WEBHOOK_POSITIONS
from otokui.domain import HOUR, Instant
from otokui.ports.changes import FeedPosition
from otokui.settings.service.webhooks import Webhook

PENDING, DELIVERED, GIVEN_UP, LAPSED = "pending", "delivered", "given_up", "lapsed"
_CLAIM: Final = """UPDATE webhook_messages SET leased_until = :until, attempts = attempts + 1 WHERE webhook_id = (
    SELECT webhook_id FROM webhook_messages WHERE endpoint = :endpoint AND state = 'pending' AND next_at <= :now AND leased_until <= :now
    ORDER BY next_at, webhook_id LIMIT 1 {lock})
RETURNING webhook_id, sequences, created_at, attempts, leased_until"""


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """Message that this process may send until its lease ends; attempts: this one included."""

    webhook_id: str
    sequences: tuple[int, ...]
    created_at: Instant
    attempts: int
    leased_until: int


def cut(connection: Connection, webhook: Webhook, webhook_id: str, now: Instant) -> bool:
    """Put the next page of the feed into a message.

    Whether the feed had a page is returned. Position and message change in one transaction, and two processes take turns, so that each
    change is in one message.
    """
    started = text("INSERT INTO webhook_positions (endpoint, position) VALUES (:endpoint, :position) ON CONFLICT (endpoint) DO NOTHING")
    connection.execute(started, {"endpoint": webhook.name, "position": _written(FeedPosition())})
    row = WEBHOOK_POSITIONS.c.endpoint == webhook.name
    connection.execute(update(WEBHOOK_POSITIONS).where(row).values(endpoint=webhook.name))  # locks it
    position = msgspec.json.decode(connection.execute(select(WEBHOOK_POSITIONS.c.position).where(row)).scalar_one(), type=FeedPosition)
    page = change_feed.read(connection, position, now, round(webhook.window_hours * HOUR), webhook.most_changes)
    connection.execute(update(WEBHOOK_POSITIONS).where(row).values(position=_written(page.position)))
    sequences = [
        change.sequence
        for change in page.changes
        if (not webhook.channels or change.channel in webhook.channels) and (not webhook.scenarios or change.scenario in webhook.scenarios)
    ]
    if sequences:
        fresh = {"state": PENDING, "created_at": int(now), "attempts": 0, "next_at": int(now), "leased_until": 0}
        message = {"webhook_id": webhook_id, "endpoint": webhook.name, "sequences": json.dumps(sequences)}
        connection.execute(insert(WEBHOOK_MESSAGES).values(**message, **fresh))
    return bool(page.changes)


def claim(connection: Connection, backend: Backend, webhook: Webhook, now: Instant, seconds: float) -> ClaimedMessage | None:
    """Claim a message that is to be sent now, for so many seconds.

    None: no message is waiting.
    """
    bound = {"endpoint": webhook.name, "now": int(now), "until": int(now + seconds)}
    found = connection.execute(text(_CLAIM.format(lock=backend.skip_locked)), bound).first()
    if found is None:
        return None
    webhook_id, sequences, created_at, attempts, leased_until = found
    return ClaimedMessage(webhook_id, tuple(json.loads(sequences)), Instant(created_at), attempts, leased_until)


def finish(connection: Connection, message: ClaimedMessage, state: str, now: Instant, status: int | None, error: str) -> None:
    """Finish a message: delivered, lapsed or given up."""
    values = {"state": state, "status": status, "error": error or None, "finished_at": int(now), "leased_until": 0}
    connection.execute(update(WEBHOOK_MESSAGES).where(*_mine(message)).values(**values))


def put_off(connection: Connection, message: ClaimedMessage, next_at: int, status: int | None, error: str) -> None:
    """Put a message off until its next attempt."""
    values = {"next_at": next_at, "status": status, "error": error, "leased_until": 0}
    connection.execute(update(WEBHOOK_MESSAGES).where(*_mine(message)).values(**values))


def counts(connection: Connection) -> dict[str, dict[str, int]]:
    """Return the number of messages by endpoint and state."""
    query = select(WEBHOOK_MESSAGES.c.endpoint, WEBHOOK_MESSAGES.c.state, func.count()).group_by(
        WEBHOOK_MESSAGES.c.endpoint, WEBHOOK_MESSAGES.c.state
    )
    found: dict[str, dict[str, int]] = {}
    for endpoint, state, number in connection.execute(query):
        found.setdefault(endpoint, {})[state] = number
    return found


def newest(connection: Connection, endpoint: str | None, limit: int) -> list[dict[str, Any]]:
    """Return messages, the newest first."""
    query = select(WEBHOOK_MESSAGES).order_by(WEBHOOK_MESSAGES.c.created_at.desc(), WEBHOOK_MESSAGES.c.webhook_id).limit(limit)
    if endpoint is not None:
        query = query.where(WEBHOOK_MESSAGES.c.endpoint == endpoint)
    return [dict(row) | {"changes": len(json.loads(row["sequences"]))} for row in connection.execute(query).mappings()]


def retry(connection: Connection, endpoint: str, now: Instant) -> int:
    """Send messages that were given up once more, as if they were new.

    Their number is returned.
    """
    given_up = (WEBHOOK_MESSAGES.c.endpoint == endpoint) & (WEBHOOK_MESSAGES.c.state == GIVEN_UP)
    fresh = {"state": PENDING, "attempts": 0, "created_at": int(now), "next_at": int(now), "finished_at": None}
    return connection.execute(update(WEBHOOK_MESSAGES).where(given_up).values(**fresh)).rowcount


def purge(connection: Connection, before: Instant, endpoints: Sequence[str]) -> int:
    """Delete messages that were finished before an instant.

    All messages of endpoints that are no longer configured are deleted too.
    """
    old = WEBHOOK_MESSAGES.c.finished_at < int(before)
    gone = WEBHOOK_MESSAGES.c.endpoint.not_in(bindparam("endpoints", expanding=True))
    connection.execute(delete(WEBHOOK_POSITIONS).where(WEBHOOK_POSITIONS.c.endpoint.not_in(list(endpoints))))
    return connection.execute(delete(WEBHOOK_MESSAGES).where(old | gone), {"endpoints": list(endpoints)}).rowcount


def _mine(message: ClaimedMessage) -> tuple[Any, Any]:
    return WEBHOOK_MESSAGES.c.webhook_id == message.webhook_id, WEBHOOK_MESSAGES.c.leased_until == message.leased_until


def _written(position: FeedPosition) -> str:
    return msgspec.json.encode(position).decode()
