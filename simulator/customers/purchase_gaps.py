"""Purchase gaps: regular clocks, satiation and the F2 wall after a purchase.

The regular buy by a clock, as families buy diapers: their hazard rises steeply when the usual gap has passed (a steep
hazard is what Erlang gaps give: Herniter 1971; Platzer and Reutterer, Marketing Science 2016, show that shops have
both kinds). For everybody else a purchase satisfies for a while. Both pull the future forward: who buys earlier because of
a contact buys less soon after. At the F2 wall most who bought once are not convinced, and hardly buy until something
brings them to a second purchase.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from simulator.customers.customer_state import SimulatedState
from simulator.customers.people import People, Reals
from simulator.sends import Ints
from simulator.settings.world_settings import WorldSettings

DUE_AT, DUE_WIDTH = 0.85, 0.12
EARLY, DUE = 0.1, 2.2
TIRED_AT: Final = 2.5
"""Regular customers who are this many gaps late are no longer due."""


def rhythm(settings: WorldSettings, people: People, state: SimulatedState, day: int | Ints, who: Ints | slice = slice(None)) -> Reals:
    """Return what multiplies the rate of buying because of past purchases, (k,)."""
    days = (day - state.last_purchase[who]).astype(np.float32)
    buying = settings.purchasing
    factor = 1.0 - buying.satiation * np.exp(-days / np.float32(buying.satiation_days))
    regular = people.regular[who]
    factor[regular] = clock(overdue(people, state, day, who)[regular])
    factor[state.purchases[who] == 0] = settings.wall.unconvinced_rate
    at_wall = (state.purchases[who] == 1) & people.unconvinced[who]
    factor[at_wall] *= settings.wall.unconvinced_rate
    return np.asarray(factor, dtype=np.float32)


def overdue(people: People, state: SimulatedState, day: int | Ints, who: Ints | slice = slice(None)) -> Reals:
    """Return recency in the customer's own purchase gaps, (k,); 1 = due."""
    return np.asarray((day - state.last_purchase[who]) * people.rate[who], dtype=np.float32)


def clock(gaps: Any) -> Any:
    """Return the factor on a regular customer's purchase rate by elapsed gaps."""
    with np.errstate(over="ignore"):
        rising = EARLY + DUE / (1.0 + np.exp(-(gaps - DUE_AT) / DUE_WIDTH))
    return np.where(gaps > TIRED_AT, 0.5, rising)
