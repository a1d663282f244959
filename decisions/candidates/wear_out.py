"""How contacts wear out: those of late take from what the next one adds, and one of today takes from those to come.

What a contact adds falls with what was sent before it and comes back with time (advertising wear-out: Naik, Mantrala and
Sawyer, Marketing Science 1998). After ``p`` contacts of late, an older one counting for less, it adds ``1 / (1 + w p)`` of
what it adds for the rested. A contact of today so takes from all those to come in which it is still felt: sent to at the pace
of late, which keeps ``p`` where it is, a customer loses ``w p / (1 + w p)`` of what one of them brings (the derivative of the
above, summed over them). That share of the best that could be sent to a customer is what any contact has to bring besides.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.frames import Batch, ContactState, Floats

OF_LATE: Final = "sent_decay_14"
"""The column that counts contacts of late, halving every ``HALF_LIFE_DAYS``."""
HALF_LIFE_DAYS: Final = 14


def pressure(vectors: Batch, state: ContactState, period_days: float) -> Floats:
    """Return the contacts of late of each of ``n`` customers, (n,): those of the summaries, or of the ledger where it knows of more.

    period_days: the rolling period of ``state.contacts_in_period``, all of which are taken to be as old as it is.
    """
    counted: Floats = 0.5 ** (period_days / HALF_LIFE_DAYS) * np.maximum(state.contacts_in_period, 0)
    if OF_LATE not in vectors.names:
        return counted
    summarised = vectors.column(OF_LATE)
    known: Floats = np.maximum(np.where(np.isfinite(summarised), summarised, 0.0), counted)
    return known


def rested(of_late: Floats, wear_out: float) -> Floats:
    """Return the share of what a contact adds that is left after ``of_late`` contacts, (n,), 1 = nothing was sent."""
    left: Floats = 1.0 / (1.0 + wear_out * of_late)
    return left
