"""Constraint context of a batch: the inputs of the rules, with values after charges.

A missing column is unknown, never assumed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from decisions.candidates.candidate_terms import ValueRules
from decisions.candidates.candidates import Candidates
from decisions.candidates.retention import SURE_SHARE
from decisions.candidates.uplift_prior import TENTH
from decisions.candidates.wear_out import rested
from decisions.constraints import rules
from decisions.customer_batch import CustomerBatch
from decisions.policy.constraint_context import Grid
from decisions.policy.policy import Policy
from decisions.value.budget_spend import spend
from decisions.value.expected_value import Stakes, deviation, grid, keeping_by_each, stakes
from decisions.value.shadow_price_charge import Charged, charge, place_prices
from otokui.domain import DAY, UNKNOWN
from otokui.frames import Batch, Floats, Ints


def facts(batch: CustomerBatch, policy: Policy) -> tuple[Grid, Stakes]:
    """Return the constraint context of a batch, and its value inputs.

    The control groups are not drawn yet, hence unknown.
    """
    vectors, rules = batch.vectors, policy.value
    at_stake = stakes(batch, rules)
    value, charged = grid(at_stake, rules), _charged(batch, policy, at_stake)
    undrawn = np.full((len(batch), 1), UNKNOWN, dtype=np.int8)
    looked_at = Grid(
        rules=policy.rules,
        as_of=int(batch.as_of),
        summarised_at=int(batch.summarised_at),
        next_day_at=int(batch.as_of) + DAY - int(policy.times.offsets(batch.as_of).local(np.array([int(batch.as_of)]))[0]) % DAY,
        state=batch.contacts,
        recency_days=_known(vectors, "recency_days"),
        purchase_count=_known(vectors, "purchase_count"),
        undelivered_orders=_known(vectors, "undelivered_orders"),
        last_open_order_at=_known(batch.summaries, "last_open_order_at"),
        valid=at_stake.valid[:, None],
        eligible=policy.eligibility.permits(vectors, batch.predictions),
        value=value,
        dear=rules.dear,
        sure=_sure(value, at_stake, rules),
        place_price=None if charged is None else charged.place,
        price=None if charged is None else charged.whole,
        later=np.zeros((len(batch), 1)),
        unanswered=_in_scenario(batch.contacts.unanswered, policy.rules.shared_scenario),
        in_control=undrawn,
        in_scenario_control=undrawn,
    )
    left = rested(at_stake.of_late, rules.personal.wear_out)
    later = taken_from_later(looked_at, policy.candidates, left)[:, None]
    value = value - later if charged is None else value - later - charged.whole
    return replace(looked_at, value=value, later=later), at_stake


def taken_from_later(looked_at: Grid, candidates: Candidates, left: Floats) -> Floats:
    """Return the wear-out cost of a contact today, (n,) money.

    It is a share of the customer's best possible contact. left: (n,) share of uplift left after recent contacts
    (``decisions.candidates.wear_out``). A contact is possible if the customer is eligible and reachable; caps do not count, for they
    lapse, and neither do expensive channels, which are used too seldom.
    """
    value = looked_at.value
    reached = rules.nothing_refused(looked_at) & rules.channel_enabled(looked_at)
    could = looked_at.eligible.take(candidates.message, axis=1)
    could &= reached.take(candidates.channel, axis=1)
    could &= (value > 0.0) & (value < np.inf)
    could[:, looked_at.dear] = False
    best = np.where(could, value, 0.0).max(axis=1, initial=0.0)
    taken: Floats = (1.0 - left) * best
    return taken


def _charged(batch: CustomerBatch, policy: Policy, at_stake: Stakes) -> Charged | None:
    """Return the shadow price charge of each candidate; None without prices."""
    if policy.prices is None:
        return None
    place = place_prices(policy.prices, batch, policy.candidates, policy.times)
    spent = spend(at_stake.p_without, at_stake.personal, policy.value) if policy.prices.money > 0.0 else None
    return charge(policy.prices, place, spent)


def _sure(value: Floats, at_stake: Stakes, rules: ValueRules) -> Floats:
    """Return the conservative value of candidates over expensive channels, (n, len(rules.dear)).

    It takes the lower end of the 80% interval of their uplift, and part of the retention value.
    """
    dear = rules.dear
    if not len(dear):
        return np.zeros((len(value), 0))
    return value[:, dear] - TENTH * deviation(at_stake, rules, dear) - (1.0 - SURE_SHARE) * keeping_by_each(at_stake, rules, only=dear)


def _known(batch: Batch, name: str) -> Floats:
    """Return a column as (n, 1).

    It is NaN, which permits nothing, if the batch does not carry it.
    """
    if name not in batch.names:
        return np.full((len(batch), 1), np.nan)
    return batch.column(name)[:, None]


def _in_scenario(unanswered: Ints, shared: tuple[Ints, ...]) -> Ints:
    """Return sends without response over all messages of each message's scenario, (n, M).

    The sum is unknown if one of them is. shared: the messages of each scenario that has more than one.
    """
    if not shared:
        return unanswered
    out = unanswered.copy()
    for group in shared:
        counts = unanswered[:, group]
        known = (counts >= 0).all(axis=1)
        out[:, group] = np.where(known, counts.sum(axis=1), UNKNOWN)[:, None]
    return out
