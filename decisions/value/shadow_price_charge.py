"""What each candidate has to bring for what it takes that is short: the prices of a policy, laid on its candidates.

This is the one place where prices enter a decision: taken off the value of a candidate before anything is compared. The
value that is reported stays what the contact brings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from decisions.allocation.shadow_prices import ShadowPrices
from decisions.candidates.candidates import Candidates
from decisions.customer_batch import CustomerBatch
from decisions.policy.send_time import Contacts, SendTimes, active_hours, schedule
from otokui.domain import DAY
from otokui.frames import Floats, Ints


@dataclass(frozen=True, slots=True)
class Charged:
    """What each candidate has to bring for what it takes that is short, (n, A) money: for its place, and in all."""

    place: Floats
    whole: Floats


def charge(prices: ShadowPrices, place: Floats, spent: Floats | None) -> Charged:
    """Return what each candidate has to bring; place: (n, A) from ``place_prices``; spent: (n, A) money, None where it has no price."""
    return Charged(place, place if spent is None else place + prices.money * spent)


def place_prices(prices: ShadowPrices, batch: CustomerBatch, candidates: Candidates, times: SendTimes) -> Floats:
    """Return the price of the place that each candidate would take, (n, A); 0 where it takes none that is short."""
    out = np.zeros((len(batch), len(candidates)))
    if not len(prices.days):
        return out
    for channel, index, day in send_days(batch, candidates, times, np.flatnonzero(prices.places.any(axis=0))):
        found = np.searchsorted(prices.days, day)
        known = found < len(prices.days)
        at = np.where(known, found, 0)
        price = np.where(known & (prices.days[at] == day), prices.places[at, channel], 0.0)
        out[:, index] = price[:, None]
    return out


def send_days(batch: CustomerBatch, candidates: Candidates, times: SendTimes, channels: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield for the candidates of a channel that go on the same day: the channel, which they are, and that local day, (n,)."""
    if not len(channels):
        return
    messages, as_of = times.messages, int(batch.as_of)
    shop, active = times.offsets(as_of), active_hours(times, batch.summaries)
    for channel in channels.tolist():
        mine = np.flatnonzero(candidates.channel == channel)
        message = candidates.message[mine]
        kinds = np.where(messages.before_due[message], messages.due_lead_days[message], -1.0)
        for kind in np.unique(kinds):
            index = mine[kinds == kind]
            same = np.full(len(batch), candidates.message[index[0]])
            there = np.full(len(batch), channel)
            window = schedule(times, as_of, Contacts(same, there, batch.predictions.days_to_next_median, active))
            yield channel, index, shop.local(window.send_at) // DAY
