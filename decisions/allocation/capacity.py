"""Capacity of channels and the budget, as arrays by channel, day and hour.

These limits belong to the shop, not to a customer. Shadow prices share them before any candidate is chosen
(``decisions.allocation.shadow_price_search``), and the ledger holds them when places are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from decisions.allocation.shard import AvailableCapacity
from otokui.domain import DAY
from otokui.frames import Bools, Floats, Ints
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel


@dataclass(frozen=True, slots=True)
class Capacity:
    """Capacity of ``C`` channels and of money; inf = no limit."""

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
        """Whether there is any capacity limit or budget."""
        return bool(self.limited.any()) or bool(np.isfinite(self.money))


@dataclass(frozen=True, slots=True)
class Slots:
    """Slots of capacity to share, from ``first_day`` on (local, days since 1970).

    index: (C, D) the slot of a channel's day, -1 = not limited; room: of each slot, and the money left.
    """

    first_day: int
    index: Ints
    room: AvailableCapacity

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
