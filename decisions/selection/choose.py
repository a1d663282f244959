"""Choice of one candidate per customer, or none: the most valuable, with exploration.

The choice is not yet sent: the control groups are drawn on it, so that the withheld contact is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from decisions.constraints.refusals import Refusals
from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.control_groups import ComparisonGroups
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
    open: Bools  # (n, A) the candidates permitted and worth it; of the usual group, those of its message
    groups: ComparisonGroups

    def of_candidate(self, candidate: int, refused: Refusals) -> Choice:
        """Return the choice of one candidate for all customers, as if it were acceptable.

        Fallbacks stay those permitted.
        """
        customers = len(self.considered)
        return replace(
            self,
            considered=np.full(customers, candidate, dtype=np.int64),
            acceptable=np.ones(customers, dtype=bool),
            worth=refused.worth[:, candidate],
            propensity=np.ones(customers),
            explored=np.zeros(customers, dtype=bool),
        )


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws of ``n`` customers: even in [0, 1), (n,), and their comparison groups."""

    even: Floats
    groups: ComparisonGroups


def choose(policy: Policy, context: ConstraintContext, refused: Refusals, inputs: ValueInputs, draws: Draws) -> Choice:
    """Choose a candidate for each customer; without an acceptable one, the nearest.

    inputs: of the same customers. Ties go to the higher priority, then to the order of configuration: the order of the candidates. The
    usual group gets its message over the first permitted channel, whatever it is worth.
    """
    value = context.value
    message, channel = policy.candidates.message, policy.candidates.channel
    offered = context.eligible.take(message, axis=1)
    acceptable = refused.permits(message, channel)
    usual = np.flatnonzero(draws.groups.usual)
    custom = acceptable[usual] & _of_message(policy)
    acceptable &= offered
    acceptable &= refused.worth
    acceptable[usual] = custom
    considered = np.full(len(value), -1, dtype=np.int64)
    propensity, explored = np.ones(len(value)), np.zeros(len(value), dtype=bool)
    any_acceptable = np.any(acceptable, axis=1)
    rows = np.flatnonzero(any_acceptable)
    if len(rows):
        open_rows = acceptable[rows]
        groups = draws.groups.rows(rows)
        chance = chances_of(policy, open_rows, value[rows], inputs.rows(rows), groups)
        best = np.where(groups.usual, chance.argmax(axis=1), np.where(open_rows, value[rows], -np.inf).argmax(axis=1))
        considered[rows], propensity[rows], explored[rows] = explore(chance, best, draws.even[rows])
    rows = np.flatnonzero(~any_acceptable)
    if len(rows) and len(message):
        considered[rows] = _nearest(offered[rows] & policy.channels.enabled[channel], value[rows])
    worth = np.zeros(len(value), dtype=bool)
    rows = np.flatnonzero(considered >= 0)
    worth[rows] = refused.worth[rows, considered[rows]]
    worth[usual] |= any_acceptable[usual]
    return Choice(considered, any_acceptable, worth, propensity, explored, acceptable, draws.groups)


def chances_of(policy: Policy, permitted: Bools, value: Floats, inputs: ValueInputs, groups: ComparisonGroups) -> Floats:
    """Return the action probability of each candidate, (n, A).

    Values are as uncertain as the effects of candidates on this customer. In the random group every permitted candidate has the same
    chance; in the usual group the first one is sure.
    """
    best = np.where(permitted, value, -np.inf).argmax(axis=1)
    chance = chances(permitted, best, value, deviation(inputs, policy.value), policy.exploration)
    rows = np.flatnonzero(groups.random)
    chance[rows] = permitted[rows] / np.maximum(permitted[rows].sum(axis=1, keepdims=True), 1)
    rows = np.flatnonzero(groups.usual)
    chance[rows] = (np.cumsum(permitted[rows], axis=1) == 1) & permitted[rows]
    return chance


def _of_message(policy: Policy) -> Bools:
    """Return the candidates of the usual group's message, (A,)."""
    if policy.holdout.usual not in policy.messages.ids:
        return np.zeros(len(policy.candidates), dtype=bool)
    chosen: Bools = policy.candidates.message == policy.messages.ids.index(policy.holdout.usual)
    return chosen


def _nearest(offered: Bools, value: Floats) -> Ints:
    """Return the most valuable candidate offered, else the first offered, else -1."""
    ranked = np.where(offered & np.isfinite(value), value, -np.inf)
    best = ranked.argmax(axis=1)
    best = np.where(ranked[np.arange(len(best)), best] > -np.inf, best, offered.argmax(axis=1))
    return np.where(offered.any(axis=1), best, -1)
