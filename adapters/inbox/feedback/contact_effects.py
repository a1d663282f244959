"""Effects of outcomes, within the transaction that stores them.

The contact's row goes into the inbox, which brings it into the contact state: caps count it, its reservation is dispatched, its refusals
close the channel. An unsubscribe is also a consent change with its time. What was not sent frees its reservation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from adapters.inbox.feedback import stored_outcomes
from adapters.inbox.feedback.stored_outcomes import ContactName, StoredOutcome, key_of
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import channel_closures
from adapters.ledger.storage.database import Backend
from otokui.domain import Instant
from otokui.events.contact_fold import NOT_SENT, contact_columns
from otokui.events.feedback import ContactOutcome
from otokui.events.rows import Row
from otokui.ports.inbox import InboxEntry

_SOURCE: Final = "feedback"
_EVERY_CHANNEL: Final = "all"
_KINDS: Final = {ContactOutcome.UNSUBSCRIBED: channel_closures.LEFT, ContactOutcome.COMPLAINED: channel_closures.COMPLAINT}
_FREED: Final = "UPDATE reservations SET valid_until = {least}(valid_until, :at) WHERE decision_id = :decision_id"
_CHANCES: Final = "SELECT d.decision_id, d.propensity FROM {ids} JOIN decisions AS d ON d.decision_id = j.value"


def apply(
    connection: Connection,
    backend: Backend,
    inbox: LedgerInbox,
    accepted: Sequence[StoredOutcome],
    late: Sequence[StoredOutcome],
    received_at: Instant,
) -> None:
    """Apply outcomes that are stored; ``late`` ones waited until now."""
    contacts = sorted({one.placed for one in chain(accepted, late) if one.placed is not None}, key=lambda name: name.contact_id)
    rows = _contact_rows(connection, backend, contacts)
    entries = [_entry({"contacts": [row]}) for row in rows]
    entries += [_entry({"consents": [row]}) for one in accepted if (row := _consent(one)) is not None]
    inbox.store(connection, inbox.check(entries, received_at), received_at)
    channel_closures.add(connection, backend, [refusal for one in chain(accepted, late) if (refusal := _refusal(one)) is not None])
    freed = [
        {"decision_id": one.placed.decision_id, "at": one.occurred_at}
        for one in chain(accepted, late)
        if one.outcome in NOT_SENT and one.placed is not None and one.placed.decision_id is not None
    ]
    if freed:
        connection.execute(text(_FREED.format(least=backend.least)), freed)


def _contact_rows(connection: Connection, backend: Backend, contacts: Sequence[ContactName]) -> list[Row]:
    """Return the row of each contact, folded from all of its outcomes."""
    decided = [name.decision_id for name in contacts if name.decision_id is not None]
    query = text(_CHANCES.format(ids=backend.ids))
    chances = {row.decision_id: row.propensity for row in connection.execute(query, {"ids": backend.bind(decided)})}
    rows = []
    for name, outcomes in stored_outcomes.of_contacts(connection, backend, contacts).items():
        columns = contact_columns([one.said for one in outcomes])
        if not columns:
            continue
        row: Row = {key: _moment(value) if key.endswith("_at") else value for key, value in columns.items()}
        row |= {"contact_id": name.contact_id, "customer_id": name.customer_id, "message_id": name.message_id, "channel": name.channel}
        if name.decision_id is not None:
            row["decision_id"] = name.decision_id
        if chances.get(name.decision_id or "") is not None:
            row |= {"action_probability": chances[name.decision_id or ""], "group": "treatment"}
        rows.append(row)
    return rows


def _consent(one: StoredOutcome) -> Row | None:
    """Return the consent change of an unsubscribe; over every channel where the channel is not known."""
    customer_id, channel = _whom(one)
    if one.outcome is not ContactOutcome.UNSUBSCRIBED or customer_id is None:
        return None
    return {"customer_id": customer_id, "channel": channel or _EVERY_CHANNEL, "opted_in": False, "changed_at": _moment(one.occurred_at)}


def _refusal(one: StoredOutcome) -> tuple[str, str, int, str, int] | None:
    """Return customer, channel, kind, contact and time of a refusal.

    It is told apart from the contact's row, which holds one time of each: of several complaints the last must count as well.
    """
    customer_id, channel = _whom(one)
    kind = _KINDS.get(one.outcome)
    if one.outcome is ContactOutcome.BOUNCED:
        kind = channel_closures.HARD_BOUNCE if one.said.hard else channel_closures.SOFT_BOUNCE
    if kind is None or customer_id is None or (kind == channel_closures.SOFT_BOUNCE and one.placed is None):
        return None
    return customer_id, channel or "", kind, one.key if one.placed is None else one.placed.contact_id, one.occurred_at


def _whom(one: StoredOutcome) -> tuple[str | None, str | None]:
    return (one.customer_id, one.channel) if one.placed is None else (one.placed.customer_id, one.placed.channel)


def _entry(rows: dict[str, list[Row]]) -> InboxEntry:
    digest = key_of(_SOURCE, msgspec.json.encode(rows, order="deterministic").decode())
    return InboxEntry(_SOURCE, digest, digest, rows)


def _moment(at: Any) -> datetime:
    return datetime.fromtimestamp(at, UTC)
