"""Demand of customers without limits, as a shard, and the capacity to share.

It uses the very context and rules of decisions, so the prices are those of the contacts that will be chosen. Customers in the global
control group have no demand, for they take no place.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from decisions.allocation.capacity import Capacity, Slots
from decisions.allocation.shard import AvailableCapacity, Shard
from decisions.constraints.facts import constraint_context
from decisions.constraints.refusals import refusals
from decisions.customer_batch import CustomerBatch
from decisions.policy.control_groups import in_control
from decisions.policy.policy import Policy
from decisions.policy.send_time import SendTimes
from decisions.value.budget_spend import spend
from decisions.value.shadow_price_charge import send_days
from otokui.domain import DAY, HOUR, Instant


@np.errstate(all="ignore")  # broken numbers are refused by the rules, as when deciding
def demand(batch: CustomerBatch, policy: Policy, slots: Slots) -> Shard:
    """Return the demand of a batch under a policy without prices.

    Customers without an open candidate are left out.
    """
    context, inputs = constraint_context(batch, policy)
    refused, candidates = refusals(context), policy.candidates
    is_open = context.eligible.take(candidates.message, axis=1)
    is_open &= refused.permits(candidates.message, candidates.channel) & refused.worth
    held = in_control(batch.customer_ids, policy.holdout.salt, policy.holdout.share)
    rows = np.flatnonzero(is_open.any(axis=1) & ~held)
    value = np.where(is_open[rows], context.value[rows] - policy.rules.min_value, -np.inf).astype(np.float32)
    cost = np.nan_to_num(spend(inputs.p_without, inputs.personal, policy.value)[rows], nan=np.inf).astype(np.float32)
    slot = np.full((len(rows), len(candidates)), -1, dtype=np.int16)
    for channel, index, day in send_days(batch, candidates, policy.times, np.flatnonzero(policy.capacity.limited)):
        ahead = np.clip(day[rows] - slots.first_day, 0, slots.index.shape[1] - 1)
        slot[:, index] = slots.index[channel, ahead][:, None]
    return Shard(np.ascontiguousarray(value.T), np.ascontiguousarray(cost.T), np.ascontiguousarray(slot.T))


def days_ahead(times: SendTimes) -> int:
    """Return the number of local days with capacity in a send window."""
    return times.window_days + 2


def slots_left(capacity: Capacity, times: SendTimes, as_of: Instant, used: Iterable[tuple[int, int, int]], spent: float) -> Slots:
    """Return the capacity and the budget left at ``as_of``.

    used: (channel, send time, contacts) of contacts sent or reserved already; spent: money of this period. An hour that is over, or too
    near for the lead time, has no capacity left.
    """
    channels, days, shop = len(capacity.per_day), days_ahead(times), times.offsets(as_of)
    first_day = int(shop.local(np.array([int(as_of)]))[0] // DAY)
    taken = np.zeros((channels, days, 24))
    for channel, at, count in used:
        day, second = divmod(int(shop.local(np.array([at]))[0]) - first_day * DAY, DAY)
        if 0 <= day < days and channel >= 0:
            taken[channel, day, second // HOUR] += count
    earliest = shop.local(int(as_of) + times.channels.lead_seconds)
    ends = (first_day * DAY + np.arange(days * 24 + 1)[1:] * HOUR).reshape(days, 24)
    reachable = times.channels.open_hours[:, None, :] & (ends[None] > earliest[:, None, None])
    by_hour = np.where(reachable, np.maximum(capacity.per_hour[:, None, None] - taken, 0.0), 0.0).sum(axis=2)
    left = np.minimum(np.maximum(capacity.per_day[:, None] - taken.sum(axis=2), 0.0), by_hour)
    limited = np.repeat(capacity.limited[:, None], days, axis=1)
    index = np.full((channels, days), -1, dtype=np.int64)
    index[limited] = np.arange(int(limited.sum()))
    return Slots(first_day, index, AvailableCapacity(max(capacity.money - spent, 0.0), left[limited]))
