"""The hour when hours are full: the other permitted hours of the same day, in the order in which the customer responds.

The ledger gives the first that has a place, so a channel whose best hour is full fills the hours around it instead of
leaving people out. Where an hour or a day has limited places, the send window must not reach into the next.
"""

from __future__ import annotations

import numpy as np

from decisions.capacity import local
from decisions.local_time import Offsets
from decisions.policy import Policy
from decisions.timing import SendWindow, hour_scores
from otokui.domain import DAY, HOUR
from otokui.frames import Floats, Ints


def kept_within(policy: Policy, offsets: Offsets, channel: Ints, window: SendWindow) -> SendWindow:
    """Return the windows of (n,) contacts cut to the local hour, or day, whose places they count against."""
    wall = local(offsets, window.send_at)
    by_hour, by_day = np.isfinite(policy.capacity.per_hour[channel]), np.isfinite(policy.capacity.per_day[channel])
    span = np.where(by_hour, HOUR, np.where(by_day, DAY, 0))
    begin = window.send_at - wall % np.maximum(span, 1)
    first = np.where(span > 0, np.maximum(window.not_before, begin), window.not_before)
    last = np.where(span > 0, np.minimum(window.not_after, begin + span - 1), window.not_after)
    return SendWindow(window.send_at, first, last)


def other_hours(policy: Policy, offsets: Offsets, as_of: int, message: Ints, channel: Ints, own: Floats, send_at: Ints) -> Ints:
    """Return further send times for (n,) contacts, best first, (n, 23), -1 = no more; none where hours are not limited.

    Each is the beginning of a permitted hour later than ``as_of`` and the lead time, on the local day of ``send_at``, and
    for a message with a due day not before that day.
    """
    out = np.full((len(send_at), 23), -1, dtype=np.int64)
    rows = np.flatnonzero(np.isfinite(policy.capacity.per_hour[channel]))
    if not len(rows):
        return out
    channel, message, at = channel[rows], message[rows], send_at[rows]
    wall = local(offsets, at)
    score = hour_scores(policy, offsets, as_of, message, channel, wall // DAY * DAY, own[rows])
    offset = (wall - at)[:, None]
    starts = (wall // DAY * DAY)[:, None] + np.arange(24) * HOUR - offset
    possible = (score > 0.0) & (starts >= (as_of + policy.channels.lead_seconds[channel])[:, None])
    possible &= (wall % DAY // HOUR)[:, None] != np.arange(24)
    possible &= offsets.at(starts) == offset  # not across the night when the clock changes
    order = np.argsort(np.where(possible, -score, np.inf), axis=1, kind="stable")[:, :23]
    out[rows] = np.where(np.take_along_axis(possible, order, axis=1), np.take_along_axis(starts, order, axis=1), -1)
    return out
