"""Constraint context: the inputs of the rules for ``n`` customers, and nothing else.

Arrays have the shapes that rules broadcast over.
"""

from __future__ import annotations

from dataclasses import dataclass

from decisions.candidates.offers import ChannelArrays, MessageArrays
from otokui.frames import Bools, ContactState, Floats, Ints, Tri


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Limits of contacts that the constraints apply: one part of a policy."""

    messages: MessageArrays
    channels: ChannelArrays
    reachable: Bools  # (C,) whether some permitted hour lies within the window
    delivery_tracked: bool
    contact_cap: int
    contact_cap_days: int
    cool_off_days: float
    undelivered_expires_days: float
    max_summary_age_days: float
    min_value: float
    shared_scenario: tuple[Ints, ...]  # messages of each scenario that has more than one


@dataclass(frozen=True, slots=True)
class Grid:
    """Constraint context of ``n`` customers; columns of customers are (n, 1)."""

    rules: ContactRules
    as_of: int
    summarised_at: int
    next_day_at: int  # when the next local day begins
    state: ContactState
    recency_days: Floats  # (n, 1) days since the last purchase, NaN = none or not known
    purchase_count: Floats  # (n, 1)
    undelivered_orders: Floats  # (n, 1)
    last_open_order_at: Floats  # (n, 1) epoch seconds
    valid: Bools  # (n, 1) whether the predictions are numbers that can be
    eligible: Bools  # (n, M) whether the message is meant for the customer
    value: Floats  # (n, A) money, the price of what is short and what is taken from later contacts off
    dear: Ints  # (k,) the candidates over channels so dear that they must surely pay
    sure: Floats  # (n, k) money that those bring at the lower end of their interval
    place_price: Floats | None  # (n, A) the price of the place that a candidate takes; None where nothing is short
    price: Floats | None  # (n, A) and of all that it takes
    later: Floats  # (n, 1) money that a contact takes from those to come
    unanswered: Ints  # (n, M) sends of the message's scenario without response, -1 = not known
    in_control: Tri  # (n, 1)
    in_scenario_control: Tri  # (n, 1) of the scenario that was chosen
