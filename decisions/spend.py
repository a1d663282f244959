"""What a contact is expected to take of the budget: the channel's cost, and the incentive for as many as will buy.

Fatigue is no money that leaves the shop, so it is part of the value but not of this.
"""

from __future__ import annotations

import numpy as np

from decisions.added import added_by, added_by_each
from decisions.policy import Policy
from decisions.value import Stakes
from otokui.frames import Floats, Ints


def spend(at_stake: Stakes, policy: Policy) -> Floats:
    """Return the expected money of every candidate, (n, A); NaN where the chance of a purchase is not known."""
    message, terms = policy.candidates.message, policy.terms
    out = np.tile(terms.channel_cost, (len(at_stake.margin), 1))
    paid = terms.with_incentive
    if len(paid):
        p_without = at_stake.p_without[:, message[paid]]
        added = added_by_each(at_stake.personal, policy)[:, paid]
        out[:, paid] += terms.incentive[paid] * (p_without + np.minimum(1.0 - p_without, added))
    return out


def spend_of(at_stake: Stakes, policy: Policy, rows: Ints, chosen: Ints) -> Floats:
    """Return the expected money of candidate ``chosen[i]`` for customer ``rows[i]``, (len(rows),)."""
    terms = policy.terms
    p_without = at_stake.p_without[rows, policy.candidates.message[chosen]]
    p_purchase = p_without + np.minimum(1.0 - p_without, added_by(at_stake.personal.rows(rows), policy, chosen))
    incentive = terms.incentive[chosen]
    out: Floats = terms.channel_cost[chosen] + np.where(incentive > 0.0, incentive * p_purchase, 0.0)
    return out
