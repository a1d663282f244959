"""Contact states of customers on record, also of those with unusable ids.

Of these nothing is known.

Records of builds that did not check ids may hold such customers. They are suppressed, and do not stop the run for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Protocol

import numpy as np

from otokui.domain import Instant
from otokui.frames import ContactState, Floats
from otokui.identity.ids import is_canonical


class ReadState(Protocol):
    """A ledger's question about customers."""

    def __call__(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None, /) -> ContactState:
        """Return what is on record before ``as_of``."""
        ...


def contact_state(read: ReadState, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None) -> ContactState:
    """Return contact states of the customers, unreadable for those with unusable ids.

    In their order.
    """
    usable = np.fromiter(map(is_canonical, customer_ids), np.bool_, len(customer_ids))
    if usable.all():
        return read(customer_ids, as_of, last_purchase_at)
    ids = [customer_id for customer_id, readable in zip(customer_ids, usable.tolist(), strict=True) if readable]
    known = read(ids, as_of, None if last_purchase_at is None else last_purchase_at[usable])
    whole = ContactState.unreadable(len(customer_ids), known.consented.shape[1], known.message_contacts.shape[1])
    for column in fields(whole):
        values = getattr(known, column.name)
        if values is not None:
            getattr(whole, column.name)[usable] = values
    return whole
