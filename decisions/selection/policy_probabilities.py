"""Policy probabilities over every candidate and no contact, for off-policy evaluation.

A decision is one draw from them. To value a policy on the decisions of another one, the probabilities themselves are needed, control
groups included, and no draw at all.
"""

from __future__ import annotations

import numpy as np

from decisions.constraints.facts import constraint_context
from decisions.constraints.refusals import refusals
from decisions.customer_batch import CustomerBatch
from decisions.policy.policy import Policy
from decisions.selection.choose import chances_of, choose
from otokui.frames import Floats


@np.errstate(all="ignore")  # as in decide: every rule refuses what is not a number
def action_chances(batch: CustomerBatch, policy: Policy) -> Floats:
    """Return the probability of every candidate and, last, of no contact, (n, A + 1).

    Rows sum to one. The control groups count as a chance of no contact, the same for every customer, because they are drawn by a hash
    that does not depend on anything else about the customer.
    """
    context, inputs = constraint_context(batch, policy)
    choice = choose(policy, context, refusals(context), inputs, np.ones(len(batch)))
    out = np.zeros((len(batch), len(policy.candidates) + 1))
    if len(policy.candidates):
        best = np.where(choice.open, context.value, -np.inf).argmax(axis=1)
        rows = np.flatnonzero(choice.acceptable)
        chance = chances_of(policy, choice.open[rows], best[rows], context.value[rows], inputs.rows(rows))
        out[rows, :-1] = chance * (1.0 - policy.holdout.chance)
    out[:, -1] = 1.0 - out[:, :-1].sum(axis=1)
    return np.clip(out, 0.0, 1.0)
