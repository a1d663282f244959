"""Access store: API keys and audit log in the ledger's database.

It holds connections of its own. Locks and timeouts are the ledger's (``adapters.ledger.storage``), so SQLite and PostgreSQL serve alike,
for several processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from adapters.access import audit_chain, key_table
from adapters.access.audit_chain import ChainedEntry, Verified
from adapters.ledger.storage.database import Backend, connect, reading, writing
from adapters.ledger.storage.database_timeouts import BULK, DatabaseTimeouts
from adapters.ledger.storage.schema import bring_up_to_date
from otokui.domain import Instant
from otokui.identity.api_keys import ApiKey
from otokui.ports.access import AuditEntry, KeyRecord
from otokui.settings.settings import Settings, in_shop


def open_access(settings: Settings, shop: Path, timeouts: DatabaseTimeouts = BULK) -> SqlAccess:
    """Open the access store of a shop, created or migrated where necessary.

    Raises:
        BadInput: the URL names no database we know.
        Unavailable: the database cannot be used.
    """
    engine, backend = connect(in_shop(settings.stores.ledger_url, shop), timeouts)
    bring_up_to_date(engine, backend)
    return SqlAccess(engine, backend)


class SqlAccess:
    """Implements ``otokui.ports.access.AccessStore``; safe for several threads and processes."""

    def __init__(self, engine: Engine, backend: Backend) -> None:
        self._engine, self._backend = engine, backend

    def key_records(self) -> Sequence[KeyRecord]:
        """Return every key, oldest first."""
        with reading(self._engine) as connection:
            return key_table.read(connection)

    def mark_used(self, last_used_at: Mapping[str, Instant]) -> None:
        """Store when keys were last used."""
        with writing(self._engine) as connection:
            key_table.mark_used(connection, last_used_at)

    def append(self, entries: Sequence[AuditEntry]) -> None:
        """Append lines to the audit log."""
        with writing(self._engine) as connection:
            audit_chain.append(connection, self._backend, entries)

    def create_key(self, record: KeyRecord, audit: AuditEntry) -> tuple[KeyRecord, ApiKey]:
        """Store a new key like ``record``; return it with its text. The audit line gets its id."""
        with writing(self._engine) as connection:
            made, key = key_table.create(connection, record)
            audit_chain.append(connection, self._backend, [_about(audit, made.key_id)])
        return made, key

    def revoke_key(self, key_id: str, now: Instant, audit: AuditEntry) -> KeyRecord:
        """Revoke a key; raise Missing where there is none."""
        with writing(self._engine) as connection:
            revoked = key_table.revoke(connection, key_id, now)
            audit_chain.append(connection, self._backend, [_about(audit, key_id)])
        return revoked

    def rotate_key(self, key_id: str, now: Instant, old_until: Instant, audit: AuditEntry) -> tuple[KeyRecord, ApiKey]:
        """Replace a key, which goes on working until ``old_until``; raise Missing or Conflict."""
        with writing(self._engine) as connection:
            made, key = key_table.rotate(connection, key_id, now, old_until)
            audit_chain.append(connection, self._backend, [_about(audit, f"{key_id} -> {made.key_id}")])
        return made, key

    def verify(self, expected: str = "") -> Verified:
        """Check the chain of the audit log against alterations."""
        with reading(self._engine) as connection:
            return audit_chain.verify(connection, expected)

    def entries(self) -> Iterator[ChainedEntry]:
        """Yield the audit log, oldest first."""
        with reading(self._engine) as connection:
            yield from audit_chain.entries(connection)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _about(audit: AuditEntry, detail: str) -> AuditEntry:
    return replace(audit, detail=detail)
