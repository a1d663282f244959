"""From order to doorstep and back: delays, cancellations, returns.

All of it is drawn with the order, because the truth of a purchase's margin is needed at once; the shop's records come to
know it only when it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from otokui.domain import DAY, HOUR
from simulator.chance import Chance
from simulator.goods.baskets import Baskets
from simulator.records.journal import NO_TIME
from simulator.sends import Flags, Ints
from simulator.settings.world_settings import WorldSettings

EC, STORE, PHONE = 0, 1, 2
NAMES: Final = ("ec", "store", "phone")
LONGEST_REFLECTION: Final = 10
"""Days after delivery in which goods come back."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of today's orders; seconds are UTC, NO_TIME = does not happen. returned: per line, pieces."""

    place: Ints
    delivered_at: Ints
    cancelled_at: Ints
    returned: Ints
    returned_at: Ints

    @property
    def cancelled(self) -> Flags:
        """Which orders do not stand."""
        return np.asarray(self.cancelled_at != NO_TIME)


def fate(settings: WorldSettings, chance: Chance, day: int, buyers: Ints, ordered_at: Ints, baskets: Baskets) -> Fate:
    """Draw what becomes of the orders of these buyers."""
    way = settings.delivery
    place = chance.choice("place", buyers, (1 - way.store_share - way.phone_share, way.store_share, way.phone_share), day)
    days = way.shortest_days + chance.below("days to deliver", buyers, way.longest_days - way.shortest_days + 1, day)
    delayed = chance.uniform("delayed", buyers, day) < way.delayed_share
    days = days + np.where(delayed, 1 + chance.below("delay", buyers, way.delay_days, day), 0)
    minutes = chance.below("doorstep", buyers, 10 * HOUR, day)
    # Parcels come by day: so many days after the order, in the daytime hours that follow it.
    arrives = ordered_at + days * DAY + minutes
    in_store = place == STORE
    cancelled = ~in_store & (chance.uniform("cancelled", buyers, day) < way.cancelled_share)
    cancelled_at = np.where(cancelled, ordered_at + HOUR + minutes, NO_TIME)
    delivered_at = np.where(cancelled, NO_TIME, np.where(in_store, ordered_at, arrives))
    back = (chance.uniform("returned", buyers[baskets.order], day, baskets.product) < way.return_share) & ~cancelled[baskets.order]
    reflected = (1 + chance.below("reflection", buyers[baskets.order], LONGEST_REFLECTION, day, baskets.product)) * DAY
    returned_at = np.where(back, delivered_at[baskets.order] + reflected, NO_TIME)
    return Fate(place, delivered_at, cancelled_at, np.where(back, baskets.quantity, 0), returned_at)
