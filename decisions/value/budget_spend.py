"""Expected budget spend of a contact: channel cost, and incentive per expected purchase.

The unsubscribe cost is no money that leaves the shop, so it is part of the value but not of this.
"""

from __future__ import annotations

import numpy as np

from decisions.candidates.candidate_terms import ValueRules
from decisions.value.uplift import UpliftFactors, candidate_uplifts, chosen_uplift
from otokui.frames import Floats, Ints


def spend(p_without: Floats, customers: UpliftFactors, rules: ValueRules) -> Floats:
    """Return the expected budget spend of every candidate, (n, A).

    NaN if the chance of a purchase is not known. p_without: (n, M) chance of a purchase within the message's response days, without
    contact.
    """
    message, terms = rules.candidates.message, rules.terms
    out = np.tile(terms.channel_cost, (len(p_without), 1))
    paid = terms.with_incentive
    if len(paid):
        without = p_without[:, message[paid]]
        added = candidate_uplifts(customers, rules)[:, paid]
        out[:, paid] += terms.incentive[paid] * (without + np.minimum(1.0 - without, added))
    return out


def spend_of(p_without: Floats, customers: UpliftFactors, rules: ValueRules, chosen: Ints) -> Floats:
    """Return the expected spend of candidate ``chosen[i]`` for customer i, (n,); p_without: (n, M)."""
    terms = rules.terms
    without = p_without[np.arange(len(chosen)), rules.candidates.message[chosen]]
    p_purchase = without + np.minimum(1.0 - without, chosen_uplift(customers, rules, chosen))
    incentive = terms.incentive[chosen]
    out: Floats = terms.channel_cost[chosen] + np.where(incentive > 0.0, incentive * p_purchase, 0.0)
    return out
