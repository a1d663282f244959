"""Holding to the last place and the last coin: prices share nearly exactly, and what is left over is settled here.

Where more is wanted than there is, those to whom the place is worth most get it, and the others are told which channel
has nothing left, so that they can choose again. Never a place more, whatever the prices were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from decisions.allocation.shard import Numbers, Prices, Room, Shard, bests
from otokui.frames import Bools, Floats, Ints

_NOTHING = 1e-12  # money: a toll this small is none


@dataclass(slots=True)
class Left:
    """What is left of the room while it is being given out: money, and places of each kind, (S,)."""

    money: float
    places: Floats

    @classmethod
    def of(cls, room: Room) -> Left:
        """Begin with the whole of it."""
        return cls(room.money, room.places.copy())

    def give(self, slot: Ints, cost: Floats, worth: Floats) -> Bools:
        """Give to those who want, the worthiest first; return who got it, (n,).

        slot: (n,) the place wanted, -1 = none that is limited; cost: (n,) money; worth: (n,) by which to rank, the
        order given among equals. What is not a number gets nothing.
        """
        wanted = np.bincount(slot[slot >= 0], minlength=len(self.places))
        sound = np.isfinite(cost) & (cost >= 0.0)
        if sound.all() and (wanted <= self.places).all() and float(cost.sum()) <= self.money:
            got = np.ones(len(slot), dtype=bool)
        else:
            got = self._by_worth(slot, np.where(sound, cost, np.inf), worth)
        self.places -= np.bincount(slot[got & (slot >= 0)], minlength=len(self.places))
        self.money -= float(cost[got].sum())
        return got

    def _by_worth(self, slot: Ints, cost: Floats, worth: Floats) -> Bools:
        got = np.zeros(len(slot), dtype=bool)
        money, places = self.money, self.places.tolist()
        columns = zip(slot.tolist(), cost.tolist(), strict=True)
        row = list(columns)
        for index in np.argsort(-np.where(np.isnan(worth), -np.inf, worth), kind="stable").tolist():
            place, price = row[index]
            if price <= money and (place < 0 or places[place] >= 1.0):
                got[index] = True
                money -= price
                if place >= 0:
                    places[place] -= 1.0
        return got


def share_out(shard: Shard, prices: Prices, left: Left) -> Ints:
    """Choose for every customer of a shard at these prices, within what is left; (n,) candidates, -1 = none.

    Who finds the place gone chooses again among what is still to be had, until nobody is refused.
    """
    value = np.array(shard.value, copy=True)
    out = np.full(shard.customers, -1, dtype=np.int64)
    cost, slot = np.broadcast_to(shard.cost, value.shape), np.broadcast_to(shard.slot, value.shape)
    rows = np.arange(shard.customers)
    while len(rows):
        open_rows = Shard(value[:, rows], cost[:, rows], slot[:, rows])
        worth, chosen = bests(open_rows, prices)
        rows, chosen, worth = rows[chosen >= 0], chosen[chosen >= 0], worth[chosen >= 0]
        place, money = slot[chosen, rows].astype(np.int64), cost[chosen, rows].astype(np.float64)
        got = left.give(place, money, per_toll(worth, place, money, prices))
        out[rows[got]] = chosen[got]
        rows = rows[~got]
        value[:, rows] = np.where(_gone(slot[:, rows], cost[:, rows], left), -np.inf, value[:, rows])
    return out


def per_toll(worth: Floats, slot: Ints, cost: Floats, prices: Prices) -> Floats:
    """Return what a contact is worth after prices for each unit of what it takes at those prices, (n,): the rank in a queue.

    The rule of thumb of the knapsack (Dantzig 1957) with the prices as weights: to give up the least, refuse those who take
    much for what they bring. Who takes nothing that has a price stands in front.
    """
    toll = np.append(prices.places, 0.0)[slot] + prices.money * cost
    priced = toll > _NOTHING
    return np.where(priced, worth / np.where(priced, toll, 1.0), np.inf)


def _gone(slot: npt.NDArray[np.integer], cost: Numbers, left: Left) -> Bools:
    """Return (A, n): which candidates can no longer be had, for want of a place or of money."""
    full = np.append(left.places < 1.0, False)
    gone: Bools = full[slot] | (cost > left.money)
    return gone
