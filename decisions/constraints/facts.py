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
from decisions.candidates.wear_out import uplift_share_left
from decisions.constraints import rules
from decisions.customer_batch import CustomerBatch
from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.policy import Policy
from decisions.policy.send_time import open_at
from decisions.value.budget_spend import spend
from decisions.value.expected_value import ValueInputs, candidate_values, deviation, retention_values, value_inputs
from decisions.value.shadow_price_charge import PriceCharge, charge, place_prices
from otokui.domain import DAY, UNKNOWN
from otokui.frames import Batch, Floats, Ints


def constraint_context(batch: CustomerBatch, policy: Policy) -> tuple[ConstraintContext, ValueInputs]:
    """Return the constraint context of a batch, and its value inputs.

    The control groups are not drawn yet, hence unknown.
    """
    vectors, rules = batch.vectors, policy.value
    inputs = value_inputs(batch, rules)
    value, charged = candidate_values(inputs, rules), _charged(batch, policy, inputs)
    not_drawn = np.full((len(batch), 1), UNKNOWN, dtype=np.int8)
    context = ConstraintContext(
        rules=policy.rules if not policy.times.visit else replace(policy.rules, reachable=open_at(policy.times, batch.as_of)),
        as_of=int(batch.as_of),
        summarised_at=int(batch.summarised_at),
        next_day_at=int(batch.as_of) + DAY - int(policy.times.offsets(batch.as_of).local(np.array([int(batch.as_of)]))[0]) % DAY,
        state=batch.contacts,
        recency_days=_known(vectors, "recency_days"),
        purchase_count=_known(vectors, "purchase_count"),
        undelivered_orders=_known(vectors, "undelivered_orders"),
        last_open_order_at=_known(batch.summaries, "last_open_order_at"),
        valid=inputs.valid[:, None],
        eligible=policy.eligibility.permits(vectors, batch.predictions),
        value=value,
        expensive=rules.expensive,
        conservative_value=_conservative_value(value, inputs, rules),
        place_price=None if charged is None else charged.place,
        price=None if charged is None else charged.whole,
        wear_out_cost=np.zeros((len(batch), 1)),
        unanswered=_in_scenario(batch.contacts.unanswered, policy.rules.shared_scenario),
        in_control=not_drawn,
        in_scenario_control=not_drawn,
    )
    left = uplift_share_left(inputs.recent_contacts, rules.personal.wear_out)
    later = wear_out_cost(context, policy.candidates, left)[:, None]
    value = value - later if charged is None else value - later - charged.whole
    return replace(context, value=value, wear_out_cost=later), inputs


def wear_out_cost(context: ConstraintContext, candidates: Candidates, left: Floats) -> Floats:
    """Return the wear-out cost of a contact today, (n,) money.

    It is a share of the customer's best possible contact. left: (n,) share of uplift left after recent contacts
    (``decisions.candidates.wear_out``). A contact is possible if the customer is eligible and reachable; caps do not count, for they
    lapse, and neither do expensive channels, which are used too seldom.
    """
    value = context.value
    reached = rules.nothing_refused(context) & context.rules.channels.enabled
    possible = context.eligible.take(candidates.message, axis=1)
    possible &= reached.take(candidates.channel, axis=1)
    possible &= (value > 0.0) & (value < np.inf)
    possible[:, context.expensive] = False
    best = np.where(possible, value, 0.0).max(axis=1, initial=0.0)
    taken: Floats = (1.0 - left) * best
    return taken


def _charged(batch: CustomerBatch, policy: Policy, inputs: ValueInputs) -> PriceCharge | None:
    """Return the shadow price charge of each candidate; None without prices."""
    if policy.prices is None:
        return None
    place = place_prices(policy.prices, batch, policy.candidates, policy.times)
    spent = spend(inputs.p_without, inputs.personal, policy.value) if policy.prices.money > 0.0 else None
    return charge(policy.prices, place, spent)


def _conservative_value(value: Floats, inputs: ValueInputs, rules: ValueRules) -> Floats:
    """Return the conservative value of candidates over expensive channels, (n, len(rules.expensive)).

    It takes the lower end of the 80% interval of their uplift, and part of the retention value.
    """
    expensive = rules.expensive
    if not len(expensive):
        return np.zeros((len(value), 0))
    return (
        value[:, expensive]
        - TENTH * deviation(inputs, rules, expensive)
        - (1.0 - SURE_SHARE) * retention_values(inputs, rules, only=expensive)
    )


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
