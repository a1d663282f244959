"""Decide on a customer batch under a policy: all steps in order.

Each step has its own file. Pure: the same inputs and the same policy give the same bytes, whatever the batch of a customer.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from decisions.candidates.candidate_terms import ValueRules
from decisions.constraints.facts import constraint_context
from decisions.constraints.refusals import Refusals, lapses, refusals
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Codes, Decisions
from decisions.explanation.reasons import explain
from decisions.explanation.shortage import shortage_reasons
from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.control_groups import ComparisonGroups
from decisions.policy.policy import Policy
from decisions.policy.send_time import Contacts, SendWindow, active_hours, cut_to_capacity, other_hours, schedule, valid_until
from decisions.selection.channel_fallback import fallbacks
from decisions.selection.choose import Choice, Draws, choose
from decisions.selection.decision_id import models_digest, name_decisions
from decisions.selection.outcome import draw_groups, outcome
from decisions.value.budget_spend import spend_of
from decisions.value.expected_value import ValueInputs, ValueParts, parts
from otokui.frames import Floats, Ints


def decide(batch: CustomerBatch, policy: Policy) -> Decisions:
    """Return one decision per customer, in their order.

    The products of a message are added later (``decisions.selection.product_display``).
    """
    return _decided(batch, policy)


def decide_forced(batch: CustomerBatch, policy: Policy, candidate: int) -> Decisions:
    """Return one candidate's contact for each customer, whatever refuses it.

    Never sent in earnest: ``refused`` names every constraint against the contact, though the status is contact.
    """
    return _decided(batch, policy, candidate)


@np.errstate(all="ignore")  # broken numbers are expected here: every rule refuses what is not a number
def _decided(batch: CustomerBatch, policy: Policy, forced: int | None = None) -> Decisions:
    """Return the decisions; ``forced``: the candidate of all of them, None = each customer's best."""
    ids, as_of = batch.customer_ids, int(batch.as_of)
    decision_ids, draws = name_decisions(batch, policy.digest, models_digest(batch.predictions.models))
    context, inputs = constraint_context(batch, policy)
    refused = refusals(context)
    choice = choose(policy, context, refused, inputs, Draws(draws, ComparisonGroups.draw(ids, policy.holdout)))
    if forced is not None:
        choice = choice.of_candidate(forced, refused)
    message = np.append(policy.candidates.message, -1)[choice.considered]
    channel = np.append(policy.candidates.channel, -1)[choice.considered]
    scenario = np.where(choice.acceptable, np.append(policy.messages.scenario, -1)[message], -1)
    context = draw_groups(context, policy.holdout, ids, scenario)
    verdict = outcome(context, choice, refused, message, channel)
    if forced is not None:
        verdict = verdict.despite(refused.of(np.arange(len(batch)), message, channel, choice.considered))
    window, others, hours = _plan(batch, policy, context, choice)
    decisions = Decisions(
        policy=policy,
        predictions=batch.predictions,
        as_of=batch.as_of,
        summarised_at=batch.summarised_at,
        customer_ids=ids,
        decision_ids=decision_ids,
        status=verdict.status,
        group=verdict.group,
        considered=choice.considered,
        send_at=window.send_at,
        not_before=window.not_before,
        not_after=window.not_after,
        valid_until=valid_until(policy.times, as_of, window),
        fallbacks=others,
        value=_parts(inputs, policy.value, choice.considered),
        price=np.zeros(len(batch)),
        spend=_spent(inputs, policy.value, choice.considered),
        other_hours=hours,
        propensity=choice.propensity,
        explored=choice.explored,
        refused=verdict.refused,
        lapses=lapses(context, verdict.refused, message, channel),
        reason_codes=np.empty((len(batch), 0), dtype=np.int16),
        reason_numbers=np.empty((len(batch), 0, 2)),
    )
    return _with_reasons(decisions, batch, context, refused)


def _with_reasons(decisions: Decisions, batch: CustomerBatch, context: ConstraintContext, refused: Refusals) -> Decisions:
    """Return the decisions with their reasons.

    The last reason names the shadow price, if there are prices.
    """
    codes, numbers = explain(decisions, batch.vectors, context.wear_out_cost[:, 0])
    price, shortage, shortage_numbers = shortage_reasons(decisions, context, refused)
    if shortage is not None:
        codes = np.column_stack([codes, shortage.astype(np.int16)])
        numbers = np.concatenate([numbers, shortage_numbers[:, None, :]], axis=1)
    return replace(decisions, price=price, reason_codes=codes, reason_numbers=numbers)


def _plan(batch: CustomerBatch, policy: Policy, context: ConstraintContext, choice: Choice) -> tuple[SendWindow, Codes, Ints]:
    """Return send window, channel fallbacks and alternative hours of acceptable contacts; -1 for others."""
    customers, times, as_of = len(batch), policy.times, context.as_of
    out = SendWindow(*(np.full(customers, -1, dtype=np.int64) for _ in fields(SendWindow)))
    others: Codes = np.full((customers, len(policy.channels.names)), -1, dtype=np.int8)
    hours = np.full((customers, 23 if np.isfinite(policy.capacity.per_hour).any() else 0), -1, dtype=np.int64)
    rows = np.flatnonzero(choice.acceptable)
    if len(rows):
        considered = choice.considered[rows]
        contacts = Contacts(
            policy.candidates.message[considered],
            policy.candidates.channel[considered],
            batch.predictions.days_to_next_median[rows],
            active_hours(times, batch.summaries, rows),
            batch.spaced(rows, policy.candidates.channel[considered]),
        )
        window = schedule(times, as_of, contacts)
        if policy.capacity.limited.any():
            window = cut_to_capacity(policy.capacity, times.offsets(as_of), contacts.channel, window)
        if hours.shape[1] and not times.visit:
            hours[rows] = other_hours(times, policy.capacity, as_of, contacts, window.send_at)
        out.send_at[rows], out.not_before[rows], out.not_after[rows] = window.send_at, window.not_before, window.not_after
        others[rows] = fallbacks(policy, context, choice, rows, window)
    return out, others, hours


def _spent(inputs: ValueInputs, rules: ValueRules, considered: Ints) -> Floats:
    """Return the expected budget spend of the candidate considered, (n,), NaN for none."""
    out = np.full(len(considered), np.nan)
    rows = np.flatnonzero(considered >= 0)
    out[rows] = spend_of(inputs.p_without[rows], inputs.personal.rows(rows), rules, considered[rows])
    return out


def _parts(inputs: ValueInputs, rules: ValueRules, considered: Ints) -> ValueParts:
    """Return the value parts of the candidate considered, NaN for none."""
    rows = np.flatnonzero(considered >= 0)
    some = parts(inputs, rules, rows, considered[rows])
    spread = {part.name: np.full(len(considered), np.nan) for part in fields(ValueParts)}
    for name, values in spread.items():
        part_values = getattr(some, name)
        values[rows] = np.where(np.isnan(part_values), np.nan, part_values)  # One NaN: its sign depends on where in a batch a row stands.
    return ValueParts(**spread)
