"""What a policy would do with each customer, as chances over every candidate and silence: what another log is weighed by.

A decision is one draw from these. Somebody who wants to know what a policy is worth on decisions that another one made
needs the chances themselves, control groups included, and no draw at all.
"""

from __future__ import annotations

import numpy as np

from decisions.choose import chances_of as policy_chances
from decisions.choose import choose
from decisions.facts import facts
from decisions.policy import Policy
from decisions.refusals import refusals
from otokui.domain import Instant
from otokui.frames import Batch, ContactState, Floats, Predictions


@np.errstate(all="ignore")  # as in decide: every rule refuses what is not a number
def action_chances(
    predictions: Predictions,
    vectors: Batch,
    summaries: Batch,
    contact_state: ContactState,
    policy: Policy,
    as_of: Instant,
    summarised_at: Instant,
) -> Floats:
    """Return the chance of every candidate and, in the last column, of silence: (n, A + 1), rows sum to one.

    Arguments are those of ``decide``. The control groups count as a chance of silence, the same for everybody, because
    they are drawn by a hash that knows nothing of the customer.
    """
    looked_at, at_stake = facts(predictions, vectors, summaries, contact_state, policy, int(as_of), int(summarised_at))
    choice = choose(looked_at, refusals(looked_at), at_stake, np.ones(len(vectors)))
    out = np.zeros((len(vectors), len(policy.candidates) + 1))
    if len(policy.candidates):
        best = np.where(choice.open, looked_at.value, -np.inf).argmax(axis=1)
        rows = np.flatnonzero(choice.acceptable)
        chance = policy_chances(policy, choice.open[rows], best[rows], looked_at.value[rows], at_stake.rows(rows))
        out[rows, :-1] = chance * (1.0 - held_back(policy))
    out[:, -1] = 1.0 - out[:, :-1].sum(axis=1)
    return np.clip(out, 0.0, 1.0)


def held_back(policy: Policy) -> float:
    """Return the chance that a customer with an acceptable contact is in the global or in the scenario's control group."""
    limits = policy.limits
    return 1.0 - (1.0 - limits.holdout_share) * (1.0 - limits.scenario_holdout_share)
