"""Send times: the day from the expected purchase, the hour from responses (mission R7).

A message without a due day goes as soon as possible. Hours are pooled from the shop to the kind of customer to the customer: the
channel's prior hours with the shop's reads (``decisions.candidates.channel_engagement``), times the customer's active hours relative to
others, in eight buckets of three hours. Active hours come from the customer's own purchases, visits and opens, shrunk towards the shop's
kinds of customers (``scoring.base_models.purchase_times``). One evening purchase thus moves a customer's hours only a little towards the
evening.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.allocation.capacity import Capacity
from decisions.candidates.channel_message_arrays import ChannelArrays, MessageArrays
from decisions.policy.spaced_send_times import Spaced, SpacingTimes
from decisions.policy.utc_offsets import Offsets, offsets
from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR, Instant
from otokui.frames import Batch, Bools, Floats, Ints
from scoring.base_models.purchase_times import DirichletMixture, counts_of_columns

BUCKETS = 8
ABOUT = tuple(f"active_hour_{bucket}" for bucket in range(BUCKETS))
"""Summary columns with a customer's purchases, events and opens by three hours of the local day."""

_STRENGTH = 8.0  # weight of the shop's hours in active times, if no kinds of customers were learnt
_HALF_LIVES = 6.0  # a message to send soon loses half its score in a sixth of its response days
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


@dataclass(frozen=True, slots=True)
class SendTimes:
    """Send-time parameters of a policy: open hours, read shares, active hours, windows."""

    timezone: str
    messages: MessageArrays
    channels: ChannelArrays
    hour_shares: Floats  # (C, 7, 24) by weekday, Monday first
    active_hours: DirichletMixture  # kinds of customers by active hours, in eight buckets of three hours
    open_before: Ints  # (C, 24) permitted hours unbroken before each hour
    open_after: Ints  # (C, 24) and from it on
    window_days: int
    send_window_hours: float
    valid_hours: float
    spacing: SpacingTimes
    visit: bool = False  # the customer is there: now or never

    def offsets(self, as_of: Instant | int) -> Offsets:
        """Return the shop's offsets from UTC over the send window that begins at ``as_of``."""
        return offsets(self.timezone, as_of, self.window_days + 3)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts to be timed, (n,) each: message, channel, next purchase, active hours.

    message, channel: indexes; median_days: days to the next purchase, NaN = send soon; spaced: the customer's other contacts.
    """

    message: Ints
    channel: Ints
    median_days: Floats
    active: Floats  # (n, 8)
    spaced: Spaced

    def rows(self, index: Ints) -> Contacts:
        """Return some of the contacts."""
        return Contacts(self.message[index], self.channel[index], self.median_days[index], self.active[index], self.spaced.rows(index))


def reachable(channels: ChannelArrays, window_days: int) -> Bools:
    """Return the channels with a permitted hour within the window after lead time, (C,)."""
    in_time = channels.lead_seconds + DAY <= window_days * DAY
    return channels.open_hours.any(axis=1) & in_time


def schedule(times: SendTimes, as_of: int, contacts: Contacts) -> SendWindow:
    """Return the send window of each contact; the channels must be ``reachable``.

    A time that is too near to another contact of the customer is moved (``decisions.policy.spaced_send_times``).
    """
    if times.visit:
        return _at_once(times, as_of, contacts.channel)
    earliest = as_of + times.channels.lead_seconds[contacts.channel]
    begin = np.where(times.messages.before_due[contacts.message], _due_day(times, as_of, contacts, earliest), earliest)
    window = _cut_at_spacing(_window_from(times, as_of, contacts, begin), contacts.spaced)
    near = np.flatnonzero(contacts.spaced.near(window.not_before, valid_until(times, as_of, window)))
    if len(near):
        some, spaced = contacts.rows(near), contacts.spaced.rows(near)
        later = times.spacing.later(as_of, spaced.until)
        after = np.maximum(begin[near], np.where(later, spaced.until, 0.0).astype(np.int64))
        moved = _cut_at_spacing(_window_from(times, as_of, some, np.where(later, after, earliest[near]), moved=True), spaced)
        for column, values in ((window.send_at, moved.send_at), (window.not_before, moved.not_before), (window.not_after, moved.not_after)):
            column[near] = values
    return window


def valid_until(times: SendTimes, as_of: int, window: SendWindow) -> Ints:
    """Return until when a contact that is made may be sent, (n,)."""
    until: Ints = np.maximum(window.not_after, as_of + round(times.valid_hours * HOUR))
    return until


def _cut_at_spacing(window: SendWindow, spaced: Spaced) -> SendWindow:
    """End the send window of contacts before the spacing where it begins."""
    ends = (window.send_at <= spaced.begin) & (spaced.begin < window.not_after)
    return SendWindow(window.send_at, window.not_before, np.where(ends, spaced.begin, window.not_after).astype(np.int64))


def _window_from(times: SendTimes, as_of: int, contacts: Contacts, begin: Ints, *, moved: bool = False) -> SendWindow:
    """Return the send window at the best hour within a day from ``begin``, (n,).

    moved: ``begin`` was put off, so waiting counts from it.
    """
    shop, channel = times.offsets(as_of), contacts.channel
    wall = -(-(begin + shop.at(begin)) // _MINUTE) * _MINUTE
    hour = hour_scores(times, as_of, contacts, wall, waits_from=wall if moved else None).argmax(axis=1)
    wait = (hour * HOUR - wall) % DAY
    inside = wall % DAY // HOUR == hour
    wall = np.where(inside, wall, wall + wait)
    send_at = shop.to_utc(wall)
    # Of an hour that comes twice, the first may be over already.
    send_at = np.where(send_at < begin, wall - shop.at(begin), send_at)
    return _around(times, shop, channel, send_at, begin)


def open_at(times: SendTimes, as_of: Instant) -> Bools:
    """Return the channels that are permitted in the local hour of an instant, (C,)."""
    permitted: Bools = times.channels.open_hours[:, int(times.offsets(as_of).local(np.array([int(as_of)]))[0]) % DAY // HOUR]
    return permitted


def _at_once(times: SendTimes, as_of: int, channel: Ints) -> SendWindow:
    """Return the send window of a visit: from now on, as long as the visit counts and the hour is permitted."""
    now = np.full(len(channel), as_of, dtype=np.int64)
    wall = times.offsets(as_of).local(now)
    closing = now - wall % HOUR + times.open_after[channel, wall % DAY // HOUR] * HOUR - 1
    return SendWindow(now, now, np.minimum(now + round(times.valid_hours * HOUR), np.maximum(closing, now)))


def _due_day(times: SendTimes, as_of: int, contacts: Contacts, earliest: Ints) -> Ints:
    """Return the local midnight of the day ``lead_days`` before the expected purchase, within the window."""
    last = as_of + (times.window_days - 1) * DAY
    median = contacts.median_days
    due = (np.where(np.isfinite(median), median, 0.0) - times.messages.due_lead_days[contacts.message]) * DAY
    at = as_of + np.clip(due, 0.0, float(last - as_of)).astype(np.int64)
    offset = times.offsets(as_of).at(at)
    day: Ints = np.maximum((at + offset) // DAY * DAY - offset, earliest)
    return day


def hour_scores(times: SendTimes, as_of: int, contacts: Contacts, wall: Ints, *, waits_from: Ints | None = None) -> Floats:
    """Return the score of each local hour for each contact, (n, 24).

    It is 0 if the hour is not permitted. If the day is given, a later hour is no worse; otherwise waiting costs, the more the sooner a
    response is expected. wall: (n,) local seconds from which hours count, up to a day on; waits_from: (n,) local seconds from which waiting
    costs, None = from the channel's lead time on.
    """
    messages, message, channel, active = times.messages, contacts.message, contacts.channel, contacts.active
    half_life = np.where(messages.before_due, np.inf, messages.response_days * 24.0 / _HALF_LIVES)
    if waits_from is None:
        earliest = times.offsets(as_of).local(as_of + times.channels.lead_seconds)
        delay = (np.arange(24) - np.floor(earliest / HOUR % 24.0)[:, None]) % 24.0  # (C, 24)
        pull = (0.5 ** (delay[None, :, :] / half_life[:, None, None]) * times.channels.open_hours)[message, channel]  # of (M, C, 24)
    else:
        delay = (np.arange(24) - (waits_from % DAY // HOUR)[:, None]) % 24.0  # (n, 24)
        pull = 0.5 ** (delay / half_life[message][:, None]) * times.channels.open_hours[channel]
    weekday = (wall[:, None] // DAY + (np.arange(24) < wall[:, None] % DAY // HOUR) + EPOCH_WEEKDAY) % 7  # of each hour, (n, 24)
    # Linear between the middles of the buckets: a customer active at ten and eleven is not best reached at nine.
    interpolated = active[:, _BEFORE] * (1.0 - _AFTER_SHARE) + active[:, (_BEFORE + 1) % BUCKETS] * _AFTER_SHARE
    scores: Floats = pull * times.hour_shares[channel[:, None], weekday, np.arange(24)] * interpolated
    return scores


def active_hours(times: SendTimes, summaries: Batch, rows: Ints | slice = slice(None)) -> Floats:
    """Return each customer's active hours relative to others, (len(rows), 8).

    Each column is a bucket of three hours; 1 = as others, or not known. rows: of some customers (all).
    """
    kinds = times.active_hours
    usual = kinds.chances(np.zeros((1, BUCKETS), dtype=np.int64))
    relative: Floats = kinds.chances(counts_of_columns(summaries, ABOUT, len(summaries))[rows]) / usual
    return relative


def one_kind_of_customers(hour_shares: Floats) -> DirichletMixture:
    """Return active hours with one kind of customers, from the mean channel's reads.

    hour_shares: (C, 7, 24).
    """
    mean = hour_shares.mean(axis=(0, 1)) if len(hour_shares) else np.full(24, 1.0 / 24)
    alpha = _STRENGTH * mean.reshape(BUCKETS, 24 // BUCKETS).sum(axis=1)
    return DirichletMixture(weights=(1.0,), alphas=(tuple(alpha.tolist()),))


def _around(times: SendTimes, shop: Offsets, channel: Ints, send_at: Ints, begin: Ints) -> SendWindow:
    """Open a send window around each send time.

    It is no wider than permitted hours and one UTC offset allow.
    """
    half = int(times.send_window_hours * HOUR / 2)
    wall = shop.local(send_at)
    hour = wall % DAY // HOUR
    into = wall % HOUR
    opened = send_at - into - times.open_before[channel, hour] * HOUR
    closing = send_at - into + times.open_after[channel, hour] * HOUR - 1
    first, last = shop.bounds(send_at)
    not_before = np.maximum(np.maximum(send_at - half, opened), np.maximum(begin, first))
    return SendWindow(send_at, np.minimum(not_before, send_at), np.minimum(np.minimum(send_at + half, closing), last))


def open_within(times: SendTimes, as_of: int, window: SendWindow) -> Bools:
    """Return the channels open all through the send window after lead time, (n, C)."""
    wall = times.offsets(as_of).local(window.not_before)
    begun = window.not_before - wall % HOUR
    closing = begun[:, None] + times.open_after[:, wall % DAY // HOUR].T * HOUR
    return (closing > window.not_after[:, None]) & (as_of + times.channels.lead_seconds <= window.not_before[:, None])


def cut_to_capacity(capacity: Capacity, shop: Offsets, channel: Ints, window: SendWindow) -> SendWindow:
    """Cut the send windows of (n,) contacts to the period of their capacity.

    It is the local hour, or the local day.
    """
    wall = shop.local(window.send_at)
    by_hour, by_day = np.isfinite(capacity.per_hour[channel]), np.isfinite(capacity.per_day[channel])
    span = np.where(by_hour, HOUR, np.where(by_day, DAY, 0))
    begin = window.send_at - wall % np.maximum(span, 1)
    first = np.where(span > 0, np.maximum(window.not_before, begin), window.not_before)
    last = np.where(span > 0, np.minimum(window.not_after, begin + span - 1), window.not_after)
    return SendWindow(window.send_at, first, last)


def other_hours(times: SendTimes, capacity: Capacity, as_of: int, contacts: Contacts, send_at: Ints) -> Ints:
    """Return alternative send times for (n,) contacts, best first, (n, 23), -1 = none.

    There are none if hours have no capacity limit. They are the other permitted hours of the same day, by the customer's score: the
    ledger gives the first that has a place, so a channel whose best hour is full fills the hours around it instead of leaving customers
    out. Each is the beginning of an hour later than ``as_of`` and the lead time, on the local day of ``send_at``, and for a message with
    a due day not before that day.
    """
    out = np.full((len(send_at), 23), -1, dtype=np.int64)
    rows = np.flatnonzero(np.isfinite(capacity.per_hour[contacts.channel]))
    if not len(rows):
        return out
    some, at, shop = contacts.rows(rows), send_at[rows], times.offsets(as_of)
    wall = shop.local(at)
    score = hour_scores(times, as_of, some, wall // DAY * DAY)
    offset = (wall - at)[:, None]
    starts = (wall // DAY * DAY)[:, None] + np.arange(24) * HOUR - offset
    possible = (score > 0.0) & (starts >= (as_of + times.channels.lead_seconds[some.channel])[:, None])
    possible &= (wall % DAY // HOUR)[:, None] != np.arange(24)
    possible &= shop.at(starts) == offset  # not across the night when the clock changes
    last = np.maximum(starts + HOUR, as_of + round(times.valid_hours * HOUR))
    possible &= ~Spaced(some.spaced.begin[:, None], some.spaced.until[:, None]).near(starts, last)
    order = np.argsort(np.where(possible, -score, np.inf), axis=1, kind="stable")[:, :23]
    out[rows] = np.where(np.take_along_axis(possible, order, axis=1), np.take_along_axis(starts, order, axis=1), -1)
    return out


def run_lengths(open_hours: Bools) -> tuple[Ints, Ints]:
    """Return the unbroken permitted hours before each hour, and from it on, (C, 24) each.

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
