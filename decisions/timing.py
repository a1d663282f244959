"""When: the day from the expected purchase or at once, the hour from when customers here respond (mission R7).

Hours are pooled twice: the channel's prior hours with the shop's own counts, and that with the customer's
three-hour buckets, each as a Dirichlet prior worth a stated number of responses (Gelman et al., Bayesian
Data Analysis, 3rd ed., 3.4). A customer of one evening purchase is thus nudged, not nailed, to the evening.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from decisions.local_time import Offsets
from otokui.domain import DAY, HOUR
from otokui.frames import Batch, Bools, Floats, Ints

if TYPE_CHECKING:
    from decisions.policy import Policy

BUCKETS = 8
"""The day in parts of three hours, as ``active_hour_0`` … ``active_hour_7`` of the summaries count it."""

_SHOP_STRENGTH = 200.0  # responses that a channel's prior hours are worth against the shop's own
_CUSTOMER_STRENGTH = 8.0  # responses that the shop's hours are worth against the customer's own
_HALF_LIFE_HOURS = 12.0  # a message that is to go soon loses half its pull in so long
_MINUTE = 60
_MOST = 1e200  # a count beyond it would turn an hour of weight nothing into no number


@dataclass(frozen=True, slots=True)
class SendWindow:
    """UTC seconds, (n,) each: ``not_before <= send_at <= not_after``, all within permitted hours."""

    send_at: Ints
    not_before: Ints
    not_after: Ints


def hour_shares(prior: Floats, counts: Floats) -> Floats:
    """Return the share of responses by local hour for each channel, (C, 24), rows summing to one.

    prior: (C, 24) weights, any scale, all zero = even; counts: (C, 24) responses the shop has seen.
    """
    even = np.full_like(prior, 1.0 / 24)
    total = prior.sum(axis=1, keepdims=True)
    shares = np.divide(prior, total, out=even, where=total > 0)
    shares = 0.99 * shares + 0.01 / 24  # no hour is impossible
    pooled: Floats = (counts + _SHOP_STRENGTH * shares) / (counts.sum(axis=1, keepdims=True) + _SHOP_STRENGTH)
    return pooled


def reachable(policy: Policy) -> Bools:
    """Return (C,): whether any permitted hour lies within the window once the lead time is over."""
    in_time = policy.channels.lead_seconds + DAY <= policy.limits.window_days * DAY
    return policy.channels.open_hours.any(axis=1) & in_time


def schedule(
    policy: Policy, offsets: Offsets, as_of: int, message: Ints, channel: Ints, median_days: Floats, own_hours: Floats
) -> SendWindow:
    """Return the send window of each row's message over its channel; the channels must be ``reachable``.

    message, channel: (n,) indexes; median_days: (n,) days to the next purchase, NaN = go soon; own_hours:
    (n, 8) from ``active_hours``.
    """
    earliest = as_of + policy.channels.lead_seconds[channel]
    begin = np.where(policy.messages.before_due[message], _due_day(policy, offsets, as_of, message, median_days, earliest), earliest)
    wall = -(-(begin + offsets.at(begin)) // _MINUTE) * _MINUTE
    hour = _best_hours(policy, offsets, as_of, channel, policy.messages.before_due[message], own_hours)
    wait = (hour * HOUR - wall) % DAY
    inside = wall % DAY // HOUR == hour
    wall = np.where(inside, wall, wall + wait)
    send_at = offsets.to_utc(wall)
    # Of an hour that comes twice, the first may be over already.
    send_at = np.where(send_at < begin, wall - offsets.at(begin), send_at)
    return _around(policy, offsets, channel, send_at, begin)


def _due_day(policy: Policy, offsets: Offsets, as_of: int, message: Ints, median_days: Floats, earliest: Ints) -> Ints:
    """Return the local midnight of the day ``lead_days`` before the expected purchase, within the window."""
    last = as_of + (policy.limits.window_days - 1) * DAY
    due = (np.where(np.isfinite(median_days), median_days, 0.0) - policy.messages.due_lead_days[message]) * DAY
    at = as_of + np.clip(due, 0.0, float(last - as_of)).astype(np.int64)
    offset = offsets.at(at)
    day: Ints = np.maximum((at + offset) // DAY * DAY - offset, earliest)
    return day


def _best_hours(policy: Policy, offsets: Offsets, as_of: int, channel: Ints, patient: Bools, own_hours: Floats) -> Ints:
    """Return the permitted local hour at which each customer most likely responds, (n,)."""
    hours: Ints = hour_scores(policy, offsets, as_of, channel, patient, own_hours).argmax(axis=1)
    return hours


def hour_scores(policy: Policy, offsets: Offsets, as_of: int, channel: Ints, patient: Bools, own_hours: Floats) -> Floats:
    """Return how each local hour draws each customer, (n, 24), 0 where it is not permitted.

    patient: (n,) whether the day is given, so that a later hour is none the worse; own_hours: (n, 8).
    """
    shares = policy.hour_shares
    earliest = as_of + policy.channels.lead_seconds
    wall_hours = (earliest + offsets.at(earliest)) / HOUR % 24.0
    delay = (np.arange(24) - np.floor(wall_hours)[:, None]) % 24.0
    pull = np.stack([shares * 0.5 ** (delay / _HALF_LIFE_HOURS), shares]) * policy.channels.open_hours  # soon, patient
    shop = shares.reshape(len(shares), BUCKETS, 24 // BUCKETS).sum(axis=2)
    own = np.minimum(np.repeat(own_hours / shop[channel] + _CUSTOMER_STRENGTH, 24 // BUCKETS, axis=1), _MOST)
    scores: Floats = pull[patient.astype(np.int64), channel] * own
    return scores


def active_hours(summaries: Batch) -> Floats:
    """Return the customers' counts by three-hour bucket, (n, 8); what is not known counts as none."""
    if "active_hour_0" not in summaries.names:
        return np.zeros((len(summaries), BUCKETS))
    first = summaries.names.index("active_hour_0")
    places = [summaries.names.index(f"active_hour_{b}") for b in range(BUCKETS)]
    run = places == list(range(first, first + BUCKETS))
    own = summaries.values[:, first : first + BUCKETS] if run else summaries.values[:, places]
    return np.where(np.isfinite(own) & (own > 0.0), own, 0.0)


def _around(policy: Policy, offsets: Offsets, channel: Ints, send_at: Ints, begin: Ints) -> SendWindow:
    """Open a window around each send time, no wider than permitted hours and one offset of the clock allow."""
    half = int(policy.limits.send_window_hours * HOUR / 2)
    wall = send_at + offsets.at(send_at)
    hour = wall % DAY // HOUR
    into = wall % HOUR
    opened = send_at - into - policy.hours_open_before[channel, hour] * HOUR
    closing = send_at - into + policy.hours_open_after[channel, hour] * HOUR - 1
    first, last = offsets.bounds(send_at)
    not_before = np.maximum(np.maximum(send_at - half, opened), np.maximum(begin, first))
    return SendWindow(send_at, np.minimum(not_before, send_at), np.minimum(np.minimum(send_at + half, closing), last))


def run_lengths(open_hours: Bools) -> tuple[Ints, Ints]:
    """Return for each channel and hour how many permitted hours lie unbroken before it, and from it on, (C, 24) each.

    An hour that is not permitted has none of either; around the clock counts 24.
    """
    before = np.zeros(open_hours.shape, dtype=np.int64)
    after = np.zeros(open_hours.shape, dtype=np.int64)
    for channel, hours in enumerate(open_hours):
        for hour in range(24):
            if hours[hour]:
                back = next((k for k in range(1, 24) if not hours[(hour - k) % 24]), 24)
                ahead = next((k for k in range(1, 24) if not hours[(hour + k) % 24]), 24)
                before[channel, hour], after[channel, hour] = back - 1, ahead
    return before, after
