"""True value of a customer from today on, without any message.

Closed forms for the mean customer of given traits; seasons and the order of days are averaged over. Used by the oracle
only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from simulator.customers.browsing import interest
from simulator.customers.people import SALE
from simulator.customers.purchase_gaps import clock, overdue, rhythm
from simulator.morning import Morning
from simulator.sends import Flags, Floats, Ints

STEP, LONGEST = 0.02, 6.0


def basket_margin(world: Morning, who: Ints) -> Floats:
    """Return the expected margin of one purchase after cancellations and returns, (k,) money."""
    goods, way = world.settings.goods, world.settings.delivery
    price = goods.median_price * np.exp(goods.price_spread**2 / 2)
    reduced = np.take((0.6, 0.7, 2.6), world.people.temperament[who]) * goods.markdown_share
    share_in_sale = np.take((0.5, 0.55, 0.95), world.people.temperament[who])
    temper = world.settings.temper
    in_sale = np.full(len(who), temper.sale_days / temper.sale_every_days)
    lifted = world.people.temperament[who] == SALE
    of_sale = in_sale * temper.sale_lift
    in_sale = np.where(lifted, of_sale / (of_sale + (1 - in_sale) * temper.sale_lull), in_sale)
    if world.today.on_sale:
        in_sale = np.ones(len(who))
    off = goods.sale_discount * (in_sale * share_in_sale + (1 - in_sale) * np.minimum(reduced, 0.9))
    lines = 1.0 + (goods.lines_per_order - 1.0) * world.people.spend_level[who]
    pieces = 1.0 + 0.15 * (1.0 + goods.consumable_share)
    stands = (1.0 - way.cancelled_share * (1 - way.store_share)) * (1.0 - way.return_share)
    margin: Floats = price * lines * pieces * (1.0 - off - goods.cost_share) * stands
    return margin


def steady_rate(world: Morning, who: Ints) -> Floats:
    """Return purchases a day of a convinced customer in the long run, (k,), while alive."""
    people, buying = world.people, world.settings.purchasing
    rate = people.rate[who].astype(np.float64) * world.calendar.mean_lift()[people.temperament[who]] * world.state.bond[who]
    sated = rate / (1.0 + rate * buying.satiation * buying.satiation_days)
    return np.where(people.regular[who], people.rate[who] * world.state.bond[who] / _cycle()[0], sated)


def days_left(world: Morning, who: Ints, horizon_days: float) -> Floats:
    """Return expected days until leaving, at most the horizon, (k,).

    (1 - e^(-mu H)) / mu.
    """
    leaving = world.people.leaving[who].astype(np.float64)
    return -np.expm1(-leaving * horizon_days) / leaving


def worth(world: Morning, who: Ints, horizon_days: float) -> Floats:
    """Return the expected margin of a convinced, living customer over the horizon, (k,) money."""
    return basket_margin(world, who) * steady_rate(world, who) * days_left(world, who, horizon_days)


def waiting(world: Morning, who: Ints) -> Flags:
    """Return customers before the first purchase, or unconvinced before the second, (k,).

    They hardly buy.
    """
    bought = world.state.purchases[who]
    return np.asarray((bought == 0) | ((bought == 1) & world.people.unconvinced[who]))


def sceptic(world: Morning, who: Ints) -> Flags:
    """Return who will wait on after the first purchase, (k,)."""
    return np.asarray((world.state.purchases[who] == 0) & world.people.unconvinced[who])


def prospect(world: Morning, who: Ints, horizon_days: float) -> Floats:
    """Return the expected margin of living customers over the horizon, (k,) money.

    Who waits buys at a share q of the rate r until the next purchase comes, and at r from then on: over D days
    1 - e^(-qD) + r (D - (1 - e^(-qD)) / q) purchases; the sceptic wait on, and make qD.
    """
    rate, days = steady_rate(world, who), days_left(world, who, horizon_days)
    slow = np.maximum(rate * world.settings.wall.unconvinced_rate, 1e-12)
    comes = -np.expm1(-slow * days)
    purchases = np.select([sceptic(world, who), waiting(world, who)], [slow * days, comes + rate * (days - comes / slow)], rate * days)
    return basket_margin(world, who) * purchases


def net_purchases(world: Morning, who: Ints) -> Floats:
    """Return incremental purchases of one purchase now, (k,).

    The rest was only pulled forward.

    Of the regular by renewal reward: buying at age x in place of waiting m(x) more days of a cycle of T gives m(x) / T of
    a purchase. Of others the days of satiation after it cost what would have been bought in them.
    """
    people, buying = world.people, world.settings.purchasing
    _, rest, grid = _cycle()
    renewed = np.interp(overdue(people, world.state, world.day, who), grid, rest)
    rate = people.rate[who] * world.calendar.mean_lift()[people.temperament[who]]
    sated = 1.0 / (1.0 + rate * buying.satiation * buying.satiation_days)
    return np.where(people.regular[who], renewed, sated)


def usual_rate(world: Morning, who: Ints, today: Floats) -> Floats:
    """Return today's purchase rate averaged over spells of interest, (k,)."""
    return today / interest(world.settings, world.people, world.state, world.day, who)


def mean_rhythm(world: Morning, who: Ints, days: Ints) -> Floats:
    """Return the coming days' purchase rate relative to today's, (k,).

    By the past purchase alone (Simpson's rule).
    """
    first, middle, last = (
        rhythm(world.settings, world.people, world.state, world.day + ahead, who).astype(np.float64) for ahead in (0, days // 2, days)
    )
    return (first + 4.0 * middle + last) / 6.0 / first


@lru_cache(maxsize=1)
def _cycle() -> tuple[float, Floats, Floats]:
    """Return the mean cycle in own gaps, the share of it that is left at each age, and those ages."""
    ages: Final = np.arange(0.0, LONGEST, STEP)
    hazard = clock(ages + STEP / 2)
    survival = np.concatenate([[1.0], np.exp(-np.cumsum(hazard) * STEP)])
    tail = survival[-1] / hazard[-1]
    areas = (survival[1:] + survival[:-1]) / 2 * STEP
    beyond = np.cumsum(areas[::-1])[::-1] + tail
    mean = float(beyond[0])
    return mean, beyond / survival[:-1] / mean, ages
