"""What the rules look at, gathered from what is known of the customers; what is missing is unknown, never assumed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from decisions.charge import charge
from decisions.choose import Choice
from decisions.grid import Grid
from decisions.holdout import in_control, in_scenario_control
from decisions.keeping import SURE_SHARE, keeping_by_each
from decisions.later import taken_from_later
from decisions.policy import Policy
from decisions.response import TENTH
from decisions.value import Stakes, deviation, grid, stakes
from otokui.domain import NO, UNKNOWN, YES
from otokui.frames import Batch, Bools, ContactState, Floats, Ints, Predictions, Texts, Tri


def facts(
    predictions: Predictions, vectors: Batch, summaries: Batch, state: ContactState, policy: Policy, as_of: int, summarised_at: int
) -> tuple[Grid, Stakes]:
    """Return what the rules look at, and what is at stake; the control groups are not drawn yet, hence unknown."""
    at_stake = stakes(predictions, vectors, summaries, state, policy)
    value, charged = grid(at_stake, policy), charge(policy, at_stake, predictions, summaries, as_of)
    undrawn = np.full((len(vectors), 1), UNKNOWN, dtype=np.int8)
    looked_at = Grid(
        policy=policy,
        as_of=as_of,
        summarised_at=summarised_at,
        state=state,
        recency_days=_known(vectors, "recency_days"),
        purchase_count=_known(vectors, "purchase_count"),
        undelivered_orders=_known(vectors, "undelivered_orders"),
        last_open_order_at=_known(summaries, "last_open_order_at"),
        valid=at_stake.valid[:, None],
        eligible=policy.eligibility.permits(vectors, predictions),
        value=value,
        sure=_sure(value, at_stake, policy),
        charged=charged,
        later=np.zeros((len(vectors), 1)),
        unanswered=_in_scenario(state.unanswered, policy),
        in_control=undrawn,
        in_scenario_control=undrawn,
    )
    later = taken_from_later(looked_at, at_stake.of_late)[:, None]
    value = value - later if charged is None else value - later - charged.whole
    return replace(looked_at, value=value, later=later), at_stake


def _sure(value: Floats, at_stake: Stakes, policy: Policy) -> Floats:
    """Return what candidates over dear channels surely bring, (n, len(policy.dear)): at the lower end of the 80% interval of their
    uplift, and with a part of what keeping a customer is worth.
    """
    dear = policy.dear
    if not len(dear):
        return np.zeros((len(value), 0))
    return (
        value[:, dear]
        - TENTH * deviation(at_stake, policy, dear)
        - (1.0 - SURE_SHARE) * keeping_by_each(at_stake.keeping, at_stake.personal, policy, dear)
    )


def draw_groups(looked_at: Grid, choice: Choice, customer_ids: Texts, message: Ints) -> Grid:
    """Return the grid with the control groups drawn: the global one, and that of the scenario chosen.

    message: (n,) of what was considered. Of a scenario, only those it would have contacted are drawn.
    """
    policy, limits = looked_at.policy, looked_at.policy.limits
    scenario = np.where(choice.acceptable, np.append(policy.messages.scenario, -1)[message], -1)
    control = in_control(customer_ids, limits.holdout_salt, limits.holdout_share)
    of_scenario = in_scenario_control(customer_ids, scenario, policy.messages.scenarios, limits.holdout_salt, limits.scenario_holdout_share)
    return replace(looked_at, in_control=_tri(control), in_scenario_control=_tri(of_scenario))


def _tri(held: Bools) -> Tri:
    return np.where(held, YES, NO).astype(np.int8)[:, None]


def _known(batch: Batch, name: str) -> Floats:
    """Return a column as (n, 1); NaN, which permits nothing, where the batch does not carry it."""
    if name not in batch.names:
        return np.full((len(batch), 1), np.nan)
    return batch.column(name)[:, None]


def _in_scenario(unanswered: Ints, policy: Policy) -> Ints:
    """Return sends without response over all messages of each message's scenario, (n, M); unknown if one of them is."""
    if not policy.shared_scenario:
        return unanswered
    out = unanswered.copy()
    for group in policy.shared_scenario:
        counts = unanswered[:, group]
        known = (counts >= 0).all(axis=1)
        out[:, group] = np.where(known, counts.sum(axis=1), UNKNOWN)[:, None]
    return out
