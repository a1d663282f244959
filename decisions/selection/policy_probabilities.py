"""What a policy would do with each customer, as chances over every candidate and silence: what another log is weighed by.

A decision is one draw from these. Somebody who wants to know what a policy is worth on decisions that another one made
needs the chances themselves, control groups included, and no draw at all.
"""

from __future__ import annotations

import numpy as np

from decisions.constraints.facts import facts
from decisions.constraints.refusals import refusals
from decisions.customer_batch import CustomerBatch
from decisions.policy.policy import Policy
from decisions.selection.choose import chances_of, choose
from otokui.frames import Floats


@np.errstate(all="ignore")  # as in decide: every rule refuses what is not a number
def action_chances(batch: CustomerBatch, policy: Policy) -> Floats:
    """Return the chance of every candidate and, in the last column, of silence: (n, A + 1), rows sum to one.

    The control groups count as a chance of silence, the same for everybody, because they are drawn by a hash that knows nothing of
    the customer.
    """
    looked_at, at_stake = facts(batch, policy)
    choice = choose(policy, looked_at, refusals(looked_at), at_stake, np.ones(len(batch)))
    out = np.zeros((len(batch), len(policy.candidates) + 1))
    if len(policy.candidates):
        best = np.where(choice.open, looked_at.value, -np.inf).argmax(axis=1)
        rows = np.flatnonzero(choice.acceptable)
        chance = chances_of(policy, choice.open[rows], best[rows], looked_at.value[rows], at_stake.rows(rows))
        out[rows, :-1] = chance * (1.0 - policy.holdout.chance)
    out[:, -1] = 1.0 - out[:, :-1].sum(axis=1)
    return np.clip(out, 0.0, 1.0)
