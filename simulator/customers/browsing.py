"""Browsing of customers: spells of interest before a purchase, and idle visits.

A spell begins by chance, more often with customers who buy more, and lifts the rate of buying while it lasts; outside of spells the rate
is lower, so that the mean is the customer's own (clickstreams foreshadow purchases: Moe and Fader, Management Science 2004). Everybody
also looks around without meaning anything by it, window shoppers most of all.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simulator.chance import Chance
from simulator.customers.customer_state import SimulatedState
from simulator.customers.people import People
from simulator.sends import Floats, Ints
from simulator.settings.world_settings import WorldSettings

MOST_SPELLS: Final = 0.2
VIEW, SEARCH, CART, FAVOURITE, APP, PAGE, ENQUIRY, STORE = range(8)
TYPES: Final = ("product_view", "search", "cart_add", "favourite", "app_open", "page_view", "enquiry", "store_visit")
_MEANT: Final = (0.55, 0.12, 0.0, 0.08, 0.1, 0.15)
_IDLE: Final = (0.45, 0.12, 0.02, 0.04, 0.15, 0.22)


def begin_spells(settings: WorldSettings, people: People, state: SimulatedState, chance: Chance, day: int) -> None:
    """Let spells of interest begin; a spell lasts one day or a few."""
    looking = settings.browsing
    everybody = np.arange(len(people))
    starts = spell_rate(settings, people) > chance.uniform("interest", everybody, day)
    starts &= state.alive & (state.interest_until < day)
    who = np.flatnonzero(starts)
    state.interest_until[who] = day + chance.below("interest length", who, looking.interest_days, day)


def spell_rate(settings: WorldSettings, people: People, who: Ints | slice = slice(None)) -> Floats:
    """Return the chance a day that a spell begins, (k,); window shoppers have none."""
    rate: Floats = np.minimum(settings.browsing.interest_per_purchase * people.rate[who], MOST_SPELLS)
    return rate * ~people.window_shopper[who]


def interest(settings: WorldSettings, people: People, state: SimulatedState, day: int, who: Ints | slice = slice(None)) -> Floats:
    """Return what multiplies the rate of buying today, (k,); its mean over time is one."""
    looking = settings.browsing
    days = spell_rate(settings, people, who) * (looking.interest_days + 1) / 2
    share = days / (1.0 + days)
    outside = 1.0 / (1.0 - share + share * looking.interest_lift)
    return np.where(state.interest_until[who] >= day, outside * looking.interest_lift, outside)


def visits(settings: WorldSettings, people: People, state: SimulatedState, chance: Chance, day: int) -> tuple[Ints, Ints, Ints]:
    """Return today's visits as (customer, type, part), carts noted in the state.

    part: the number of the visit of the customer today.
    """
    looking = settings.browsing
    everybody = np.arange(len(people))
    in_spell = state.interest_until >= day
    rate = np.where(people.window_shopper, looking.window_shopper_rate, looking.idle_rate)
    rate = np.where(in_spell, looking.views_per_day, rate) * (state.alive | (chance.uniform("ghost", everybody) < 0.05))
    rate *= people.arrival_day <= day
    # Poisson by inversion for small rates: one visit, then more with the odds of what is left of the draw.
    u = chance.uniform("visit", everybody, day)
    count = np.zeros(len(people), dtype=np.int64)
    term = np.exp(-rate)
    below = term.copy()
    for k in range(1, 5):
        count += u > below
        term = term * rate / k
        below += term
    who = np.repeat(everybody, count)
    part = np.arange(len(who)) - np.repeat(np.cumsum(count) - count, count)
    meant = in_spell[who]
    kind = np.where(
        meant,
        chance.choice("visit type", who, _MEANT, day, part),
        chance.choice("visit type", who, _IDLE, day, part),
    )
    kind[meant & (chance.uniform("cart", who, day, part) < looking.cart_share)] = CART
    state.cart_day[who[(kind == CART) & meant]] = day
    return who, kind, part
