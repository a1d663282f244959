"""Message relevance: themes of a message, and their fit to a customer today.

A message is a mixture of themes. The themes are read from what the row in the configuration says of it (objective,
scenario, incentive, timing, the columns it is conditioned on), so a new message has an effect without anybody adding it
here, and renaming one changes nothing. Customers of the three temperaments answer to different themes and at different
times: news to the trend-first when goods are new, use to the need-led when they are due, price to the sale-only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from otokui.settings.contacts.messages import Message, TimingRule
from simulator.customers.customer_state import NEVER, SimulatedState
from simulator.customers.people import People
from simulator.customers.purchase_gaps import overdue
from simulator.sends import Floats, Ints


class Theme(IntEnum):
    """What a message can be about."""

    NOVELTY = 0
    PRICE = 1
    NEED = 2
    INTEREST = 3
    SECOND = 4
    COME_BACK = 5
    CARE = 6
    GENERAL = 7


_SAYS: Final[tuple[tuple[Theme, float, tuple[str, ...]], ...]] = (
    (Theme.SECOND, 3.0, ("second_purchase", "f2", "welcome")),
    (Theme.NEED, 2.0, ("replenishment", "days_to_replenishment", "season")),
    (Theme.COME_BACK, 2.0, ("retention", "winback", "dormant", "retention_call")),
    (Theme.PRICE, 2.0, ("sale", "discount", "coupon", "discount_share", "clearance")),
    (Theme.NOVELTY, 2.0, ("new_arrivals", "launch", "new_arrival_share", "trend")),
    (Theme.INTEREST, 3.0, ("cart", "browse", "cart_since_purchase", "viewed_since_purchase")),
    (Theme.CARE, 2.0, ("care", "loyalty", "story", "birthday", "loyal_care", "onboarding", "nurture")),
)
"""Which words in a message's objective, scenario and conditions speak of which theme, and how loudly."""

INCENTIVE, TIMED, PLAIN = 0.5, 1.0, 0.2
_NOVEL = (1.5, 0.4, 0.25)
_CHEAP = (0.3, 0.55, 1.6)
_USEFUL = (0.5, 1.4, 0.5)
CART_DAYS: Final = 3
CONDITIONED: Final = 0.5


def themes(messages: Sequence[Message]) -> Floats:
    """Return the share of each theme in each message, (messages, themes).

    Rows sum to one.
    """
    weights = np.zeros((len(messages), len(Theme)))
    for row, message in enumerate(messages):
        topics = {message.objective, message.scenario}
        columns = {condition.column for condition in message.eligible}
        for theme, weight, words in _SAYS:
            weights[row, theme] += weight * (len(topics.intersection(words)) + CONDITIONED * len(columns.intersection(words)))
        weights[row, Theme.PRICE] += INCENTIVE * (message.incentive_cost > 0.0)
        weights[row, Theme.NEED] += TIMED * (message.timing is TimingRule.BEFORE_DUE)
        weights[row, Theme.GENERAL] += PLAIN
    mixed: Floats = weights / np.maximum(weights.sum(axis=1, keepdims=True), PLAIN)
    return mixed


@dataclass(frozen=True, slots=True)
class Today:
    """What the day is like, as far as it matters to messages."""

    day: int
    on_sale: bool
    fresh_goods: bool


def fit(people: People, state: SimulatedState, today: Today, who: Ints) -> Floats:
    """Return the fit of each theme to these customers today, (k, themes).

    About 1 = well, 0 = not at all.
    """
    day = today.day
    temper = people.temperament[who]
    gaps = overdue(people, state, day, who).astype(np.float64)
    since = (day - state.last_purchase[who]).astype(np.float64)
    bought = state.purchases[who]
    known = state.last_purchase[who] > NEVER
    table = np.zeros((len(who), len(Theme)))
    table[:, Theme.NOVELTY] = np.take(_NOVEL, temper) * (1.3 if today.fresh_goods else 0.8)
    table[:, Theme.PRICE] = np.take(_CHEAP, temper) * (1.3 if today.on_sale else 0.8)
    due = np.where(known, np.exp(-0.5 * ((gaps - 1.0) / 0.4) ** 2), 0.0)
    table[:, Theme.NEED] = np.take(_USEFUL, temper) * (0.15 + 0.95 * due)
    interested = state.interest_until[who] >= day
    table[:, Theme.INTEREST] = np.where(interested, 1.6, np.where(day - state.cart_day[who] <= CART_DAYS, 0.7, 0.05))
    # Too early is pushy, too late has been forgotten: two to six weeks after the first purchase is when to ask again.
    table[:, Theme.SECOND] = np.where(bought == 1, 0.15 + 1.25 * np.exp(-0.5 * ((since - 25.0) / 15.0) ** 2), 0.0)
    away = np.where(known & (gaps > 1.5), np.where(since > 365.0, 0.3, 1.0), 0.1)
    table[:, Theme.COME_BACK] = np.where(state.leaves_on[who] > day, 1.3, away)
    table[:, Theme.CARE] = np.where(bought > 0, 0.35, 0.1)
    table[:, Theme.GENERAL] = 0.4
    return table


def relevance(weights: Floats, people: People, state: SimulatedState, today: Today, who: Ints, message: Ints) -> Floats:
    """Return the relevance of these messages to these customers today, (k,).

    0 = none, 1 = good, 1.6 at most.
    """
    relevance_of_message: Floats = np.einsum("kt,kt->k", weights[message], fit(people, state, today, who))
    return relevance_of_message
