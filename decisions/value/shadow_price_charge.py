"""Shadow price charge of each candidate, for its place and its budget spend.

This is the one place where prices enter a decision: they are subtracted from the value of a candidate before any comparison. The reported
value stays that of the contact itself.
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
class PriceCharge:
    """Shadow price charge of each candidate, (n, A) money: for its place, and in all."""

    place: Floats
    whole: Floats


def charge(prices: ShadowPrices, place: Floats, spent: Floats | None) -> PriceCharge:
    """Return the shadow price charge of each candidate.

    place: (n, A) from ``place_prices``; spent: (n, A) money, None without a price of money.
    """
    return PriceCharge(place, place if spent is None else place + prices.money * spent)


def place_prices(prices: ShadowPrices, batch: CustomerBatch, candidates: Candidates, times: SendTimes) -> Floats:
    """Return the shadow price of each candidate's place, (n, A); 0 without shortage."""
    out = np.zeros((len(batch), len(candidates)))
    if not len(prices.days):
        return out
    for channel, index, day in send_days(batch, candidates, times, np.flatnonzero(prices.places.any(axis=0))):
        position = np.searchsorted(prices.days, day)
        known = position < len(prices.days)
        at = np.where(known, position, 0)
        price = np.where(known & (prices.days[at] == day), prices.places[at, channel], 0.0)
        out[:, index] = price[:, None]
    return out


def send_days(batch: CustomerBatch, candidates: Candidates, times: SendTimes, channels: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield channel, candidates and their local send day, (n,), per group of candidates.

    A group holds the candidates of a channel that go on the same day.
    """
    if not len(channels):
        return
    messages, as_of = times.messages, int(batch.as_of)
    shop, active = times.offsets(as_of), active_hours(times, batch.summaries)
    for channel in channels.tolist():
        of_channel = np.flatnonzero(candidates.channel == channel)
        message = candidates.message[of_channel]
        spaced = batch.spaced(slice(None), channel)
        kinds = np.where(messages.before_due[message], messages.due_lead_days[message], -1.0)
        for kind in np.unique(kinds):
            index = of_channel[kinds == kind]
            same = np.full(len(batch), candidates.message[index[0]])
            channels_of = np.full(len(batch), channel)
            window = schedule(times, as_of, Contacts(same, channels_of, batch.predictions.days_to_next_median, active, spaced))
            yield channel, index, shop.local(window.send_at) // DAY
