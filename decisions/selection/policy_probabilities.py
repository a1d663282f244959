"""Policy probabilities over every candidate and no contact, for off-policy evaluation.

A decision is one draw from them. To value a policy on the decisions of another one, the probabilities themselves are needed, control
groups included, and no draw at all.
"""

from __future__ import annotations

import numpy as np

from decisions.constraints.facts import constraint_context
from decisions.constraints.refusals import refusals
from decisions.customer_batch import CustomerBatch
from decisions.policy.control_groups import ComparisonGroups
from decisions.policy.policy import Policy
from decisions.selection.choose import Draws, chances_of, choose
from otokui.frames import Floats


@np.errstate(all="ignore")  # as in decide: every rule refuses what is not a number
def action_chances(batch: CustomerBatch, policy: Policy) -> Floats:
    """Return the probability of every candidate and, last, of no contact, (n, A + 1).

    Rows sum to one. The control groups count as a chance of no contact, the same for every customer, because they are drawn by a hash
    that does not depend on anything else about the customer. The random and the usual group have chances of their own.
    """
    context, inputs = constraint_context(batch, policy)
    groups = ComparisonGroups.draw(batch.customer_ids, policy.holdout)
    choice = choose(policy, context, refusals(context), inputs, Draws(np.ones(len(batch)), groups))
    out = np.zeros((len(batch), len(policy.candidates) + 1))
    if len(policy.candidates):
        rows = np.flatnonzero(choice.acceptable)
        chance = chances_of(policy, choice.open[rows], context.value[rows], inputs.rows(rows), groups.rows(rows))
        out[rows, :-1] = chance * (1.0 - policy.holdout.chance)
    out[:, -1] = 1.0 - out[:, :-1].sum(axis=1)
    return np.clip(out, 0.0, 1.0)
