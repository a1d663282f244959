"""Table of API keys: create, list, revoke, rotate.

A key's text leaves ``create`` and ``rotate`` once and is stored nowhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, update
from sqlalchemy import Row as SqlRow

from adapters.ledger.storage.tables import API_KEYS
from otokui.domain import Instant
from otokui.errors import Conflict, Missing
from otokui.identity.api_keys import ApiKey
from otokui.identity.roles import Role
from otokui.ports.access import KeyRecord
from otokui.settings.service.service import Environment


def create(connection: Connection, record: KeyRecord) -> tuple[KeyRecord, ApiKey]:
    """Store a new key like ``record`` and return it with its text.

    Its id and digest are made here.
    """
    key = ApiKey.make(record.environment, record.role)
    made = replace(record, key_id=f"key-{secrets.token_hex(4)}", digest=key.digest)
    connection.execute(
        API_KEYS.insert().values(
            key_id=made.key_id,
            digest=made.digest,
            environment=str(made.environment),
            role=str(made.role),
            note=made.note,
            networks=json.dumps(made.networks),
            requests_per_minute=made.requests_per_minute,
            created_at=int(made.created_at),
            expires_at=made.expires_at,
        )
    )
    return made, key


def read(connection: Connection) -> list[KeyRecord]:
    """Return every key, oldest first."""
    rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.key_id)).all()
    return [_record(row) for row in rows]


def revoke(connection: Connection, key_id: str, now: Instant) -> KeyRecord:
    """Revoke a key from now on; one that is revoked already stays so.

    Raises:
        Missing: no key has this id.
    """
    found = _one(connection, key_id)
    if found.revoked_at is None:
        connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id).values(revoked_at=int(now)))
    return _one(connection, key_id)


def rotate(connection: Connection, key_id: str, now: Instant, old_until: Instant) -> tuple[KeyRecord, ApiKey]:
    """Store a new key with the rights of an old one, and return it.

    The new one is returned with its text. The old one works until ``old_until``.

    Raises:
        Missing: no key has this id.
        Conflict: the old key works no more, so it has nothing to hand on.
    """
    old = _one(connection, key_id)
    if not old.works(now):
        raise Conflict(f"{key_id} is revoked or has expired", fix="create a new key with `otokui key create`")
    until = min(old_until, old.expires_at or old_until)
    connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id).values(expires_at=int(until)))
    lifetime = None if old.expires_at is None else old.expires_at - old.created_at
    expires_at = None if lifetime is None else Instant(now + lifetime)
    return create(connection, replace(old, created_at=now, expires_at=expires_at, last_used_at=None))


def mark_used(connection: Connection, last_used_at: Mapping[str, Instant]) -> None:
    """Store the latest use of keys."""
    for key_id, at in sorted(last_used_at.items()):  # in one order, so that two services cannot deadlock
        earlier = API_KEYS.c.last_used_at.is_(None) | (API_KEYS.c.last_used_at < int(at))
        connection.execute(update(API_KEYS).where(API_KEYS.c.key_id == key_id, earlier).values(last_used_at=int(at)))


def _one(connection: Connection, key_id: str) -> KeyRecord:
    row = connection.execute(select(API_KEYS).where(API_KEYS.c.key_id == key_id)).first()
    if row is None:
        raise Missing(f"no API key has the id {key_id!r}", fix="`otokui key list --shop SHOP` lists the ids; an id is not the key itself")
    return _record(row)


def _record(row: SqlRow[tuple[object, ...]]) -> KeyRecord:
    values = dict(row._mapping)
    networks: Sequence[str] = json.loads(values.pop("networks"))
    role, environment = Role(values.pop("role")), Environment(values.pop("environment"))
    return KeyRecord(role=role, environment=environment, networks=tuple(networks), **values)
