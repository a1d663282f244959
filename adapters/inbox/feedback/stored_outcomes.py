"""Table of feedback in SQL: every outcome as it came, under its key.

Beside it stands the contact that it was placed with. Nothing of it is ever changed but the contact of an outcome that waited for one, so
that a contact's row can be folded from the whole set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.events.contact_fold import OutcomeOfContact
from otokui.events.feedback import ContactOutcome, Feedback

_TYPES: Final = {
    "feedback_key": "text", "body_digest": "text", "received_at": "bigint", "outcome": "text", "occurred_at": "bigint",
    "customer_id": "text",
    "contact_id": "text", "decision_id": "text", "message_id": "text", "channel": "text", "bounce_type": "text", "machine": "boolean",
    "amount": "double precision", "placed_as": "text",
}  # fmt: skip
_NAMES: Final = ("customer_id", "message_id", "channel", "decision_id")
_COLUMNS: Final = ", ".join(f"f.{name}" for name in _TYPES)


@dataclass(frozen=True, slots=True)
class ContactName:
    """Names of one contact in the ledger.

    They are its id, customer, message, channel, and the decision that led to it.
    """

    contact_id: str
    customer_id: str
    message_id: str
    channel: str
    decision_id: str | None = None


@dataclass(slots=True)
class StoredOutcome:
    """One outcome as stored; ``placed`` = its contact, None while it waits."""

    key: str
    digest: str
    outcome: ContactOutcome
    occurred_at: int
    customer_id: str | None
    contact_id: str | None
    decision_id: str | None
    message_id: str | None
    channel: str | None
    bounce_type: str | None = None
    machine: bool = False
    amount: float | None = None
    placed: ContactName | None = None

    @property
    def said(self) -> OutcomeOfContact:
        """The outcome without its names."""
        return OutcomeOfContact(self.outcome, self.occurred_at, self.machine, self.bounce_type, self.amount)


def outcome_of(item: Feedback, digest: str, received_at: Instant) -> StoredOutcome:
    """Return a feedback item as it is stored.

    An outcome that is dated after its arrival happened at its arrival.
    """
    return StoredOutcome(
        key_of(item.source, item.event_id),
        digest,
        item.outcome,
        min(int(item.occurred_at.timestamp()), int(received_at)),
        item.customer_id,
        item.contact_id,
        item.decision_id,
        item.message_id,
        item.channel,
        item.bounce_type,
        item.machine,
        None if item.amount is None else float(item.amount),
    )


def key_of(source: str, event_id: str, *more: str) -> str:
    """Return the key under which an item counts once."""
    return hashlib.blake2b("\x1f".join((source, event_id, *more)).encode("utf-8", "replace"), digest_size=16).hexdigest()


def digests(connection: Connection, backend: Backend, keys: Sequence[str]) -> dict[str, str]:
    """Return the digests of items that are stored, by key."""
    query = text(f"SELECT f.feedback_key, f.body_digest FROM {backend.ids} JOIN feedback AS f ON f.feedback_key = j.value")
    return {row.feedback_key: row.body_digest for row in connection.execute(query, {"ids": backend.bind(keys)})}


def append(connection: Connection, backend: Backend, outcomes: Sequence[StoredOutcome], received_at: Instant) -> None:
    """Append outcomes; their keys are new."""
    if not outcomes:
        return
    columns: dict[str, Sequence[Any]] = {
        "feedback_key": [one.key for one in outcomes],
        "body_digest": [one.digest for one in outcomes],
        "received_at": [int(received_at)] * len(outcomes),
        "outcome": [str(one.outcome) for one in outcomes],
        "placed_as": [None if one.placed is None else one.placed.contact_id for one in outcomes],
    }
    columns |= {name: [getattr(one.placed or one, name) for one in outcomes] for name in _NAMES}
    columns |= {name: [getattr(one, name) for one in outcomes] for name in _TYPES if name not in columns}
    backend.insert_many(connection, "feedback", {name: columns[name] for name in _TYPES}, _TYPES, "")


def place(connection: Connection, placed: Sequence[StoredOutcome]) -> None:
    """Record the contacts of outcomes that waited."""
    names = ", ".join(f"{name} = :{name}" for name in _NAMES)
    statement = text(f"UPDATE feedback SET placed_as = :placed, {names} WHERE feedback_key = :key")
    rows = [
        {name: getattr(one.placed, name) for name in _NAMES} | {"placed": one.placed.contact_id, "key": one.key}
        for one in placed
        if one.placed is not None
    ]
    if rows:
        connection.execute(statement, rows)


def waiting(connection: Connection, backend: Backend, customer_ids: Sequence[str], contact_ids: Sequence[str]) -> list[StoredOutcome]:
    """Return the outcomes that wait for a contact of these customers, or under these ids."""
    found: dict[str, StoredOutcome] = {}
    for column, values in (("customer_id", customer_ids), ("contact_id", contact_ids)):
        query = text(f"SELECT {_COLUMNS} FROM {backend.ids} JOIN feedback AS f ON f.{column} = j.value WHERE f.placed_as IS NULL")
        found |= {row["feedback_key"]: _outcome(row) for row in connection.execute(query, {"ids": backend.bind(values)}).mappings()}
    return [found[key] for key in sorted(found)]


def of_contacts(connection: Connection, backend: Backend, contacts: Collection[ContactName]) -> dict[ContactName, list[StoredOutcome]]:
    """Return every outcome of contacts."""
    named = {(contact.customer_id, contact.contact_id): contact for contact in contacts}
    query = text(f"SELECT {_COLUMNS} FROM {backend.ids} JOIN feedback AS f ON f.customer_id = j.value WHERE f.placed_as IS NOT NULL")
    rows = connection.execute(query, {"ids": backend.bind(sorted({contact.customer_id for contact in contacts}))}).mappings()
    out: dict[ContactName, list[StoredOutcome]] = {}
    for row in rows:
        contact = named.get((row["customer_id"], row["placed_as"]))
        if contact is not None:
            out.setdefault(contact, []).append(_outcome(row))
    return out


def _outcome(row: Any) -> StoredOutcome:
    return StoredOutcome(
        row["feedback_key"], row["body_digest"], ContactOutcome(row["outcome"]), row["occurred_at"], row["customer_id"], row["contact_id"],
        row["decision_id"], row["message_id"], row["channel"], row["bounce_type"], bool(row["machine"]), row["amount"],
    )  # fmt: skip
