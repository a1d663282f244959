"""What a contact does: the odds of every answer, and what the answers leave behind.

The odds are one function of customer, message, channel and hour, used both by the world, which draws from them, and by
the oracle, which takes their expectation. Sources of the shapes: response falls with what was sent before and recovers
with time (advertising wear-out, Naik, Mantrala and Sawyer, Marketing Science 1998); some are driven away by being
contacted (Radcliffe and Surry 2011); unsubscriptions follow frequency and irrelevance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.customers.active_hours import attentive
from simulator.customers.customer_state import NEVER
from simulator.customers.message_relevance import Theme, relevance
from simulator.morning import Morning
from simulator.sends import Flags, Floats, Ints

SHUN_DAYS: Final = 14.0
GOODWILL_DAYS: Final = 30.0
JUST_BOUGHT_DAYS: Final = 3
MOST_PULL, MOST_ATTENTION, MOST_ANNOYANCE = 0.6, 0.95, 0.25
UNASKED_COMPLAINT: Final = 0.03
GONE: Final = 0.2
AT_WALL, PROSPECT = 0.6, 0.5
WELCOME: Final = 0.5
"""Share of care in a message from which it is welcome even right after a purchase or before the delivery."""


@dataclass(frozen=True, slots=True)
class Odds:
    """The odds of k contacts, arrays of length k.

    arrive: share that reaches an address. see: chance that a person sees it, given that it arrived. click: given seen.
    pull: purchases it adds if seen. shun: share of purchases it takes for two weeks if seen. unsubscribe, complain: given
    that it arrived. save: chance to keep somebody about to leave, if seen. goodwill: what it takes from the chance to
    leave, if seen. load: what it adds to fatigue.
    """

    arrive: Floats
    see: Floats
    click: Floats
    pull: Floats
    shun: Floats
    unsubscribe: Floats
    complain: Floats
    save: Floats
    goodwill: Floats
    load: Floats


def odds(world: Morning, who: Ints, message: Ints, channel: Ints, hour: Ints) -> Odds:
    """Return the true probabilities of a contact's outcomes on the coming day.

    hour: local, 0 to 23.
    """
    settings, people, state, day = world.settings.response, world.people, world.state, world.day
    truth = world.channel_table
    weights = world.theme_weights
    care = weights[message, Theme.CARE]
    alive = state.alive[who]
    fits = relevance(weights, people, state, world.today, who, message)
    waiting = state.undelivered_until[who] > day
    fits = np.where(waiting & (care < WELCOME), 0.0, fits)
    just_bought = day - state.last_purchase[who] < JUST_BOUGHT_DAYS
    fits = np.where(just_bought & (care < WELCOME), 0.25 * fits, fits)
    idle = np.clip(1.0 - fits, 0.0, 1.0)
    felt = settings.fatigue_weight * state.fatigue[who]
    fresh = 1.0 / (1.0 + felt)
    # Who does not belong to the channel's world any more reads little of what it says.
    see = truth.attention[channel] * people.attention[who, channel] * fresh * (0.65 + 0.45 * np.minimum(fits, 1.2))
    see = see * attentive(people, who, world.weekend, hour, truth.hours[channel]) * np.where(alive, 1.0, GONE)
    agreed = state.consented[who, channel]
    annoyed = settings.annoyance * people.irritable[who] * (1.0 + 2.0 * felt + settings.irrelevance_weight * idle) * (1.0 + waiting)
    leaves = np.minimum(truth.unsubscribe[channel] * annoyed, MOST_ANNOYANCE)
    power = settings.strength * truth.power[channel]
    moved = alive & ~people.disturbed[who]
    pull = power * settings.appeal * people.suggestible[who] * fits * fresh * moved * _incentive(world, who, message)
    pull = pull * np.where((state.purchases[who] == 1) & people.unconvinced[who], AT_WALL, 1.0)
    pull = pull * np.where(state.purchases[who] == 0, PROSPECT, 1.0)
    to_keep = (state.leaves_on[who] > day) & alive
    return Odds(
        arrive=(1.0 - truth.bounce[channel]) * (people.reachable[who, channel] & (people.arrival_day[who] <= day)),
        see=np.clip(see, 0.0, MOST_ATTENTION),
        click=np.clip(truth.click[channel] * (0.4 + 0.6 * fits) * people.attention[who, channel] ** 0.25, 0.0, MOST_ATTENTION),
        pull=np.minimum(pull, MOST_PULL),
        shun=np.asarray(settings.strength * settings.do_not_disturb_effect * (people.disturbed[who] & alive), dtype=np.float64),
        unsubscribe=leaves * agreed,
        complain=np.where(agreed, settings.complaint_share * leaves, UNASKED_COMPLAINT * settings.annoyance),
        save=np.minimum(power * settings.save * np.minimum(fits, 1.2), 0.9) * to_keep,
        goodwill=np.minimum(power * settings.goodwill * care, 0.9) * alive,
        load=0.4 + 0.8 * idle,
    )


def _incentive(world: Morning, who: Ints, message: Ints) -> Floats:
    """What an incentive adds to the pull, (k,): as much again where it is a fifth of a usual basket, most for the sale-only."""
    worth = np.minimum(world.incentives[message] / (0.2 * world.usual_basket), 1.0)
    factor: Floats = 1.0 + worth * np.take((0.4, 0.6, 1.4), world.people.temperament[who])
    return factor


@dataclass(frozen=True, slots=True)
class ContactResponses:
    """What k contacts of today came to; masks of length k."""

    arrived: Flags
    seen: Flags
    clicked: Flags
    unsubscribed: Flags
    complained: Flags
    saved: Flags


def respond(world: Morning, who: Ints, message: Ints, channel: Ints, hour: Ints) -> ContactResponses:
    """Draw the answers to today's contacts and let them leave their traces on the customers."""
    settings, state, chance, day = world.settings.response, world.state, world.chance, world.day
    chances = odds(world, who, message, channel, hour)
    # The message is part of the draw: two contacts of one day are two chances.
    part = 1 + message * 64 + channel

    def happens(what: str, likely: Floats) -> Flags:
        return np.asarray(chance.uniform(what, who, day, part) < likely)

    arrived = happens("bounce", chances.arrive)
    seen = arrived & happens("see", chances.see)
    response = ContactResponses(
        arrived=arrived,
        seen=seen,
        clicked=seen & happens("click", chances.click),
        unsubscribed=arrived & happens("unsubscribe", chances.unsubscribe),
        complained=arrived & happens("complain", chances.complain),
        saved=seen & happens("save", chances.save),
    )
    fading = 1.0 - np.exp(-1.0 / settings.pulse_days)
    np.add.at(state.pull, who[seen], (chances.pull * fading)[seen].astype(np.float32))
    state.shun[who[seen]] = np.maximum(state.shun[who[seen]], chances.shun[seen])
    np.add.at(state.fatigue, who[arrived], chances.load[arrived].astype(np.float32))
    state.goodwill[who[seen]] = np.maximum(state.goodwill[who[seen]], chances.goodwill[seen])
    state.leaves_on[who[response.saved]] = NEVER
    state.omened[who[response.saved]] = False
    _part_ways(world, who, channel, response)
    return response


def _part_ways(world: Morning, who: Ints, channel: Ints, response: ContactResponses) -> None:
    settings, state = world.settings.response, world.state
    gone, cross = response.unsubscribed, who[response.complained]
    state.consented[who[gone], channel[gone]] = False
    state.bond[np.unique(who[gone])] *= np.float32(1.0 - settings.strength * settings.unsubscribe_mark)
    state.bond[np.unique(cross)] *= np.float32(1.0 - settings.strength * settings.complaint_mark)
    state.consented[cross] = False
    state.complained[cross] = True


def fade(world: Morning) -> None:
    """Let a day pass over what contacts left behind."""
    settings, state = world.settings.response, world.state
    state.pull *= np.float32(np.exp(-1.0 / settings.pulse_days))
    state.shun *= np.float32(np.exp(-1.0 / SHUN_DAYS))
    state.fatigue *= np.float32(np.exp(-1.0 / settings.fatigue_days))
    state.goodwill *= np.float32(np.exp(-1.0 / GOODWILL_DAYS))
