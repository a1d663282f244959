"""What customers would want if nothing were short, as a shard: what the search for prices looks at.

Made from the very facts and rules that decide, so the prices are those of the contacts that will be chosen. Who is held
back in the global control group wants nothing, for they will take no place.
"""

from __future__ import annotations

import numpy as np

from decisions.allocation.shard import Shard
from decisions.capacity import Slots
from decisions.charge import send_days
from decisions.facts import facts
from decisions.holdout import in_control
from decisions.policy import Policy
from decisions.refusals import refusals
from decisions.spend import spend
from otokui.domain import Instant
from otokui.frames import Batch, ContactState, Predictions


@np.errstate(all="ignore")  # broken numbers are refused by the rules, as when deciding
def wanted(
    predictions: Predictions,
    vectors: Batch,
    summaries: Batch,
    contact_state: ContactState,
    policy: Policy,
    as_of: Instant,
    summarised_at: Instant,
    slots: Slots,
) -> Shard:
    """Return the shard of a batch; customers to whom nothing is open are left out.

    policy: without prices. The other arguments are those of ``decide``.
    """
    looked_at, at_stake = facts(predictions, vectors, summaries, contact_state, policy, int(as_of), int(summarised_at))
    refused, candidates = refusals(looked_at), policy.candidates
    is_open = looked_at.eligible.take(candidates.message, axis=1)
    is_open &= refused.permits(candidates.message, candidates.channel) & refused.worth
    held = in_control(vectors.customer_ids, policy.limits.holdout_salt, policy.limits.holdout_share)
    rows = np.flatnonzero(is_open.any(axis=1) & ~held)
    value = np.where(is_open[rows], looked_at.value[rows] - policy.limits.min_value, -np.inf).astype(np.float32)
    cost = np.nan_to_num(spend(at_stake, policy)[rows], nan=np.inf).astype(np.float32)
    slot = np.full((len(rows), len(candidates)), -1, dtype=np.int16)
    for channel, index, day in send_days(policy, np.flatnonzero(policy.capacity.limited), predictions, summaries, int(as_of)):
        ahead = np.clip(day[rows] - slots.first_day, 0, slots.index.shape[1] - 1)
        slot[:, index] = slots.index[channel, ahead][:, None]
    return Shard(np.ascontiguousarray(value.T), np.ascontiguousarray(cost.T), np.ascontiguousarray(slot.T))
