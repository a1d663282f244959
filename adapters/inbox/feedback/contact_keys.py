"""Contact of an outcome, found by the names that the outcome gives.

It is found by its decision, by its contact id, or by customer, message and channel. A decision has a reservation before any outcome of its
contact can arrive, so an outcome under whatever names leads to the decision where there is one; its contact then has the decision's id.
Contacts that Otokui did not decide have the id that the send engine gives. Only an outcome without either needs the sending to be known
first, and waits for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, text

from adapters.inbox.feedback.stored_outcomes import ContactName, StoredOutcome
from adapters.ledger.storage.database import Backend
from otokui.domain import DAY
from otokui.events.feedback import ContactOutcome

MOST_DAYS: Final = 60
"""An outcome belongs to a sending at most so long before it."""

EARLY: Final = 3_600
"""Seconds by which clocks may differ: an outcome may be dated so long before the decision that led to its contact."""

_DECIDED = """
SELECT r.decision_id, r.customer_id, r.message_id, r.channel, r.reserved_at AS at FROM {ids} JOIN reservations AS r ON r.{column} = j.value
UNION
SELECT d.decision_id, d.customer_id, d.message_id, d.channel, d.as_of FROM {ids} JOIN decisions AS d ON d.{column} = j.value
WHERE d.message_id IS NOT NULL AND d.channel IS NOT NULL AND d.status = 'contact'
"""
_SENT = """
SELECT k.contact_id, k.customer_id, k.message_id, k.channel, k.decision_id, k.sent_at AS at
FROM {ids} JOIN contacts AS k ON k.{column} = j.value
"""
_LINKED = """
SELECT f.contact_id AS linked, f.placed_as AS contact_id, f.customer_id, f.message_id, f.channel, f.decision_id
FROM {ids} JOIN feedback AS f ON f.contact_id = j.value WHERE f.placed_as IS NOT NULL
"""


@dataclass(slots=True)
class KnownContacts:
    """Decisions and contacts on record that outcomes of one call may belong to."""

    by_decision: dict[str, ContactName] = field(default_factory=dict)
    by_contact: dict[str, ContactName] = field(default_factory=dict)
    decided: dict[tuple[str, str, str], list[tuple[int, ContactName]]] = field(default_factory=dict)
    sent: dict[tuple[str, str, str], list[tuple[int, ContactName]]] = field(default_factory=dict)

    def name_of(self, one: StoredOutcome) -> ContactName | None:
        """Return the contact of an outcome, None if it must wait."""
        if one.decision_id is not None and one.decision_id in self.by_decision:
            return self.by_decision[one.decision_id]
        named = self.by_contact.get(one.contact_id or "")
        if named is not None and one.customer_id in (None, named.customer_id):
            return named
        if one.customer_id is None or one.message_id is None or one.channel is None:
            return None
        key = (one.customer_id, one.message_id, one.channel)
        decided = _latest(self.decided.get(key, ()), one.occurred_at + EARLY)
        if decided is not None and one.decision_id is None:
            return decided
        own = one.contact_id or one.decision_id
        if own is None:
            sent = _latest(self.sent.get(key, ()), one.occurred_at)
            if sent is not None and (one.outcome is not ContactOutcome.SENT or self._is_same_sending(key, one)):
                return sent
            if one.outcome is not ContactOutcome.SENT:
                return None
            own = hashlib.blake2b("\x1f".join((*key, str(one.occurred_at))).encode(), digest_size=16).hexdigest()
        return ContactName(own, *key, one.decision_id)

    def remember(self, one: StoredOutcome, name: ContactName) -> None:
        """Let further outcomes find a contact that an outcome of this call named."""
        if one.contact_id is not None:
            self.by_contact.setdefault(one.contact_id, name)
        if one.outcome is ContactOutcome.SENT:
            self.sent.setdefault((name.customer_id, name.message_id, name.channel), []).append((one.occurred_at, name))

    def _is_same_sending(self, key: tuple[str, str, str], one: StoredOutcome) -> bool:
        return any(at == one.occurred_at for at, _ in self.sent.get(key, ()))


def look_up(connection: Connection, backend: Backend, outcomes: Sequence[StoredOutcome]) -> KnownContacts:
    """Return what is on record for these outcomes."""
    known = KnownContacts()
    decision_ids = sorted({one.decision_id for one in outcomes if one.decision_id is not None})
    customer_ids = sorted({one.customer_id for one in outcomes if one.customer_id is not None})
    contact_ids = sorted({one.contact_id for one in outcomes if one.contact_id is not None})
    for column, values in (("decision_id", decision_ids), ("customer_id", customer_ids)):
        for row in connection.execute(text(_DECIDED.format(ids=backend.ids, column=column)), {"ids": backend.bind(values)}):
            name = ContactName(row.decision_id, row.customer_id, row.message_id, row.channel, row.decision_id)
            known.by_decision[row.decision_id] = name
            known.decided.setdefault((row.customer_id, row.message_id, row.channel), []).append((row.at, name))
    for column, values in (("customer_id", customer_ids), ("contact_id", contact_ids)):
        for row in connection.execute(text(_SENT.format(ids=backend.ids, column=column)), {"ids": backend.bind(values)}):
            name = ContactName(row.contact_id, row.customer_id, row.message_id, row.channel, row.decision_id)
            known.by_contact[row.contact_id] = name
            known.sent.setdefault((row.customer_id, row.message_id, row.channel), []).append((row.at, name))
    for row in connection.execute(text(_LINKED.format(ids=backend.ids)), {"ids": backend.bind(contact_ids)}):
        known.by_contact[row.linked] = ContactName(row.contact_id, row.customer_id, row.message_id, row.channel, row.decision_id)
    return known


def _latest(candidates: Sequence[tuple[int, ContactName]], before: int) -> ContactName | None:
    """Return the last contact at or before an instant, if it is not too long ago."""
    fit = [(at, name) for at, name in candidates if before - MOST_DAYS * DAY <= at <= before]
    return max(fit, key=lambda each: (each[0], each[1].contact_id))[1] if fit else None
