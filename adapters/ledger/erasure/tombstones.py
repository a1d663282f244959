"""Tombstones: erased customers, known by a keyed hash of the id and by nothing else.

A customer with a tombstone is never contacted and never imported again. The key of the hash lies in the ledger under the master key, so
that a list of ids cannot be tried against a copy of the table. A shop without erasures pays one look at an empty table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, insert, literal, select, text
from sqlalchemy.exc import IntegrityError

from adapters.ledger.erasure.key_ring import KEY_BYTES, KeyRing
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import LEDGER_KEYS, TOMBSTONES
from otokui.domain import Instant

CUSTOMER: Final = "customer"
ORDER: Final = "order"
_HASH_KEY: Final = "tombstones"
_MARK_BYTES: Final = 16


def hash_key(connection: Connection, ring: KeyRing) -> bytes | None:
    """Return the key of the hashes, None where the ledger has none yet."""
    row = connection.execute(select(LEDGER_KEYS.c.wrapped, LEDGER_KEYS.c.master).where(LEDGER_KEYS.c.name == _HASH_KEY)).first()
    return None if row is None else ring.unwrap(bytes(row.wrapped), row.master, _HASH_KEY)


def make_hash_key(connection: Connection, ring: KeyRing, random: bytes) -> None:
    """Store the key of the hashes where there is none; ``random``: 32 bytes."""
    assert len(random) == KEY_BYTES
    try:
        with connection.begin_nested():
            connection.execute(insert(LEDGER_KEYS).values(name=_HASH_KEY, wrapped=ring.wrap(random, _HASH_KEY), master=ring.name))
    except IntegrityError:  # another process was first
        return


def mark_of(key: bytes, name: str, kind: str = CUSTOMER) -> str:
    """Return the keyed hash (BLAKE2b) of an id, 32 hexadecimal digits."""
    return hashlib.blake2b(name.encode(), digest_size=_MARK_BYTES, key=key, person=kind.encode()).hexdigest()


def erased(connection: Connection, backend: Backend, key: bytes, names: Iterable[str], kind: str = CUSTOMER) -> set[str]:
    """Return those of the ids that were erased; none is hashed where nobody ever was."""
    if connection.execute(select(literal(1)).select_from(TOMBSTONES).limit(1)).first() is None:
        return set()
    marks = {mark_of(key, name, kind): name for name in names}
    query = text(f"SELECT t.mark FROM {backend.ids} JOIN tombstones AS t ON t.mark = j.value")
    return {marks[mark] for (mark,) in connection.execute(query, {"ids": backend.bind(list(marks))})}


def bury(connection: Connection, backend: Backend, marks: Sequence[str], kind: str, requested_at: Instant, customer_id: str | None) -> None:
    """Set tombstones; those that stand already are opened again, for another pass over the files."""
    columns: dict[str, Sequence[Any]] = {
        "mark": list(marks),
        "kind": [kind] * len(marks),
        "customer_id": [customer_id] * len(marks),
        "requested_at": [int(requested_at)] * len(marks),
    }
    types = {"mark": "text", "kind": "text", "customer_id": "text", "requested_at": "bigint"}
    again = "ON CONFLICT (mark) DO UPDATE SET customer_id = excluded.customer_id, finished_at = NULL"
    backend.insert_many(connection, "tombstones", columns, types, again)
