"""Wear-out of contacts: recent contacts reduce the uplift of the next one.

The uplift of a contact falls with earlier contacts and recovers with time (advertising wear-out: Naik, Mantrala and Sawyer, Marketing
Science 1998). After ``p`` recent contacts, older ones counting for less, it is ``1 / (1 + w p)`` of the uplift without any. So a contact
today reduces all later contacts for as long as it is felt: at the pace of recent contacts, which holds ``p`` constant, a customer loses
``w p / (1 + w p)`` of the worth of one contact (the derivative of the above, summed over later contacts). Every contact is charged that
share of the customer's best possible contact.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.frames import Batch, ContactState, Floats

RECENT_CONTACTS: Final = "sent_decay_14"
"""The column with the decayed count of recent contacts, halving every ``HALF_LIFE_DAYS``."""
HALF_LIFE_DAYS: Final = 14


def recent_contacts(vectors: Batch, state: ContactState, period_days: float) -> Floats:
    """Return the decayed count of recent contacts per customer, (n,).

    It is the summaries' count, or the ledger's where that is larger. period_days: the rolling period of ``state.contacts_in_period``; all
    of its contacts are taken to be that old.
    """
    counted: Floats = 0.5 ** (period_days / HALF_LIFE_DAYS) * np.maximum(state.contacts_in_period, 0)
    if RECENT_CONTACTS not in vectors.names:
        return counted
    summarised = vectors.column(RECENT_CONTACTS)
    known: Floats = np.maximum(np.where(np.isfinite(summarised), summarised, 0.0), counted)
    return known


def uplift_share_left(recent: Floats, wear_out: float) -> Floats:
    """Return the share of uplift left after recent contacts, (n,).

    1 = no recent contact.
    """
    left: Floats = 1.0 / (1.0 + wear_out * recent)
    return left
