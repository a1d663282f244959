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

from decisions import permits
from decisions.grid import Grid
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


def taken_from_later(looked_at: Grid, of_late: Floats) -> Floats:
    """Return what a contact of today takes from those to come, (n,) money; of_late: (n,) contacts.

    What could be sent is what the customer is meant for and can be reached with, caps aside, for they lapse; dear channels
    are too seldom used to count.
    """
    policy, value = looked_at.policy, looked_at.value
    reached = permits.consented(looked_at) & permits.not_blacklisted(looked_at) & permits.channel_enabled(looked_at)
    could = looked_at.eligible.take(policy.candidates.message, axis=1)
    could &= reached.take(policy.candidates.channel, axis=1)
    could &= (value > 0.0) & (value < np.inf)
    could[:, policy.dear] = False
    best = np.where(could, value, 0.0).max(axis=1, initial=0.0)
    taken: Floats = (1.0 - rested(of_late, policy.limits.wear_out)) * best
    return taken
