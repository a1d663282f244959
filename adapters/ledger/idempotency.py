"""Idempotency records: the first reply to a request is stored under its key.

A retry must neither make a second reservation nor get another reply. A key that comes again with another body is a caller's mistake
and gets an error, as at Stripe. ``asked_at`` is the clock's instant, not the request's ``as_of``.

A reply names customers, so it lies encrypted under the caller's key, of which only a hash is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from adapters.ledger.erasure.key_ring import KEY_BYTES, seal, unseal
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
    row = connection.execute(columns.where(ANSWERS.c.request_key == _hashed(key.key), ANSWERS.c.expires_at > int(asked_at))).first()
    if row is None:
        return None
    if row.body_digest != key.body_digest:
        raise Conflict(
            "this idempotency key was used with another body", fix="send a new key with a new request; the same key only to repeat one"
        )
    return unseal(_encryption_key(key.key), bytes(row.body), key.body_digest)


def keep(connection: Connection, key: RequestKey, reply: bytes, marks: Iterable[str], asked_at: Instant) -> None:
    """Store a reply for at least 24 hours, and delete expired ones.

    marks: keyed hashes of the customers in it.
    """
    forget(connection, asked_at)
    connection.execute(
        insert(ANSWERS).values(
            request_key=_hashed(key.key),
            body_digest=key.body_digest,
            status=ANSWERED,
            body=seal(_encryption_key(key.key), reply, key.body_digest),
            customer_ids=json.dumps(list(marks)),
            created_at=int(asked_at),
            expires_at=int(asked_at) + KEPT_SECONDS,
        )
    )


def forget(connection: Connection, now: Instant) -> int:
    """Delete the expired replies; return their number."""
    return connection.execute(delete(ANSWERS).where(ANSWERS.c.expires_at <= int(now))).rowcount


def _hashed(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=32, person=b"otokui.request").hexdigest()


def _encryption_key(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=KEY_BYTES, person=b"otokui.reply").digest()
