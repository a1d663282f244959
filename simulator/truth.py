"""What a contact would truly be worth: the oracle's view, for the best possible policy only."""

from __future__ import annotations

from simulator.sends import Floats, Ints
from simulator.world import World


def expected_value(world: World, customers: Ints, message: Ints, channel: Ints, hour: Ints, horizon_days: float = 180.0) -> Floats:
    """Return the expected incremental profit (money) of each of k contacts on the day about to be lived.

    customers, message, channel: (k,) indices as in Sends. hour: (k,) local hour of the day, 0 to 23.
    """
    raise NotImplementedError
