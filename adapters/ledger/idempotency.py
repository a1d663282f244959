"""Idempotency records: the first reply to a request is stored under its key.

A retry must neither make a second reservation nor get another reply. A key that comes again with another body is a caller's mistake
and gets an error, as at Stripe. ``asked_at`` is the clock's instant, not the request's ``as_of``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select, text

from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import ANSWERS
from otokui.domain import HOUR, Instant
from otokui.errors import Conflict
from otokui.ports.ledger import RequestKey

KEPT_SECONDS: Final = 24 * HOUR
ANSWERED: Final = 200
"""The HTTP status of every stored reply: a call that fails writes nothing, so its retry is a new call."""


def find(connection: Connection, key: RequestKey, asked_at: Instant) -> bytes | None:
    """Return the reply stored under the idempotency key, if any.

    Raises:
        Conflict: the key was used with another body.
    """
    columns = select(ANSWERS.c.body_digest, ANSWERS.c.body)
    row = connection.execute(columns.where(ANSWERS.c.request_key == key.key, ANSWERS.c.expires_at > int(asked_at))).first()
    if row is None:
        return None
    if row.body_digest != key.body_digest:
        raise Conflict(
            "this idempotency key was used with another body", fix="send a new key with a new request; the same key only to repeat one"
        )
    return bytes(row.body)


def keep(connection: Connection, key: RequestKey, reply: bytes, customer_ids: Sequence[str], asked_at: Instant) -> None:
    """Store a reply for at least 24 hours, and delete expired ones."""
    connection.execute(delete(ANSWERS).where(ANSWERS.c.expires_at <= int(asked_at)))
    connection.execute(
        insert(ANSWERS).values(
            request_key=key.key,
            body_digest=key.body_digest,
            status=ANSWERED,
            body=reply,
            customer_ids=json.dumps(list(customer_ids)),
            created_at=int(asked_at),
            expires_at=int(asked_at) + KEPT_SECONDS,
        )
    )


def erase(connection: Connection, backend: Backend, customer_id: str) -> int:
    """Delete the replies that name a customer; return their number."""
    statement = text(f"DELETE FROM answers WHERE {backend.position}(customer_ids, :needle) > 0")
    return connection.execute(statement, {"needle": json.dumps(customer_id)}).rowcount
