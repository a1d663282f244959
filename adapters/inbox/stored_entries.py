"""Table of the inbox in SQL: entries appended under their keys.

They are read by number, by customer and by order. The functions run on a connection of the caller's, so that an entry, the contact state
that it changes and whatever else belongs to it are one transaction. ``backend.lock_inbox`` makes numbers follow the order of commits: a
reader that goes on from the last number it saw misses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, select, text, update

from adapters.inbox.entry_checks import CheckedEntry
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import INBOX
from otokui.domain import Instant
from otokui.ports.inbox import InboxEntry, ItemStatus, StoredEntry

CONFLICT: Final = "same_id_other_body"
_TYPES: Final = {
    "event_key": "text", "body_digest": "text", "customer_id": "text", "order_id": "text", "received_at": "bigint", "visible_at": "bigint",
    "contents": "text",
}  # fmt: skip
_READ = (INBOX.c.sequence, INBOX.c.customer_id, INBOX.c.visible_at, INBOX.c.contents)
_AT_ONCE: Final = 10_000
_DECODER: Final = msgspec.json.Decoder(dict[str, list[dict[str, Any]]])


def append(connection: Connection, backend: Backend, checked: Sequence[CheckedEntry], received_at: Instant) -> list[ItemStatus | None]:
    """Append entries that are new, and return the status of each.

    None: its key was used with another body.

    An entry that says no is stored even then, under a key of its own: a refusal is never dropped for its number.
    """
    backend.lock_inbox(connection)
    keys = [_key(one.entry) for one in checked]
    known = _digests(connection, backend, keys)
    statuses: list[ItemStatus | None] = []
    new: list[tuple[str, CheckedEntry]] = []
    for key, one in zip(keys, checked, strict=True):
        digest = one.entry.digest
        status = ItemStatus.ACCEPTED if key not in known else ItemStatus.DUPLICATE if known[key] == digest else None
        statuses.append(status)
        if status is None and one.forbids:
            own = _key(one.entry, digest)
            if own not in known and not _digests(connection, backend, [own]):
                known[own] = digest
                new.append((own, one))
        elif status is ItemStatus.ACCEPTED:
            known[key] = digest
            new.append((key, one))
    if new:
        columns: dict[str, Sequence[Any]] = {
            "event_key": [key for key, _ in new],
            "body_digest": [one.entry.digest for _, one in new],
            "customer_id": [one.customer_id for _, one in new],
            "order_id": [_order_of(one) for _, one in new],
            "received_at": [int(received_at)] * len(new),
            "visible_at": [one.visible_at for _, one in new],
            "contents": [msgspec.json.encode(one.rows).decode() for _, one in new],
        }
        backend.insert_many(connection, "inbox", columns, _TYPES, "")
    return statuses


def last(connection: Connection) -> int:
    """Return the highest number ever given, 0 for none."""
    return int(connection.execute(select(func.max(INBOX.c.sequence))).scalar() or 0)


def after(connection: Connection, sequence: int, most: int) -> list[StoredEntry]:
    """Return entries with rows after a number."""
    query = select(*_READ).where(INBOX.c.sequence > sequence, INBOX.c.contents != "").order_by(INBOX.c.sequence).limit(most)
    return [_entry(row) for row in connection.execute(query)]


def touched(connection: Connection, sequence: int, through: int, before: Instant) -> list[tuple[int, str, str]]:
    """Return number, customer and order of entries after a number, without those that are summarised."""
    query = select(INBOX.c.sequence, INBOX.c.customer_id, INBOX.c.order_id).where(
        INBOX.c.sequence > sequence, INBOX.c.contents != "", (INBOX.c.sequence > through) | (INBOX.c.visible_at >= int(before))
    )
    return [(row.sequence, row.customer_id, row.order_id) for row in connection.execute(query.order_by(INBOX.c.sequence))]


def of_numbers(connection: Connection, sequences: Sequence[int]) -> list[StoredEntry]:
    """Return the entries of some numbers that have rows."""
    found: list[StoredEntry] = []
    for begin in range(0, len(sequences), _AT_ONCE):
        some = list(sequences[begin : begin + _AT_ONCE])
        found += [_entry(row) for row in connection.execute(select(*_READ).where(INBOX.c.sequence.in_(some), INBOX.c.contents != ""))]
    return sorted(found, key=lambda entry: entry.sequence)


def of_customers(connection: Connection, backend: Backend, customer_ids: Sequence[str], order_ids: Sequence[str]) -> list[StoredEntry]:
    """Return the entries with rows of customers, of their orders, and of further orders."""
    found = _of(connection, backend, "customer_id", customer_ids)
    orders = {row["order_id"] for entry in found for table in ("orders", "order_updates") for row in entry.rows.get(table, ())}
    found += _of(connection, backend, "order_id", sorted(orders | set(order_ids)))
    return sorted({entry.sequence: entry for entry in found}.values(), key=lambda entry: entry.sequence)


def purge(connection: Connection, through: int, before: Instant, keys_before: Instant, keep: Sequence[int]) -> int:
    """Empty entries that are summarised, and drop old idempotency keys.

    Entries are on record as well by then; keys go once they are too old to be repeated.
    """
    emptied = (INBOX.c.sequence <= through) & (INBOX.c.visible_at < int(before)) & (INBOX.c.contents != "") & INBOX.c.sequence.not_in(keep)
    rows = connection.execute(update(INBOX).where(emptied).values(contents="")).rowcount
    # The newest row stays whatever its age: the highest number ever given is read from it.
    old = (INBOX.c.contents == "") & (INBOX.c.received_at < int(keys_before)) & (INBOX.c.sequence < last(connection))
    connection.execute(delete(INBOX).where(old))
    return rows


def _of(connection: Connection, backend: Backend, column: str, values: Sequence[str]) -> list[StoredEntry]:
    if not values:
        return []
    query = text(
        f"SELECT i.sequence, i.customer_id, i.visible_at, i.contents FROM {backend.ids} JOIN inbox AS i ON i.{column} = j.value "
        "WHERE i.contents <> ''"
    )
    return [_entry(row) for row in connection.execute(query, {"ids": backend.bind(values)})]


def _entry(row: Any) -> StoredEntry:
    return StoredEntry(row.sequence, row.customer_id, Instant(row.visible_at), _DECODER.decode(row.contents))


def _key(entry: InboxEntry, *more: str) -> str:
    return hashlib.blake2b("\x1f".join((entry.source, entry.event_id, *more)).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _digests(connection: Connection, backend: Backend, keys: Sequence[str]) -> dict[str, str]:
    query = text(f"SELECT i.event_key, i.body_digest FROM {backend.ids} JOIN inbox AS i ON i.event_key = j.value")
    return {row.event_key: row.body_digest for row in connection.execute(query, {"ids": backend.bind(keys)})}


def _order_of(one: CheckedEntry) -> str:
    """Return the order that an entry is about, '' for none."""
    return next((str(row["order_id"]) for table in ("orders", "order_updates") for row in one.rows.get(table, ())), "")
