"""Predictions in, one decision per customer out: the walk through the room, each step in its own file.

Pure: the same inputs and the same policy give the same bytes, whatever the batch the customer came in.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from decisions.choose import Choice, choose
from decisions.explanation import explain
from decisions.facts import draw_groups, facts
from decisions.fallback import fallbacks
from decisions.frame import Codes, Decisions
from decisions.grid import Grid
from decisions.hours import kept_within, other_hours
from decisions.identity import models_digest, name_decisions
from decisions.outcome import outcome
from decisions.policy import Policy
from decisions.refusals import lapses, refusals
from decisions.shortage import tell_short
from decisions.spend import spend_of
from decisions.timing import SendWindow, about, schedule
from decisions.value import Parts, Stakes, parts
from otokui.domain import HOUR, Instant
from otokui.frames import Batch, ContactState, Floats, Ints, Predictions


@np.errstate(all="ignore")  # broken numbers are expected here: every rule refuses what is not a number
def decide(
    predictions: Predictions,
    vectors: Batch,
    summaries: Batch,
    contact_state: ContactState,
    policy: Policy,
    as_of: Instant,
    summarised_at: Instant,
) -> Decisions:
    """Return one decision per customer, in the order they came.

    predictions, vectors, summaries, contact_state: of the same ``n`` customers in the same order, the contact
    state with channels and messages in the order of the policy; as_of, summarised_at: UTC seconds.
    """
    ids = vectors.customer_ids
    decision_ids, draws = name_decisions(
        ids, as_of=as_of, summarised_at=summarised_at, policy=policy.digest, models=models_digest(predictions.models)
    )
    looked_at, at_stake = facts(predictions, vectors, summaries, contact_state, policy, int(as_of), int(summarised_at))
    refused = refusals(looked_at)
    choice = choose(looked_at, refused, at_stake, draws)
    message = np.append(policy.candidates.message, -1)[choice.considered]
    channel = np.append(policy.candidates.channel, -1)[choice.considered]
    looked_at = draw_groups(looked_at, choice, ids, message)
    verdict = outcome(looked_at, choice, refused, message, channel)
    window, others, hours = _plan(looked_at, choice, predictions, summaries, message, channel)
    value = _parts(at_stake, policy, choice.considered)
    spent = _spent(at_stake, policy, choice.considered)
    codes, numbers = explain(looked_at, vectors, predictions, choice, verdict, value.expected_value)
    price, codes, numbers = tell_short(looked_at, choice, refused, codes, numbers)
    return Decisions(
        policy=policy,
        predictions=predictions,
        as_of=as_of,
        summarised_at=summarised_at,
        customer_ids=ids,
        decision_ids=decision_ids,
        status=verdict.status,
        group=verdict.group,
        considered=choice.considered,
        send_at=window.send_at,
        not_before=window.not_before,
        not_after=window.not_after,
        valid_until=np.maximum(window.not_after, int(as_of) + round(policy.limits.valid_hours * HOUR)),
        fallbacks=others,
        value=value,
        price=price,
        spend=spent,
        other_hours=hours,
        propensity=choice.propensity,
        explored=choice.explored,
        refused=verdict.refused,
        lapses=lapses(looked_at, verdict.refused, message, channel),
        reason_codes=codes,
        reason_numbers=numbers,
    )


def _plan(
    looked_at: Grid, choice: Choice, predictions: Predictions, summaries: Batch, message: Ints, channel: Ints
) -> tuple[SendWindow, Codes, Ints]:
    """Return when, where else, and at which other hours, for those with something to send; -1 for the others."""
    policy, customers = looked_at.policy, len(message)
    out = SendWindow(*(np.full(customers, -1, dtype=np.int64) for _ in fields(SendWindow)))
    others: Codes = np.full((customers, len(policy.channels.names)), -1, dtype=np.int8)
    hours = np.full((customers, 23 if np.isfinite(policy.capacity.per_hour).any() else 0), -1, dtype=np.int64)
    rows = np.flatnonzero(choice.acceptable)
    if len(rows):
        offsets, as_of = policy.offsets(looked_at.as_of), looked_at.as_of
        median = predictions.days_to_next_median[rows]
        own = about(policy, summaries, rows)
        window = schedule(policy, offsets, as_of, message[rows], channel[rows], median, own)
        if policy.capacity.limited.any():
            window = kept_within(policy, offsets, channel[rows], window)
        if hours.shape[1]:
            hours[rows] = other_hours(policy, offsets, as_of, message[rows], channel[rows], own, window.send_at)
        out.send_at[rows], out.not_before[rows], out.not_after[rows] = window.send_at, window.not_before, window.not_after
        others[rows] = fallbacks(policy, offsets, as_of, rows, choice, looked_at.value, window)
    return out, others, hours


def _spent(at_stake: Stakes, policy: Policy, considered: Ints) -> Floats:
    """Return what was considered is expected to take of the budget, (n,), NaN for those for whom nothing was."""
    out = np.full(len(considered), np.nan)
    rows = np.flatnonzero(considered >= 0)
    out[rows] = spend_of(at_stake, policy, rows, considered[rows])
    return out


def _parts(at_stake: Stakes, policy: Policy, considered: Ints) -> Parts:
    """Return the parts of the value of what was considered, NaN for those for whom nothing was."""
    rows = np.flatnonzero(considered >= 0)
    some = parts(at_stake, policy, rows, considered[rows])
    spread = {part.name: np.full(len(considered), np.nan) for part in fields(Parts)}
    for name, values in spread.items():
        found = getattr(some, name)
        values[rows] = np.where(np.isnan(found), np.nan, found)  # One NaN: its sign depends on where in a batch a row stands.
    return Parts(**spread)
