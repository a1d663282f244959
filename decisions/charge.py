"""What each candidate has to bring for what it takes that is short: the prices of a policy, laid on its candidates.

This is the one place where prices enter a decision: taken off the value of a candidate before anything is compared. The
value that is reported stays what the contact brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from decisions.capacity import local
from decisions.policy import Policy
from decisions.spend import spend
from decisions.timing import about, schedule
from decisions.value import Stakes
from otokui.domain import DAY
from otokui.frames import Batch, Floats, Ints, Predictions


@dataclass(frozen=True, slots=True)
class Charged:
    """What each candidate has to bring for what it takes that is short, (n, A) money: for its place, and in all."""

    place: Floats
    whole: Floats


def place_prices(policy: Policy, predictions: Predictions, summaries: Batch, as_of: int) -> Floats:
    """Return the price of the place that each candidate would take, (n, A); 0 where it takes none that is short."""
    tolls, candidates = policy.tolls, policy.candidates
    out = np.zeros((len(summaries), len(candidates)))
    if tolls is None or not len(tolls.days):
        return out
    for channel, index, day in send_days(policy, np.flatnonzero(tolls.places.any(axis=0)), predictions, summaries, as_of):
        found = np.searchsorted(tolls.days, day)
        known = found < len(tolls.days)
        at = np.where(known, found, 0)
        price = np.where(known & (tolls.days[at] == day), tolls.places[at, channel], 0.0)
        out[:, index] = price[:, None]
    return out


def send_days(policy: Policy, channels: Ints, predictions: Predictions, summaries: Batch, as_of: int) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield for the candidates of a channel that go on the same day: the channel, which they are, and that local day, (n,)."""
    if not len(channels):
        return
    candidates, messages = policy.candidates, policy.messages
    offsets, own = policy.offsets(as_of), about(policy, summaries)
    for channel in channels.tolist():
        mine = np.flatnonzero(candidates.channel == channel)
        message = candidates.message[mine]
        kinds = np.where(messages.before_due[message], messages.due_lead_days[message], -1.0)
        for kind in np.unique(kinds):
            index = mine[kinds == kind]
            same = np.full(len(summaries), candidates.message[index[0]])
            there = np.full(len(summaries), channel)
            window = schedule(policy, offsets, as_of, same, there, predictions.days_to_next_median, own)
            yield channel, index, local(offsets, window.send_at) // DAY


def charge(policy: Policy, at_stake: Stakes, predictions: Predictions, summaries: Batch, as_of: int) -> Charged | None:
    """Return what each candidate has to bring for what it takes; None where nothing has a price."""
    if policy.tolls is None:
        return None
    place = place_prices(policy, predictions, summaries, as_of)
    return Charged(place, place + policy.tolls.money * spend(at_stake, policy) if policy.tolls.money > 0.0 else place)
