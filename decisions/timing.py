"""When: the day from the expected purchase or at once, the hour from when customers here respond (mission R7).

Hours are pooled from the shop to the kind of customer to the customer: the channel's prior hours with what the shop saw read
(``decisions.attention``), times how much more than others the customer is about in each three hours of the day, by their own
purchases, visits and openings drawn towards the kinds of customers that the shop has (``scoring.habit``). A customer of one
evening purchase is thus nudged, not nailed, to the evening.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.local_time import Offsets
from decisions.policy import Policy
from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR
from otokui.frames import Batch, Bools, Floats, Ints
from scoring.habit import Tastes, tallied

BUCKETS = 8
ABOUT = tuple(f"active_hour_{bucket}" for bucket in range(BUCKETS))
"""The summary columns that count purchases, events and openings of a customer's own time by three hours of the local day."""

_STRENGTH = 8.0  # times at which a customer was about that the shop's hours are worth, where no kinds were learnt
_HALF_LIVES = 6.0  # a message that is to go soon loses half its pull in a sixth of the days in which a response counts
_MINUTE = 60
_BETWEEN = (np.arange(24) + 0.5) / (24 // BUCKETS) - 0.5  # the middle of each hour, in middles of buckets
_BEFORE = np.floor(_BETWEEN).astype(np.int64) % BUCKETS
_AFTER_SHARE = _BETWEEN - np.floor(_BETWEEN)


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


def schedule(policy: Policy, offsets: Offsets, as_of: int, message: Ints, channel: Ints, median_days: Floats, own: Floats) -> SendWindow:
    """Return the send window of each row's message over its channel; the channels must be ``reachable``.

    message, channel: (n,) indexes; median_days: (n,) days to the next purchase, NaN = go soon; own: (n, 8) from ``about``.
    """
    earliest = as_of + policy.channels.lead_seconds[channel]
    begin = np.where(policy.messages.before_due[message], _due_day(policy, offsets, as_of, message, median_days, earliest), earliest)
    wall = -(-(begin + offsets.at(begin)) // _MINUTE) * _MINUTE
    hour = hour_scores(policy, offsets, as_of, message, channel, wall, own).argmax(axis=1)
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


def hour_scores(policy: Policy, offsets: Offsets, as_of: int, message: Ints, channel: Ints, wall: Ints, own: Floats) -> Floats:
    """Return how each local hour draws each customer, (n, 24), 0 where it is not permitted.

    Where the day is given, a later hour is none the worse; else waiting costs, the more the sooner a response is expected.
    message, channel: (n,); wall: (n,) local seconds from which hours count, up to a day on; own: (n, 8) from ``about``.
    """
    messages = policy.messages
    earliest = as_of + policy.channels.lead_seconds
    wall_hours = (earliest + offsets.at(earliest)) / HOUR % 24.0
    delay = (np.arange(24) - np.floor(wall_hours)[:, None]) % 24.0  # (C, 24)
    half_life = np.where(messages.before_due, np.inf, messages.response_days * 24.0 / _HALF_LIVES)
    waiting = 0.5 ** (delay[None, :, :] / half_life[:, None, None])  # (M, C, 24)
    pull = waiting * policy.channels.open_hours
    weekday = (wall[:, None] // DAY + (np.arange(24) < wall[:, None] % DAY // HOUR) + EPOCH_WEEKDAY) % 7  # of each hour, (n, 24)
    # Straight between the middles of the buckets: who comes at ten and at eleven is not met best at nine.
    drawn = own[:, _BEFORE] * (1.0 - _AFTER_SHARE) + own[:, (_BEFORE + 1) % BUCKETS] * _AFTER_SHARE
    scores: Floats = pull[message, channel] * policy.hour_shares[channel[:, None], weekday, np.arange(24)] * drawn
    return scores


def about(policy: Policy, summaries: Batch, rows: Ints | slice = slice(None)) -> Floats:
    """Return how much more than others some (all) are about in each three hours of the day, (len(rows), 8); 1 = as others, or not known."""
    usual = policy.about.chances(np.zeros((1, BUCKETS), dtype=np.int64))
    drawn: Floats = policy.about.chances(tallied(summaries, ABOUT, len(summaries))[rows]) / usual
    return drawn


def alike(hour_shares: Floats) -> Tastes:
    """Return one kind of customers, about when contacts are read over the mean channel; hour_shares: (C, 7, 24)."""
    mean = hour_shares.mean(axis=(0, 1)) if len(hour_shares) else np.full(24, 1.0 / 24)
    alpha = _STRENGTH * mean.reshape(BUCKETS, 24 // BUCKETS).sum(axis=1)
    return Tastes(weights=(1.0,), alphas=(tuple(alpha.tolist()),))


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
