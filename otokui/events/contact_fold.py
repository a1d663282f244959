"""Fold of the outcomes of one contact into its row of the table `contacts`.

The fold depends on the set of outcomes alone, so the order of their arrival cannot matter. The earliest delivery, opening, click and
conversion count, and the last refusal, since only a consent after it may end it. A person's opening counts before a machine's; a click by
a machine is no click. Whatever implies that a message went out makes a contact, whether or not its sending was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from otokui.events.feedback import ContactOutcome

NOT_SENT: Final = frozenset({ContactOutcome.NOT_SENT, ContactOutcome.DROPPED, ContactOutcome.FAILED})
"""Outcomes that say that nothing went out; another outcome of the contact says the contrary and counts more."""


@dataclass(frozen=True, slots=True)
class OutcomeOfContact:
    """Outcome of one contact, at epoch seconds."""

    outcome: ContactOutcome
    occurred_at: int
    machine: bool = False
    bounce_type: str | None = None
    amount: float | None = None

    @property
    def hard(self) -> bool:
        """Whether it is a bounce that closes the channel; an unknown type counts as hard."""
        return self.outcome is ContactOutcome.BOUNCED and self.bounce_type != "soft"


def contact_columns(outcomes: Sequence[OutcomeOfContact]) -> dict[str, Any]:
    """Return the columns of `contacts` that outcomes fill; empty if no message went out.

    Times are epoch seconds.

    >>> opened = OutcomeOfContact(ContactOutcome.OPENED, 30, machine=True)
    >>> contact_columns([opened, OutcomeOfContact(ContactOutcome.SENT, 10)])
    {'sent_at': 10, 'opened_at': 30, 'machine_open': True}
    """
    went_out = [one for one in outcomes if one.outcome not in NOT_SENT]
    if not went_out:
        return {}
    columns: dict[str, Any] = {"sent_at": min(one.occurred_at for one in went_out)}
    for outcome, column in ((ContactOutcome.DELIVERED, "delivered_at"), (ContactOutcome.CLICKED, "clicked_at")):
        if told := [one.occurred_at for one in _of(went_out, outcome) if not one.machine]:
            columns[column] = min(told)
    if opened := _of(went_out, ContactOutcome.OPENED):
        first = min(opened, key=lambda one: (one.machine, one.occurred_at))
        columns |= {"opened_at": first.occurred_at, "machine_open": first.machine}
    if bought := _of(went_out, ContactOutcome.CONVERTED):
        first = min(bought, key=lambda one: (one.occurred_at, -(-1.0 if one.amount is None else one.amount)))
        columns |= {"converted_at": first.occurred_at} | ({} if first.amount is None else {"converted_amount": first.amount})
    for outcome, column in ((ContactOutcome.UNSUBSCRIBED, "unsubscribed_at"), (ContactOutcome.COMPLAINED, "complained_at")):
        if told := [one.occurred_at for one in _of(went_out, outcome)]:
            columns[column] = max(told)
    if bounced := _of(went_out, ContactOutcome.BOUNCED):
        last = max(bounced, key=lambda one: (one.hard, one.occurred_at))
        columns |= {"bounced_at": last.occurred_at, "bounce_type": "hard" if last.hard else "soft"}
    return columns


def _of(outcomes: Sequence[OutcomeOfContact], outcome: ContactOutcome) -> list[OutcomeOfContact]:
    return [one for one in outcomes if one.outcome is outcome]
