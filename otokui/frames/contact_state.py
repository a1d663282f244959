"""Contact state of customers from the ledger: consent, refusals, recent contacts, closed channels."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from otokui.frames.arrays import Bools, Floats, Ints, Tri

NOT_READ, BEHIND = -1, -2
"""Reasons of an unknown count of contacts: the ledger could not be read, or it lacks opt-outs on record."""

OPEN, NO_PLACE, NO_MONEY = 0, 1, 2
"""Whether a channel is open to a customer, or a reservation was refused for want of capacity or budget."""


UNSUBSCRIBED, COMPLAINED, BOUNCED, OPTED_OUT = 1, 2, 4, 8
"""Bits of the refusals that close a channel to a customer; OPTED_OUT is a consent that says no."""


@dataclass(frozen=True, slots=True)
class ContactState:
    """Contact state of ``n`` customers from the ledger: C channels, M messages.

    Channels and messages are in the order of the policy. All counts are of contacts sent or reserved before ``as_of``; -1 means that the
    count is not known. BEHIND in ``contacts_in_period`` means that the whole state is unknown, for the ledger lacks rows on record.
    """

    consented: Tri  # (n, C)
    blacklisted: Tri  # (n, C)
    contacts_in_period: Ints  # (n,) over all channels, in the policy's rolling period
    channel_contacts: Ints  # (n, C) in the channel's own period
    message_contacts: Ints  # (n, M) in the message's own period
    unanswered: Ints  # (n, M) sends of the message without response since the last purchase
    last_contact_at: Floats  # (n,) epoch seconds, NaN = never
    shut: Tri | None = None  # (n, C) OPEN, NO_PLACE, NO_MONEY or UNKNOWN; None = no reservation was refused
    refused: Tri | None = None  # (n, C) bits of the refusals that hold (UNSUBSCRIBED …), UNKNOWN = not known; None = no refusals
    spacing_from: Floats | None = None  # (n, C) instants between which a contact would be too near to another one,
    spacing_until: Floats | None = None  # (n, C) epoch seconds; NaN both = no other is near; None = for no customer

    def rows(self, index: slice | Ints | Bools) -> ContactState:
        """Return the contact state of some of the customers."""
        return ContactState(
            self.consented[index],
            self.blacklisted[index],
            self.contacts_in_period[index],
            self.channel_contacts[index],
            self.message_contacts[index],
            self.unanswered[index],
            self.last_contact_at[index],
            None if self.shut is None else self.shut[index],
            None if self.refused is None else self.refused[index],
            None if self.spacing_from is None else self.spacing_from[index],
            None if self.spacing_until is None else self.spacing_until[index],
        )

    def unknown_where(self, unknown: Bools) -> ContactState:
        """Return the contact state with these customers' unknown; they may not be contacted."""
        hidden = ContactState.unreadable(len(unknown), self.consented.shape[1], self.message_contacts.shape[1])
        changed = {}
        for column in fields(self):
            values, unread = getattr(self, column.name), getattr(hidden, column.name)
            if values is not None and unread is not None:
                changed[column.name] = np.where(unknown.reshape(-1, *[1] * (values.ndim - 1)), unread, values).astype(values.dtype)
        return replace(self, **changed)

    @classmethod
    def unreadable(cls, customers: int, channels: int, messages: int, why: int = NOT_READ) -> ContactState:
        """Return the unknown contact state, under which nobody may be contacted.

        why: NOT_READ or BEHIND.
        """
        return cls(
            np.full((customers, channels), -1, dtype=np.int8),
            np.full((customers, channels), -1, dtype=np.int8),
            np.full(customers, why, dtype=np.int64),
            np.full((customers, channels), -1, dtype=np.int64),
            np.full((customers, messages), -1, dtype=np.int64),
            np.full((customers, messages), -1, dtype=np.int64),
            np.full(customers, np.nan),
            refused=np.full((customers, channels), -1, dtype=np.int8),
        )
