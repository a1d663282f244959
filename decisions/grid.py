"""What the rules may look at, and nothing else: facts of ``n`` customers, in the shapes that rules broadcast over."""

from __future__ import annotations

from dataclasses import dataclass

from decisions.charge import Charged
from decisions.policy import Policy
from otokui.frames import Bools, ContactState, Floats, Ints, Tri


@dataclass(frozen=True, slots=True)
class Grid:
    """What the rules may look at, for ``n`` customers; columns of customers are (n, 1)."""

    policy: Policy
    as_of: int
    summarised_at: int
    state: ContactState
    recency_days: Floats  # (n, 1) days since the last purchase, NaN = none or not known
    purchase_count: Floats  # (n, 1)
    undelivered_orders: Floats  # (n, 1)
    last_open_order_at: Floats  # (n, 1) epoch seconds
    valid: Bools  # (n, 1) whether the predictions are numbers that can be
    eligible: Bools  # (n, M) whether the message is meant for the customer
    value: Floats  # (n, A) money, the price of what is short and what is taken from later contacts off
    sure: Floats  # (n, len(policy.dear)) money that candidates over dear channels bring at the lower end of their interval
    charged: Charged | None  # that price; None where nothing is short
    later: Floats  # (n, 1) money that a contact takes from those to come
    unanswered: Ints  # (n, M) sends of the message's scenario without response, -1 = not known
    in_control: Tri  # (n, 1)
    in_scenario_control: Tri  # (n, 1) of the scenario that was chosen
