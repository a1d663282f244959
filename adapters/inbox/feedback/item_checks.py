"""Checks of feedback items by the rules of the table `contacts`.

The rows of a file are checked by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from adapters.inbox.entry_checks import refused
from adapters.inbox.feedback.stored_outcomes import StoredOutcome
from adapters.inbox.ledger_inbox import LedgerInbox
from otokui.domain import Instant
from otokui.events.feedback import Feedback, FeedbackItem
from otokui.events.rows import Row
from otokui.identity.ids import is_canonical
from otokui.ports.inbox import InboxEntry, ItemResult, ItemStatus

_UNNAMED: Final = "unnamed"
"""Stands for a name that an outcome does not say, in its check alone."""


def named_well(item: FeedbackItem) -> bool:
    """Return whether every name of an item is a canonical id.

    Only a canonical id may be looked up.
    """
    if not isinstance(item, Feedback):
        return is_canonical(item.message_id) and is_canonical(item.channel)
    names = (item.customer_id, item.contact_id, item.decision_id, item.message_id, item.channel)
    return all(name is None or is_canonical(name) for name in names)


def refusals_of_items(inbox: LedgerInbox, told: Mapping[int, StoredOutcome], received_at: Instant) -> dict[int, ItemResult]:
    """Return by position the results of outcomes that break a rule.

    The rules: an id that is none, personal data, a time that cannot be.
    """
    checked = inbox.check([_entry(one) for one in told.values()], received_at)
    out: dict[int, ItemResult] = {}
    for at, one in zip(told, checked, strict=True):
        if one.refusal is not None:
            out[at] = one.refusal
        elif "contacts" not in one.rows and one.doubt is None:
            out[at] = refused("not_an_id", "contacts")
        elif "contacts" not in one.rows:
            assert one.doubt is not None
            out[at] = ItemResult(ItemStatus.REFUSED, one.doubt.rule, one.doubt.column, one.doubt.detail, one.doubt.fix)
    return out


def unnamed(one: StoredOutcome) -> ItemResult | None:
    """Return why an outcome without a contact is refused, None if it waits for one."""
    if one.decision_id is not None and one.customer_id is None:
        return refused("unknown_decision", "contacts", "decision_id")
    if one.contact_id is None and (one.customer_id is None or one.message_id is None or one.channel is None):
        return refused("unnamed_contact", "contacts")
    return None


def _entry(one: StoredOutcome) -> InboxEntry:
    name = one.placed
    at = datetime.fromtimestamp(one.occurred_at, UTC)
    row: Row = {
        "contact_id": (name.contact_id if name is not None else None) or one.contact_id or one.decision_id or _UNNAMED,
        "customer_id": (name.customer_id if name is not None else None) or one.customer_id or _UNNAMED,
        "message_id": (name.message_id if name is not None else None) or one.message_id or _UNNAMED,
        "channel": (name.channel if name is not None else None) or one.channel or _UNNAMED,
        "sent_at": at,
    }
    if one.decision_id is not None:
        row["decision_id"] = one.decision_id
    if one.amount is not None:
        row |= {"converted_at": at, "converted_amount": one.amount}
    return InboxEntry("feedback", one.key, one.digest, {"contacts": [row]})
