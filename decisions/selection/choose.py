"""Choice of one candidate per customer, or none: the most valuable, with exploration.

The choice is not yet sent: the control groups are drawn on it, so that the withheld contact is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.constraints.refusals import Refusals
from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.exploration import chances, explore
from decisions.policy.policy import Policy
from decisions.value.expected_value import ValueInputs, deviation
from otokui.frames import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Choice:
    """Chosen candidates of ``n`` customers."""

    considered: Ints  # (n,) the candidate considered, -1 = the customer is eligible for no message
    acceptable: Bools  # (n,) whether it is permitted and worth it
    worth: Bools  # (n,) whether it is worth it
    propensity: Floats  # (n,) its action probability; 1 if no candidate is acceptable
    explored: Bools  # (n,)
    open: Bools  # (n, A) the candidates permitted and worth it


def choose(policy: Policy, context: ConstraintContext, refused: Refusals, inputs: ValueInputs, draws: Floats) -> Choice:
    """Choose a candidate for each customer; without an acceptable one, the nearest.

    inputs: of the same customers; draws: (n,) even in [0, 1). Ties go to the higher priority, then to the order of configuration: the
    order of the candidates.
    """
    value = context.value
    message, channel = policy.candidates.message, policy.candidates.channel
    offered = context.eligible.take(message, axis=1)
    acceptable = refused.permits(message, channel)
    acceptable &= offered
    acceptable &= refused.worth
    considered = np.full(len(value), -1, dtype=np.int64)
    propensity, explored = np.ones(len(value)), np.zeros(len(value), dtype=bool)
    any_acceptable = np.any(acceptable, axis=1)
    rows = np.flatnonzero(any_acceptable)
    if len(rows):
        open_rows = acceptable[rows]
        best = np.where(open_rows, value[rows], -np.inf).argmax(axis=1)
        chance = chances_of(policy, open_rows, best, value[rows], inputs.rows(rows))
        considered[rows], propensity[rows], explored[rows] = explore(chance, best, draws[rows])
    rows = np.flatnonzero(~any_acceptable)
    if len(rows) and len(message):
        considered[rows] = _nearest(offered[rows] & policy.channels.enabled[channel], value[rows])
    worth = np.zeros(len(value), dtype=bool)
    rows = np.flatnonzero(considered >= 0)
    worth[rows] = refused.worth[rows, considered[rows]]
    return Choice(considered, any_acceptable, worth, propensity, explored, acceptable)


def chances_of(policy: Policy, permitted: Bools, best: Ints, value: Floats, inputs: ValueInputs) -> Floats:
    """Return the action probability of each candidate, (n, A).

    Values are as uncertain as the effects of candidates on this customer.
    """
    return chances(permitted, best, value, deviation(inputs, policy.value), policy.exploration)


def _nearest(offered: Bools, value: Floats) -> Ints:
    """Return the most valuable candidate offered, else the first offered, else -1."""
    ranked = np.where(offered & np.isfinite(value), value, -np.inf)
    best = ranked.argmax(axis=1)
    best = np.where(ranked[np.arange(len(best)), best] > -np.inf, best, offered.argmax(axis=1))
    return np.where(offered.any(axis=1), best, -1)
