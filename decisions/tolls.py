"""What a contact has to bring beyond its own cost, because what it takes is short: the prices, laid on the candidates.

This is the one place where prices enter a decision: taken off the value of a candidate before anything is compared. The
value that is reported stays what the contact brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from decisions.capacity import local
from decisions.reasons import Reasons
from decisions.share_prices import SharePrices
from decisions.spend import spend
from decisions.timing import active_hours, schedule
from decisions.value import Stakes
from decisions.wording import Wording
from otokui.domain import DAY
from otokui.frames import Batch, Floats, Ints, Predictions
from otokui.offers import Channel

if TYPE_CHECKING:
    from decisions.policy import Policy

MONEY = "short:budget"


@dataclass(frozen=True, slots=True)
class Tolls:
    """Prices as arrays: of money, and of places by local day, (D, C)."""

    money: float
    days: Ints  # (D,) days since 1970, ascending
    places: Floats
    code: Ints  # (C,) the reason that says a channel is short
    money_code: int

    @classmethod
    def of(cls, prices: SharePrices, channels: Sequence[str], reasons: Reasons) -> Tolls:
        """Lay prices out over the channels; those of channels that are no longer there are passed over."""
        dates = sorted({date for of_channel in prices.places.values() for date in of_channel})
        places = np.array([[prices.places.get(c, {}).get(date, 0.0) for c in channels] for date in dates]).reshape(-1, len(channels))
        days = np.array([int(np.datetime64(date, "D").astype(np.int64)) for date in dates], dtype=np.int64)
        code = np.array([reasons.code(f"short:{c}") for c in channels], dtype=np.int64)
        return cls(prices.money, days, places, code, reasons.code(MONEY))


@dataclass(frozen=True, slots=True)
class Charged:
    """What each candidate has to bring for what it takes that is short, (n, A) money: for its place, and in all."""

    place: Floats
    whole: Floats


def with_short(reasons: Reasons, channels: Sequence[Channel], currency: str) -> Reasons:
    """Return the reasons with those that say what is short, each with the price as its number."""
    said = {
        f"short:{c.name}": Wording(
            f"{c.title} is short: a place costs {{a:,.1f}} {currency}",
            f"{c.title_ja}の配信枠が不足しており、1枠の価格は{{a:,.1f}} {currency}です",
            ("",),
            f"{c.title} is short",
            f"{c.title_ja}の配信枠が不足しています",
        )
        for c in channels
    }
    said[MONEY] = Wording(
        f"The budget is short: each 1 {currency} spent has to bring {{a:,.2f}} more",
        f"予算が不足しており、1 {currency}の支出ごとにさらに{{a:,.2f}}の効果が必要です",
        ("",),
        "The budget is short",
        "予算が不足しています",
    )
    nowhere = np.full((len(said), 2), -1, dtype=np.int64)
    return replace(
        reasons,
        codes=(*reasons.codes, *said),
        wordings=(*reasons.wordings, *said.values()),
        number=np.vstack([reasons.number, nowhere]),
    )


def place_prices(policy: Policy, predictions: Predictions, summaries: Batch, as_of: int) -> Floats:
    """Return the price of the place that each candidate would take, (n, A); 0 where it takes none that is short."""
    tolls, candidates = policy.tolls, policy.candidates
    out = np.zeros((len(summaries), len(candidates)))
    if tolls is None or not len(tolls.days):
        return out
    for channel in np.flatnonzero(tolls.places.any(axis=0)).tolist():
        for index, day in send_days(policy, channel, predictions, summaries, as_of):
            found = np.searchsorted(tolls.days, day)
            known = found < len(tolls.days)
            at = np.where(known, found, 0)
            price = np.where(known & (tolls.days[at] == day), tolls.places[at, channel], 0.0)
            out[:, index] = price[:, None]
    return out


def send_days(policy: Policy, channel: int, predictions: Predictions, summaries: Batch, as_of: int) -> list[tuple[Ints, Ints]]:
    """Return for the candidates of a channel that go on the same day: which they are, and that local day, (n,)."""
    candidates, messages = policy.candidates, policy.messages
    mine = np.flatnonzero(candidates.channel == channel)
    offsets, own = policy.offsets(as_of), active_hours(summaries)
    message = candidates.message[mine]
    kinds = np.where(messages.before_due[message], messages.due_lead_days[message], -1.0)
    out = []
    for kind in np.unique(kinds):
        index = mine[kinds == kind]
        same = np.full(len(summaries), candidates.message[index[0]])
        there = np.full(len(summaries), channel)
        window = schedule(policy, offsets, as_of, same, there, predictions.days_to_next_median, own)
        out.append((index, local(offsets, window.send_at) // DAY))
    return out


def charge(policy: Policy, at_stake: Stakes, predictions: Predictions, summaries: Batch, as_of: int) -> Charged | None:
    """Return what each candidate has to bring for what it takes; None where nothing has a price."""
    if policy.tolls is None:
        return None
    place = place_prices(policy, predictions, summaries, as_of)
    return Charged(place, place + policy.tolls.money * spend(at_stake, policy) if policy.tolls.money > 0.0 else place)
