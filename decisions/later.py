"""What a contact of today takes from those to come: a share of the best that could be sent (``decisions.wear`` says which)."""

from __future__ import annotations

import numpy as np

from decisions import permits
from decisions.grid import Grid
from decisions.wear import rested
from otokui.frames import Floats


def taken_from_later(looked_at: Grid, of_late: Floats) -> Floats:
    """Return what a contact of today takes from those to come, (n,) money; of_late: (n,) contacts.

    What could be sent is what the customer is meant for and can be reached with, caps aside, for they lapse; dear channels
    are too seldom used to count.
    """
    policy, value = looked_at.policy, looked_at.value
    reached = permits.nothing_refused(looked_at) & permits.channel_enabled(looked_at)
    could = looked_at.eligible.take(policy.candidates.message, axis=1)
    could &= reached.take(policy.candidates.channel, axis=1)
    could &= (value > 0.0) & (value < np.inf)
    could[:, policy.dear] = False
    best = np.where(could, value, 0.0).max(axis=1, initial=0.0)
    taken: Floats = (1.0 - rested(of_late, policy.limits.wear_out)) * best
    return taken
