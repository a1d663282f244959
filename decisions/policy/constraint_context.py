"""Constraint context: the inputs of the rules for ``n`` customers, and nothing else.

Arrays have the shapes that rules broadcast over.
"""

from __future__ import annotations

from dataclasses import dataclass

from decisions.candidates.channel_message_arrays import ChannelArrays, MessageArrays
from decisions.policy.spaced_send_times import SpacingTimes
from otokui.frames import Bools, ContactState, Floats, Ints, Tri


@dataclass(frozen=True, slots=True)
class ContactRules:
    """Limits of contacts that the constraints apply: one part of a policy."""

    messages: MessageArrays
    channels: ChannelArrays
    reachable: Bools  # (C,) whether a permitted hour lies within the send window
    delivery_tracked: bool
    contact_cap: int
    contact_cap_days: int
    cool_off_days: float
    undelivered_expires_days: float
    max_summary_age_days: float
    min_value: float
    spacing: SpacingTimes
    shared_scenario: tuple[Ints, ...]  # messages of each scenario that has more than one


@dataclass(frozen=True, slots=True)
class ConstraintContext:
    """Constraint context of ``n`` customers; columns of customers are (n, 1)."""

    rules: ContactRules
    as_of: int
    summarised_at: int
    next_day_at: int  # the start of the next local day
    state: ContactState
    recency_days: Floats  # (n, 1) days since the last purchase, NaN = none or not known
    purchase_count: Floats  # (n, 1)
    undelivered_orders: Floats  # (n, 1)
    last_open_order_at: Floats  # (n, 1) epoch seconds
    valid: Bools  # (n, 1) whether the predictions are valid numbers
    eligible: Bools  # (n, M) whether the message is meant for the customer
    value: Floats  # (n, A) money, after shadow prices and wear-out cost
    expensive: Ints  # (k,) the candidates over expensive channels, whose value must surely cover the cost
    conservative_value: Floats  # (n, k) money of those, at the lower end of their interval
    place_price: Floats | None  # (n, A) the shadow price of the candidate's place; None without prices
    price: Floats | None  # (n, A) the shadow price charge in all
    wear_out_cost: Floats  # (n, 1) money that a contact takes from later ones
    unanswered: Ints  # (n, M) sends of the message's scenario without response, -1 = not known
    in_control: Tri  # (n, 1)
    in_scenario_control: Tri  # (n, 1) of the scenario that was chosen
