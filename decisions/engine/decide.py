"""Decide on a customer batch under a policy: all steps in order.

Each step has its own file. Pure: the same inputs and the same policy give the same bytes, whatever the batch of a customer.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from decisions.candidates.candidate_terms import ValueRules
from decisions.constraints.facts import facts
from decisions.constraints.refusals import Refusals, lapses, refusals
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Codes, Decisions
from decisions.explanation.reasons import explain
from decisions.explanation.shortage import tell_short
from decisions.policy.constraint_context import Grid
from decisions.policy.policy import Policy
from decisions.policy.send_time import Contacts, SendWindow, active_hours, kept_within, other_hours, schedule
from decisions.selection.channel_fallback import fallbacks
from decisions.selection.choose import Choice, choose
from decisions.selection.decision_id import models_digest, name_decisions
from decisions.selection.outcome import draw_groups, outcome
from decisions.value.budget_spend import spend_of
from decisions.value.expected_value import Stakes, ValueParts, parts
from otokui.domain import HOUR
from otokui.frames import Floats, Ints


@np.errstate(all="ignore")  # broken numbers are expected here: every rule refuses what is not a number
def decide(batch: CustomerBatch, policy: Policy) -> Decisions:
    """Return one decision per customer, in their order.

    The products of a message are added later (``decisions.selection.product_display``).
    """
    ids, as_of = batch.customer_ids, int(batch.as_of)
    decision_ids, draws = name_decisions(batch, policy.digest, models_digest(batch.predictions.models))
    looked_at, at_stake = facts(batch, policy)
    refused = refusals(looked_at)
    choice = choose(policy, looked_at, refused, at_stake, draws)
    message = np.append(policy.candidates.message, -1)[choice.considered]
    channel = np.append(policy.candidates.channel, -1)[choice.considered]
    scenario = np.where(choice.acceptable, np.append(policy.messages.scenario, -1)[message], -1)
    looked_at = draw_groups(looked_at, policy.holdout, ids, scenario)
    verdict = outcome(looked_at, choice, refused, message, channel)
    window, others, hours = _plan(batch, policy, looked_at, choice)
    made = Decisions(
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
        valid_until=np.maximum(window.not_after, as_of + round(policy.times.valid_hours * HOUR)),
        fallbacks=others,
        value=_parts(at_stake, policy.value, choice.considered),
        price=np.zeros(len(batch)),
        spend=_spent(at_stake, policy.value, choice.considered),
        other_hours=hours,
        propensity=choice.propensity,
        explored=choice.explored,
        refused=verdict.refused,
        lapses=lapses(looked_at, verdict.refused, message, channel),
        reason_codes=np.empty((len(batch), 0), dtype=np.int16),
        reason_numbers=np.empty((len(batch), 0, 2)),
    )
    return _with_reasons(made, batch, looked_at, refused)


def _with_reasons(made: Decisions, batch: CustomerBatch, looked_at: Grid, refused: Refusals) -> Decisions:
    """Return the decisions with their reasons.

    The last reason names the shadow price, if there are prices.
    """
    codes, numbers = explain(made, batch.vectors, looked_at.later[:, 0])
    price, short, told = tell_short(made, looked_at, refused)
    if short is not None:
        codes = np.column_stack([codes, short.astype(np.int16)])
        numbers = np.concatenate([numbers, told[:, None, :]], axis=1)
    return replace(made, price=price, reason_codes=codes, reason_numbers=numbers)


def _plan(batch: CustomerBatch, policy: Policy, looked_at: Grid, choice: Choice) -> tuple[SendWindow, Codes, Ints]:
    """Return send window, channel fallbacks and alternative hours of acceptable contacts; -1 for others."""
    customers, times, as_of = len(batch), policy.times, looked_at.as_of
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
        )
        window = schedule(times, as_of, contacts)
        if policy.capacity.limited.any():
            window = kept_within(policy.capacity, times.offsets(as_of), contacts.channel, window)
        if hours.shape[1]:
            hours[rows] = other_hours(times, policy.capacity, as_of, contacts, window.send_at)
        out.send_at[rows], out.not_before[rows], out.not_after[rows] = window.send_at, window.not_before, window.not_after
        others[rows] = fallbacks(policy, looked_at, choice, rows, window)
    return out, others, hours


def _spent(at_stake: Stakes, rules: ValueRules, considered: Ints) -> Floats:
    """Return the expected budget spend of the candidate considered, (n,), NaN for none."""
    out = np.full(len(considered), np.nan)
    rows = np.flatnonzero(considered >= 0)
    out[rows] = spend_of(at_stake.p_without[rows], at_stake.personal.rows(rows), rules, considered[rows])
    return out


def _parts(at_stake: Stakes, rules: ValueRules, considered: Ints) -> ValueParts:
    """Return the value parts of the candidate considered, NaN for none."""
    rows = np.flatnonzero(considered >= 0)
    some = parts(at_stake, rules, rows, considered[rows])
    spread = {part.name: np.full(len(considered), np.nan) for part in fields(ValueParts)}
    for name, values in spread.items():
        found = getattr(some, name)
        values[rows] = np.where(np.isnan(found), np.nan, found)  # One NaN: its sign depends on where in a batch a row stands.
    return ValueParts(**spread)
