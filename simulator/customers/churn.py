"""How customers leave for good, and the enquiries that foreshadow it.

Leaving is the unseen dropout of the Pareto/NBD: a chance a day, the customer's own. Some leave without a word; others
enquire more and more in the weeks before, and can still be kept. Everybody enquires now and then without meaning to leave.
"""

from __future__ import annotations

import numpy as np

from simulator.chance import Chance
from simulator.customers.customer_state import NEVER, SimulatedState
from simulator.customers.people import People
from simulator.sends import Floats, Ints
from simulator.settings.world_settings import WorldSettings


def leave(settings: WorldSettings, people: People, state: SimulatedState, chance: Chance, day: int) -> int:
    """Let customers begin to leave and leave; return how many left."""
    everybody = np.arange(len(people))
    before = int(state.alive.sum())
    begins = state.alive & (state.leaves_on == NEVER)
    begins &= chance.uniform("leaving", everybody, day) < leaving_rate(people, state)
    who = np.flatnonzero(begins)
    with_omens = chance.uniform("omen", who) < settings.leaving.omen_share
    days = 1 + chance.below("omen days", who, settings.leaving.omen_days, day)
    state.leaves_on[who] = day + np.where(with_omens, settings.leaving.omen_days // 2 + days // 2 + 1, 0)
    state.omened[who] = with_omens
    state.alive &= (state.leaves_on > day) | (state.leaves_on == NEVER)
    return before - int(state.alive.sum())


def leaving_rate(people: People, state: SimulatedState, who: Ints | slice = slice(None)) -> Floats:
    """Return the chance a day to begin to leave, (k,); goodwill lowers it."""
    rate: Floats = people.leaving[who] * (1.0 - state.goodwill[who])
    return rate


def enquiries(settings: WorldSettings, people: People, state: SimulatedState, chance: Chance, day: int) -> Ints:
    """Return the customers who enquire today."""
    everybody = np.arange(len(people))
    late = (state.undelivered_until > day) & (day - state.last_purchase > settings.delivery.longest_days)
    rate = np.where(state.leaves_on > day, settings.leaving.omen_enquiry_rate, settings.leaving.enquiry_rate)
    rate = np.where(late, np.maximum(rate, 0.15), rate) * state.alive
    return np.flatnonzero(chance.uniform("enquiry", everybody, day) < rate)
