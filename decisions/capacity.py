"""What the shop can send and spend at all, as arrays: places by channel, day and hour, and the budget.

These limits are the shop's, not a customer's: they are shared by price before anybody chooses (``decisions.allocation.allocate``)
and held by the ledger when places are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from decisions.allocation.shard import Room
from decisions.local_time import Offsets
from otokui.budget import Budget
from otokui.domain import DAY, HOUR
from otokui.frames import Bools, Floats, Ints
from otokui.offers import Channel


@dataclass(frozen=True, slots=True)
class Capacity:
    """Limits of ``C`` channels, inf where there is none, and of money."""

    per_day: Floats  # (C,) contacts in a local day
    per_hour: Floats  # (C,) contacts in a local hour
    money: float  # in money_seconds
    money_seconds: int

    @classmethod
    def of(cls, channels: Sequence[Channel], budget: Budget) -> Capacity:
        """Turn settings into arrays."""
        per_day = [np.inf if c.capacity_per_day is None else float(c.capacity_per_day) for c in channels]
        per_hour = [np.inf if c.capacity_per_hour is None else float(c.capacity_per_hour) for c in channels]
        money = np.inf if budget.money is None else budget.money
        return cls(np.array(per_day), np.array(per_hour), money, budget.period_days * DAY)

    @property
    def limited(self) -> Bools:
        """Which channels have a limit of any kind, (C,)."""
        limited: Bools = np.isfinite(self.per_day) | np.isfinite(self.per_hour)
        return limited

    @property
    def any(self) -> bool:
        """Whether anything is limited at all."""
        return bool(self.limited.any()) or bool(np.isfinite(self.money))


@dataclass(frozen=True, slots=True)
class Slots:
    """The places to share of the days from ``first_day`` (local, days since 1970) on.

    index: (C, D) the slot of a channel's day, -1 = not limited; room: of each slot, and the money left.
    """

    first_day: int
    index: Ints
    room: Room

    def names(self, channels: Sequence[str]) -> list[tuple[str, str]]:
        """Return channel and date of each slot."""
        out = [("", "")] * len(self.room.places)
        for (c, d), slot in np.ndenumerate(self.index):
            if slot >= 0:
                out[slot] = (channels[c], date_of(self.first_day + d))
        return out


def date_of(day: int) -> str:
    """Return a local day as a date: 2025-04-01."""
    return str(np.datetime64(int(day), "D"))


def slots(
    capacity: Capacity, open_hours: Bools, lead_seconds: Ints, offsets: Offsets, as_of: int, days: int,
    used: Iterable[tuple[int, int, int]], spent: float,
) -> Slots:  # fmt: skip
    """Return what is left to share at ``as_of``.

    open_hours: (C, 24); used: (channel, send time, contacts) of what is sent or reserved already; spent: money of this
    period. An hour that is over, or too near for the lead time, has no place left.
    """
    channels = len(capacity.per_day)
    first_day = int(local(offsets, np.array([as_of]))[0] // DAY)
    taken = np.zeros((channels, days, 24))
    for channel, at, count in used:
        day, second = divmod(int(local(offsets, np.array([at]))[0]) - first_day * DAY, DAY)
        if 0 <= day < days and channel >= 0:
            taken[channel, day, second // HOUR] += count
    earliest = local(offsets, as_of + lead_seconds)
    ends = (first_day * DAY + np.arange(days * 24 + 1)[1:] * HOUR).reshape(days, 24)
    reachable = open_hours[:, None, :] & (ends[None] > earliest[:, None, None])
    by_hour = np.where(reachable, np.maximum(capacity.per_hour[:, None, None] - taken, 0.0), 0.0).sum(axis=2)
    left = np.minimum(np.maximum(capacity.per_day[:, None] - taken.sum(axis=2), 0.0), by_hour)
    limited = np.repeat(capacity.limited[:, None], days, axis=1)
    index = np.full((channels, days), -1, dtype=np.int64)
    index[limited] = np.arange(int(limited.sum()))
    return Slots(first_day, index, Room(max(capacity.money - spent, 0.0), left[limited]))


def local(offsets: Offsets, instants: Ints) -> Ints:
    """Return what the shop's clock shows, in seconds."""
    shown: Ints = instants + offsets.at(instants)
    return shown
