"""True value of a contact, for the best possible policy and the season's books.

The effect of a contact is the expectation of its incremental profit if silence follows, taken over the same odds from
which the world draws:

    arrive * see * pull * net purchases * margin          what it adds, less what it only pulls forward
  + at the F2 wall: what the convinced spend beyond        in place of the one purchase
  - arrive * see * shun * purchases of two weeks * margin  of the disturbed, beyond what they shun already
  + arrive * see * save * worth                            of those about to leave
  + arrive * see * goodwill * leaving * 30 days * worth    fewer leave in the month, beyond the goodwill there is
  - arrive * (unsubscribe + complain) * mark * worth
  - cost of the channel
  - incentive * use * chance to buy in the response days, caused or not, in place of the incentive that is held

The effects of all contacts of a season, each in the state in which it was made, sum to what the season is to be expected
to earn above a season of silence (the performance difference lemma: Kakade and Langford, ICML 2002).

Who chooses a contact looks further, at what it takes from contacts to come. The value of a contact is its effect

  - arrive * unsubscribe * what contacts over this channel are worth
  - arrive * complain * what contacts are worth
  - arrive * load * what fatigue costs the contacts of the next days

Everything up to the horizon counts. It is exact in the odds and approximate where the future enters: seasons are averaged,
the base rate is today's for the response days, the worth of later contacts is that of one generic e-mail a week. It looks
one contact ahead; a plan over many contacts could be worth more.
"""

from __future__ import annotations

import numpy as np

from simulator.mechanisms.buying import natural_rate
from simulator.mechanisms.contact_response import GOODWILL_DAYS, SHUN_DAYS, Odds, odds
from simulator.morning import Morning
from simulator.oracle.prospects import basket_margin, days_left, mean_rhythm, net_purchases, prospect, sceptic, usual_rate, waiting, worth
from simulator.sends import Floats, Ints

GENERIC_FIT = 0.5
WEEK_DAYS = 7.0
OTHER_WAYS = 0.5
"""Share of a channel's worth that is lost with it; the rest goes over other channels."""


def expected_value(world: Morning, customers: Ints, message: Ints, channel: Ints, hour: Ints, horizon_days: float = 180.0) -> Floats:
    """Return the expected incremental profit of k contacts, with wear-out, (k,) money.

    What it takes from later contacts is subtracted.

    customers, message, channel: (k,) indices as in Sends. hour: (k,) local hour of the day about to be lived, 0 to 23.
    horizon_days: how far ahead margins, marks and losses count.
    """
    chances = odds(world, customers, message, channel, hour)
    effect = _effect(world, chances, customers, message, channel, horizon_days)
    return effect - _taken_from_later(world, chances, customers, horizon_days)


def expected_effect(world: Morning, customers: Ints, message: Ints, channel: Ints, hour: Ints, horizon_days: float = 180.0) -> Floats:
    """Return the expected incremental profit of k contacts followed by silence, (k,) money.

    Arguments as above.
    """
    return _effect(world, odds(world, customers, message, channel, hour), customers, message, channel, horizon_days)


def _effect(world: Morning, chances: Odds, customers: Ints, message: Ints, channel: Ints, horizon_days: float) -> Floats:
    people, state, response = world.people, world.state, world.settings.response
    seen = chances.arrive * chances.see
    alive = state.alive[customers]
    margin = basket_margin(world, customers)
    stays = prospect(world, customers, horizon_days) * alive
    today = natural_rate(world, customers) * alive
    usual = usual_rate(world, customers, today)
    beyond = np.where(sceptic(world, customers), 0.0, worth(world, customers, horizon_days) * alive - stays)
    gain = np.where(waiting(world, customers), margin + beyond, margin * net_purchases(world, customers))
    # Who would have bought today or tomorrow anyway is not moved: the pull only acts on who has not bought yet.
    value = seen * -np.expm1(-chances.pull) * np.exp(-2.0 * today) * gain
    # Shunning and goodwill do not add up: the stronger of what is there and what comes holds.
    shuns = np.maximum(chances.shun - state.shun[customers], 0.0)
    value -= seen * shuns * SHUN_DAYS * np.where(state.purchases[customers] > 0, usual, 0.0) * margin
    warms = np.maximum(chances.goodwill - state.goodwill[customers], 0.0)
    value += seen * (chances.save + warms * people.leaving[customers] * GOODWILL_DAYS) * stays
    marks = chances.unsubscribe * response.unsubscribe_mark + chances.complain * response.complaint_mark
    value -= chances.arrive * response.strength * marks * stays
    value -= chances.arrive * _incentive_cost(world, customers, message, today, usual, seen * chances.pull)
    return np.asarray(value - world.channel_table.cost[channel], dtype=np.float64)


def _incentive_cost(world: Morning, who: Ints, message: Ints, today: Floats, usual: Floats, pull: Floats) -> Floats:
    """Return what the incentives of k contacts cost, (k,) money: one takes the place of the one that is held."""
    state, use = world.state, world.settings.response.coupon_use

    def buys(days: Ints, pulled: Floats) -> Floats:
        spell = np.clip(state.interest_until[who] - world.day + 1, 0, days)
        coming = usual * mean_rhythm(world, who, days)
        return -np.expm1(-(today * spell + coming * (days - spell)) - pulled)

    offered = world.incentives[message]
    left = np.where(state.coupon[who] >= 0, np.maximum(state.coupon_until[who] - world.day + 1, 0), 0)
    held = state.coupon_cost[who] * buys(left, np.zeros(len(who)))
    return np.where(offered > 0.0, use * (offered * buys(world.response_days[message], pull) - held), 0.0)


def _taken_from_later(world: Morning, chances: Odds, customers: Ints, horizon_days: float) -> Floats:
    """Return what k contacts take from those to come, (k,) money: channels lost, and fatigue."""
    response = world.settings.response
    later = _generic_worth(world, customers, basket_margin(world, customers), horizon_days) * world.state.alive[customers]
    weeks = np.maximum(days_left(world, customers, horizon_days) / WEEK_DAYS, 1.0)
    tired = response.fatigue_weight * response.fatigue_days / WEEK_DAYS
    return chances.arrive * later * (chances.unsubscribe * OTHER_WAYS + chances.complain + chances.load * tired / weeks)


def _generic_worth(world: Morning, who: Ints, margin: Floats, horizon_days: float) -> Floats:
    """Return what being able to contact a customer is worth: one fitting-by-half e-mail a week, (k,) money."""
    response, people = world.settings.response, world.people
    reads = world.channel_table.attention.max(initial=0.0) * 0.5
    pull = response.strength * response.appeal * people.suggestible[who] * GENERIC_FIT * ~people.disturbed[who]
    worth: Floats = reads * pull * margin * days_left(world, who, horizon_days) / WEEK_DAYS
    return worth
