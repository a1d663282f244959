"""Feedback in the ledger's database; implements ``otokui.ports.feedback_store.FeedbackStore``.

One transaction stores a call's outcomes, folds each contact they belong to from all that is stored of it, and hands its row to the inbox,
which brings it into the contact state and, at night, into the records. Consents, refusals and freed reservations are in the same
transaction: what was answered is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from adapters.inbox.entry_checks import refused
from adapters.inbox.feedback import channel_counts, contact_effects, stored_outcomes
from adapters.inbox.feedback.contact_keys import KnownContacts, look_up
from adapters.inbox.feedback.item_checks import named_well, refusals_of_items, unnamed
from adapters.inbox.feedback.stored_outcomes import ContactName, StoredOutcome, key_of, outcome_of
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger
from adapters.ledger.storage.database import reading, writing
from otokui.domain import Instant
from otokui.events.feedback import ContactOutcome, Feedback, FeedbackItem
from otokui.events.rows import digest_of
from otokui.ports.feedback_store import ChannelCount
from otokui.ports.identities import ERASED
from otokui.ports.inbox import ItemResult, ItemStatus

_LOCK: Final = "feedback"
_ACCEPTED: Final = ItemResult(ItemStatus.ACCEPTED)
_DUPLICATE: Final = ItemResult(ItemStatus.DUPLICATE)
_CONFLICT: Final = "same_id_other_body"


class LedgerFeedback:
    """Store of feedback; safe for several threads and processes."""

    def __init__(self, ledger: SqlLedger, inbox: LedgerInbox) -> None:
        self._engine, self._backend = ledger.database
        self._vault, self._inbox = ledger.vault, inbox

    def take(self, items: Sequence[FeedbackItem], received_at: Instant) -> list[ItemResult]:
        """Store items and apply what they say; return one result per item, in order.

        Raises:
            Unavailable: nothing was stored.
            BadInput: the database cannot store a value; nothing was stored.
        """
        if not items:
            return []
        with writing(self._engine) as connection:
            # One feedback call at a time: a contact is folded from all of its outcomes.
            self._backend.lock_request(connection, _LOCK)
            results, digests = self._counted_once(connection, items)
            results = [
                refused("not_an_id", "contacts") if result is _ACCEPTED and not named_well(item) else result
                for item, result in zip(items, results, strict=True)
            ]
            told = {
                at: outcome_of(item, digests[at], received_at)
                for at, item in enumerate(items)
                if isinstance(item, Feedback) and results[at] is _ACCEPTED
            }
            known = look_up(connection, self._backend, list(told.values()))
            _place(known, list(told.values()))
            self._refuse(connection, told, results, received_at)
            accepted = [one for at, one in told.items() if results[at].status is ItemStatus.ACCEPTED]
            stored_outcomes.append(connection, self._backend, accepted, received_at)
            late = self._placed_late(connection, accepted)
            contact_effects.apply(connection, self._backend, self._inbox, accepted, late, received_at)
            counts = [item for at, item in enumerate(items) if not isinstance(item, Feedback) and results[at] is _ACCEPTED]
            channel_counts.replace(connection, self._backend, counts, received_at)
        return results

    def channel_counts(self, since: str, until: str) -> list[ChannelCount]:
        """Return the counts of days in ``[since, until)``, sorted."""
        with reading(self._engine) as connection:
            return channel_counts.read(connection, since, until)

    def _counted_once(self, connection: Connection, items: Sequence[FeedbackItem]) -> tuple[list[ItemResult], list[str]]:
        """Return what is known of each item by its key, and its digest."""
        digests = [digest_of(item) for item in items]
        keys = [key_of(item.source, item.event_id) for item in items]
        known = stored_outcomes.digests(connection, self._backend, keys) | channel_counts.digests(connection, self._backend, keys)
        results = []
        for key, digest in zip(keys, digests, strict=True):
            results.append(_ACCEPTED if key not in known else _DUPLICATE if known[key] == digest else refused(_CONFLICT, ""))
            known.setdefault(key, digest)
        return results, digests

    def _refuse(self, connection: Connection, told: dict[int, StoredOutcome], results: list[ItemResult], received_at: Instant) -> None:
        """Set the results of outcomes that name no contact, break a rule, or are about an erased customer."""
        customers = {one.customer_id for one in told.values() if one.customer_id is not None}
        customers |= {one.placed.customer_id for one in told.values() if one.placed is not None}
        erased = self._vault.erased(connection, self._backend, sorted(customers))
        broken = refusals_of_items(self._inbox, told, received_at)
        for at, one in told.items():
            customer_id = one.customer_id if one.placed is None else one.placed.customer_id
            if customer_id in erased:
                results[at] = refused(ERASED, "contacts")
            elif at in broken:
                results[at] = broken[at]
            elif one.placed is None and (why := unnamed(one)) is not None:
                results[at] = why

    def _placed_late(self, connection: Connection, accepted: Sequence[StoredOutcome]) -> list[StoredOutcome]:
        """Place outcomes that waited for what these outcomes name; return them."""
        placed = [one for one in accepted if one.placed is not None]
        customers = sorted({one.placed.customer_id for one in placed if one.placed is not None})
        contacts = sorted({one.contact_id for one in placed if one.contact_id is not None})
        waiting = stored_outcomes.waiting(connection, self._backend, customers, contacts)
        if not waiting:
            return []
        known = look_up(connection, self._backend, [*waiting, *placed])
        for one in placed:
            if one.placed is not None:
                known.remember(one, one.placed)
        _place(known, waiting)
        late = [one for one in waiting if one.placed is not None]
        stored_outcomes.place(connection, late)
        return late


def _place(known: KnownContacts, outcomes: Sequence[StoredOutcome]) -> None:
    """Find the contact of each outcome; a sending comes before what became of it."""
    for one in sorted(outcomes, key=lambda each: (each.contact_id is None, each.outcome is not ContactOutcome.SENT, each.occurred_at)):
        name: ContactName | None = known.name_of(one)
        if name is not None:
            one.placed = name
            known.remember(one, name)
    for one in outcomes:
        if one.placed is None and (name := known.name_of(one)) is not None:
            one.placed = name
