"""Where else the same message may go, should the first channel fail: by value, within the same window.

A fallback is no second contact, so it obeys every rule of its own channel, its quiet hours among them. It has no place
reserved and no more money than the first channel, so a channel of limited places is none, nor a dearer one on a budget.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from decisions.choose import Choice
from decisions.local_time import Offsets
from decisions.policy import Policy
from decisions.timing import SendWindow
from otokui.domain import DAY, HOUR
from otokui.frames import Bools, Floats, Ints


def fallbacks(
    policy: Policy, offsets: Offsets, as_of: int, rows: Ints, choice: Choice, value: Floats, window: SendWindow
) -> npt.NDArray[np.int8]:
    """Return the other channels open to the message considered for some rows, (len(rows), C), best first, then -1."""
    candidates = policy.candidates
    considered = choice.considered[rows]
    same = candidates.at[candidates.message[considered]]
    there = np.maximum(same, 0)
    usable = (same >= 0) & (same != considered[:, None]) & choice.open[rows[:, None], there]
    usable &= open_within(policy, offsets, as_of, window) & ~policy.capacity.limited
    if np.isfinite(policy.capacity.money):
        usable &= policy.terms.channel_cost[there] <= policy.terms.channel_cost[considered][:, None]
    ranked = np.where(usable, -value[rows[:, None], there], np.inf)
    order = np.argsort(ranked, axis=1, kind="stable")
    return np.where(np.take_along_axis(usable, order, axis=1), order, -1).astype(np.int8)


def open_within(policy: Policy, offsets: Offsets, as_of: int, window: SendWindow) -> Bools:
    """Return (n, C): which channels are open all through the window, their lead time over."""
    wall = window.not_before + offsets.at(window.not_before)
    begun = window.not_before - wall % HOUR
    closing = begun[:, None] + policy.hours_open_after[:, wall % DAY // HOUR].T * HOUR
    return (closing > window.not_after[:, None]) & (as_of + policy.channels.lead_seconds <= window.not_before[:, None])
