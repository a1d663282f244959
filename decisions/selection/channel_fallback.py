"""Channel fallbacks: other channels for the same message, by value, within the same window.

A fallback is no second contact, so it obeys every rule of its own channel, its quiet hours among them. It has no place reserved and no
more money than the first channel, so neither a channel of limited capacity nor, under a budget, a more expensive one is a fallback.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from decisions.policy.constraint_context import ConstraintContext
from decisions.policy.policy import Policy
from decisions.policy.send_time import SendWindow, open_within, valid_until
from decisions.policy.spaced_send_times import Spaced
from decisions.selection.choose import Choice
from otokui.domain import DAY
from otokui.frames import Ints


def fallbacks(policy: Policy, context: ConstraintContext, choice: Choice, rows: Ints, window: SendWindow) -> npt.NDArray[np.int8]:
    """Return the fallback channels of some rows, (len(rows), C), best first, then -1."""
    candidates, cost = policy.candidates, policy.value.terms.channel_cost
    considered = choice.considered[rows]
    same = candidates.at[candidates.message[considered]]
    there = np.maximum(same, 0)
    usable = (same >= 0) & (same != considered[:, None]) & choice.open[rows[:, None], there]
    usable &= open_within(policy.times, context.as_of, window) & ~policy.capacity.limited
    begin, until = context.state.spacing_from, context.state.spacing_until
    if begin is not None and until is not None:
        # A contact that is given another hour of the day keeps its fallbacks, so the whole day counts where hours are limited.
        slack = DAY if np.isfinite(policy.capacity.per_hour).any() else 0
        last = valid_until(policy.times, context.as_of, window) + slack
        usable &= ~Spaced(begin[rows], until[rows]).near((window.not_before - slack)[:, None], last[:, None])
    if np.isfinite(policy.capacity.money):
        usable &= cost[there] <= cost[considered][:, None]
    ranked = np.where(usable, -context.value[rows[:, None], there], np.inf)
    order = np.argsort(ranked, axis=1, kind="stable")
    return np.where(np.take_along_axis(usable, order, axis=1), order, -1).astype(np.int8)
