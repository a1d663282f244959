"""Purchases of the day: a rate for every customer, and one draw against it.

In days a Pareto/NBD is a chance of 1 - exp(-rate) a day while the customer is alive (a discrete-time hazard). Season,
payday, temperament, rhythm, interest and what contacts left behind multiply the rate; the pull of contacts is a second,
separate chance, so that what a customer buys anyway is the same in every twin world.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.domain import DAY
from simulator.customers.active_hours import seconds_of_day
from simulator.customers.browsing import interest
from simulator.customers.purchase_gaps import rhythm
from simulator.morning import Morning
from simulator.sends import Flags, Floats, Ints

MOMENT: Final = 120
"""Seconds that reading and ordering take at least."""


def natural_rate(world: Morning, who: Ints | slice = slice(None)) -> Floats:
    """Return purchases a day without the pull of contacts, (k,), for living customers."""
    people, state, day = world.people, world.state, world.day
    lift = world.lift[people.category[who], people.temperament[who]]
    weekly = world.settings.purchasing.weekend_strength
    habit = 1.0 + weekly * (2.5 if world.weekend else -1.0) * people.lives_weekends[who]
    past = rhythm(world.settings, people, state, day, who) * state.bond[who] * (1.0 - state.shun[who])
    rate: Floats = people.rate[who] * lift * habit * past * interest(world.settings, people, state, day, who)
    return rate


def buyers(world: Morning, acts: Floats) -> tuple[Ints, Ints, Flags]:
    """Return who buys today, at which UTC second, and whether only because of a contact.

    acts: (n,) second of the day from which somebody who saw a contact today may act on it.
    """
    state, day, chance, people = world.state, world.day, world.chance, world.people
    everybody = np.arange(len(people))
    comes = (people.arrival_day == day) & ~people.prospect
    there = state.alive & (people.arrival_day < day)
    by_itself = there & (chance.uniform("buy", everybody, day) < -np.expm1(-natural_rate(world)))
    moved = np.flatnonzero(there & ~by_itself & (state.pull > 0.0))
    pulled = moved[chance.uniform("pulled", moved, day) < -np.expm1(-state.pull[moved].astype(np.float64))]
    who = np.concatenate([np.flatnonzero(comes | by_itself), pulled])
    caused = np.zeros(len(who), dtype=np.bool_)
    caused[len(who) - len(pulled) :] = True
    second = seconds_of_day(people, who, world.weekend, chance, "purchase", day)
    begin = np.minimum(acts[pulled] + MOMENT, DAY - 2)
    soon = begin + chance.uniform("how soon", pulled, day) * (DAY - 1 - begin)
    second[len(who) - len(pulled) :] = np.where(acts[pulled] > 0, soon, second[len(who) - len(pulled) :])
    order = np.argsort(who, kind="stable")
    return who[order], world.calendar.midnight(day) + second[order], caused[order]
