"""Bulk import of consents, contacts and suppressions from the records; repeats change nothing.

The records keep every version, the ledger one row a key. So a version known earlier must not undo one known later. ``known_at``
stays that of the first version (since when the row was visible), ``revised_at`` is that of the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, select, text

from adapters.ledger import channel_closures
from adapters.ledger.ingestion import contact_versions
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import IMPORTS
from otokui.errors import BadInput

_OUTCOMES = (
    "delivered_at", "opened_at", "machine_open", "clicked_at", "converted_at", "converted_amount", "unsubscribed_at", "bounced_at",
    "complained_at", "bounce_type",
)  # fmt: skip
_MANY_ROWS = 10_000
_NOTES = ("decision_id", "action_probability", "assigned_group")

_CONTACT_TYPES = {
    "customer_id": "text", "contact_id": "text", "message_id": "text", "channel": "text", "sent_at": "bigint",
    "known_at": "bigint", "revised_at": "bigint", "delivered_at": "bigint", "opened_at": "bigint", "machine_open": "boolean",
    "clicked_at": "bigint", "converted_at": "bigint", "converted_amount": "double precision", "unsubscribed_at": "bigint",
    "bounced_at": "bigint", "decision_id": "text", "action_probability": "double precision", "assigned_group": "text",
    "local_offset": "integer", "complained_at": "bigint", "bounce_type": "text",
}  # fmt: skip
_CONSENT_TYPES = {"customer_id": "text", "channel": "text", "changed_at": "bigint", "opted_in": "boolean", "known_at": "bigint"}
_SUPPRESSION_TYPES = {
    "customer_id": "text", "channel": "text", "from_at": "bigint", "reason": "text",
    "until_at": "bigint", "known_at": "bigint", "revised_at": "bigint",
}  # fmt: skip


def last_batch(connection: Connection, source: str) -> int:
    """Return the number of the last imported batch of a source, -1 for none."""
    batch = connection.execute(select(IMPORTS.c.batch).where(IMPORTS.c.source == source)).scalar()
    return -1 if batch is None else int(batch)


def mark(connection: Connection, source: str, batch: int) -> None:
    """Record that a batch is imported, in the transaction that wrote its rows."""
    connection.execute(
        text("INSERT INTO imports (source, batch) VALUES (:source, :batch) ON CONFLICT (source) DO UPDATE SET batch = excluded.batch"),
        {"source": source, "batch": batch},
    )


def consents(connection: Connection, backend: Backend, frame: Any) -> int:
    """Add to the history of consents; no row of it is ever overwritten."""
    table, known_at = _read(frame, "consents", ("customer_id", "channel", "opted_in", "changed_at"), "changed_at")
    columns = {name: table[name] for name in ("customer_id", "channel", "changed_at", "opted_in")} | {"known_at": known_at}
    columns["channel"] = [name or "" for name in table["channel"]]  # '' = every channel, for an opt-out
    then = f"ON CONFLICT (customer_id, channel, changed_at, opted_in) DO UPDATE SET known_at = {_first(backend, 'consents')}"
    return _insert(connection, backend, "consents", columns, _CONSENT_TYPES, ("customer_id", "channel", "changed_at", "opted_in"), then)


def suppressions(connection: Connection, backend: Backend, frame: Any) -> int:
    """Import suppressions; a row known later may end an earlier one (``until``)."""
    table, known_at = _read(frame, "suppressions", ("customer_id", "reason", "from"), "from")
    columns = {
        "customer_id": table["customer_id"],
        "channel": [name or "" for name in table.get("channel", [""] * len(known_at))],
        "from_at": table["from"],
        "reason": table["reason"],
        "until_at": table.get("until", [None] * len(known_at)),
        "known_at": known_at,
        "revised_at": known_at,
    }
    newest = ", ".join(_newest("suppressions", name) for name in ("reason", "until_at"))
    then = f"""ON CONFLICT (customer_id, channel, from_at) DO UPDATE SET {newest},
        known_at = {_first(backend, "suppressions")}, revised_at = {_last(backend, "suppressions")}"""
    return _insert(connection, backend, "suppressions", columns, _SUPPRESSION_TYPES, ("customer_id", "channel", "from_at"), then)


def contacts(connection: Connection, backend: Backend, frame: Any) -> int:
    """Import contacts and their responses; a dispatched reservation no longer counts as a reservation."""
    required = ("customer_id", "contact_id", "message_id", "channel", "sent_at")
    table, known_at = _read(frame, "contacts", required, "sent_at")
    nothing: list[Any] = [None] * len(known_at)
    columns: dict[str, Sequence[Any]] = {name: table[name] for name in required}
    columns |= {name: table.get("group" if name == "assigned_group" else name, nothing) for name in (*_OUTCOMES, *_NOTES)}
    columns["known_at"] = columns["revised_at"] = known_at
    local = table.get("sent_local", table["sent_at"])
    columns["local_offset"] = [local_time - utc for local_time, utc in zip(local, table["sent_at"], strict=True)]
    columns = {name: columns[name] for name in _CONTACT_TYPES}

    columns |= contact_versions.stamped(columns)
    then = f"ON CONFLICT (customer_id, contact_id) DO UPDATE SET {contact_versions.assignments(backend.least, backend.greatest)}"
    types = _CONTACT_TYPES | dict.fromkeys(contact_versions.STAMPS, "bigint")
    imported = _insert(connection, backend, "contacts", columns, types, ("customer_id", "contact_id"), then)
    _dispatch(connection, backend, columns)
    refusing = [columns[name] for name in (*channel_closures.SAYS_NO, "bounce_type")]
    rows = (row for row, values in enumerate(zip(*refusing, strict=True)) if any(value is not None for value in values))
    channel_closures.derive(connection, backend, [columns["customer_id"][row] for row in rows])
    return imported


def _dispatch(connection: Connection, backend: Backend, columns: dict[str, Sequence[Any]]) -> None:
    """Mark the reservations that these contacts were sent for."""
    decided = sorted({d for d in columns["decision_id"] if d is not None})
    if not decided:
        return
    statement = f"""UPDATE reservations SET dispatched_at = (
            SELECT MIN({backend.greatest}(k.sent_at, k.known_at)) FROM contacts AS k
            WHERE k.customer_id = reservations.customer_id AND k.decision_id = reservations.decision_id)
        WHERE decision_id IN (SELECT j.value FROM {backend.ids})
        AND EXISTS (SELECT 1 FROM contacts AS k
            WHERE k.customer_id = reservations.customer_id AND k.decision_id = reservations.decision_id)"""
    connection.execute(text(statement), {"ids": backend.bind(decided)})


def _first(backend: Backend, table: str) -> str:
    return f"{backend.least}({table}.known_at, excluded.known_at)"


def _last(backend: Backend, table: str) -> str:
    return f"{backend.greatest}({table}.revised_at, excluded.revised_at)"


def _newest(table: str, name: str) -> str:
    return f"{name} = CASE WHEN excluded.revised_at >= {table}.revised_at THEN excluded.{name} ELSE {table}.{name} END"


def _read(frame: Any, name: str, required: Sequence[str], happened: str) -> tuple[dict[str, list[Any]], list[int]]:
    """Return the frame's columns as lists, and when each row became known."""
    table = pl.DataFrame(frame)  # Polars, Arrow and any other frame with the Arrow stream interface
    missing = sorted(set(required) - set(table.columns))
    if missing:
        raise BadInput(f"{name} for the ledger lack the columns {missing}", fix="bring them through `otokui ingest`, which conforms them")
    # In the order of the clustered key a million rows are inserted several times faster than in time order.
    columns = table.sort([c for c in ("customer_id", "contact_id") if c in table.columns]).to_dict(as_series=False)
    return columns, columns.get("known_at", columns[happened])


def _insert(
    connection: Connection,
    backend: Backend,
    into: str,
    columns: Mapping[str, Sequence[Any]],
    types: dict[str, str],
    key: Sequence[str],
    then: str,
) -> int:
    """Insert in rounds with each key once, oldest version first.

    PostgreSQL changes a row only once a statement.
    """
    keys = list(zip(*(columns[name] for name in key), strict=True))
    if len(set(keys)) == len(keys):
        if keys:
            backend.insert_many(connection, into, columns, types, then)
        _refresh(connection, backend, into, len(keys))
        return len(keys)
    rounds: list[list[int]] = []
    seen: dict[tuple[Any, ...], int] = {}
    for row in sorted(range(len(keys)), key=lambda r: columns["known_at"][r]):
        turn = seen[keys[row]] = seen.get(keys[row], -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(row)
    for rows in rounds:
        backend.insert_many(connection, into, {name: [values[r] for r in rows] for name, values in columns.items()}, types, then)
    _refresh(connection, backend, into, len(keys))
    return len(keys)


def _refresh(connection: Connection, backend: Backend, table: str, rows: int) -> None:
    if rows >= _MANY_ROWS:
        backend.refresh(connection, table)
