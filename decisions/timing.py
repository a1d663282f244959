"""When: the day from the expected purchase or at once, the hour from when customers here respond (mission R7).

Hours are pooled twice: the channel's prior hours with what the shop saw read (``decisions.attention``), and that with the
customer's three-hour buckets, as a Dirichlet prior worth a stated number of visits (Gelman et al., Bayesian Data
Analysis, 3rd ed., 3.4). A customer of one evening purchase is thus nudged, not nailed, to the evening.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.local_time import Offsets
from decisions.policy import Policy
from otokui.domain import DAY, HOUR
from otokui.frames import Batch, Bools, Floats, Ints

BUCKETS = 8
"""The day in parts of three hours, as ``active_hour_0`` … ``active_hour_7`` of the summaries count it."""

_CUSTOMER_STRENGTH = 8.0  # responses that the shop's hours are worth against the customer's own
_HALF_LIVES = 6.0  # a message that is to go soon loses half its pull in a sixth of the days in which a response counts
_MINUTE = 60
_BETWEEN = (np.arange(24) + 0.5) / (24 // BUCKETS) - 0.5  # the middle of each hour, in middles of buckets
_BEFORE = np.floor(_BETWEEN).astype(np.int64) % BUCKETS
_AFTER_SHARE = _BETWEEN - np.floor(_BETWEEN)
_MOST = 1e200  # a count beyond it would turn an hour of weight nothing into no number


@dataclass(frozen=True, slots=True)
class SendWindow:
    """UTC seconds, (n,) each: ``not_before <= send_at <= not_after``, all within permitted hours."""

    send_at: Ints
    not_before: Ints
    not_after: Ints


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
    hour = hour_scores(policy, offsets, as_of, message, channel, own_hours).argmax(axis=1)
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


def hour_scores(policy: Policy, offsets: Offsets, as_of: int, message: Ints, channel: Ints, own_hours: Floats) -> Floats:
    """Return how each local hour draws each customer, (n, 24), 0 where it is not permitted.

    Where the day is given, a later hour is none the worse; else waiting costs, the more the sooner a response is expected.
    message, channel: (n,); own_hours: (n, 8).
    """
    shares, messages = policy.hour_shares, policy.messages
    earliest = as_of + policy.channels.lead_seconds
    wall_hours = (earliest + offsets.at(earliest)) / HOUR % 24.0
    delay = (np.arange(24) - np.floor(wall_hours)[:, None]) % 24.0  # (C, 24)
    half_life = np.where(messages.before_due, np.inf, messages.response_days * 24.0 / _HALF_LIVES)
    waiting = 0.5 ** (delay[None, :, :] / half_life[:, None, None])  # (M, C, 24)
    pull = waiting * shares * policy.channels.open_hours
    shop = shares.reshape(len(shares), BUCKETS, 24 // BUCKETS).sum(axis=2)
    buckets = np.minimum(own_hours / shop[channel] + _CUSTOMER_STRENGTH, _MOST)
    # Straight between the middles of the buckets: who comes at ten and at eleven is not met best at nine.
    own = buckets[:, _BEFORE] * (1.0 - _AFTER_SHARE) + buckets[:, (_BEFORE + 1) % BUCKETS] * _AFTER_SHARE
    scores: Floats = pull[message, channel] * own
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
