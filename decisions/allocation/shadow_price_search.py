"""Solver for the shadow prices of one budget and of channel capacity (mission R8).

Choosing for everybody at once is an integer programme too large to solve: a million customers times forty candidates. Its Lagrangian
splits by customer: given a price for money and for each kind of place, every customer takes the candidate worth most after prices. The
prices at which demand equals capacity minimise the dual (Everett 1963; Fisher 1981), and the dual value bounds the worth of any
allocation.

The dual is minimised one kind of price at a time, each step exact. For places: the price at which demand equals capacity is a rank among
the customers' margins, all of which come from one pass over the shards. Raising every price to its rank at once, from zero, climbs to the
lowest prices that clear (the ascending auction of Demange, Gale and Sotomayor 1986). For money: several prices are tried in one pass and
the spend is interpolated. The two alternate, first on a sample, then on all; only the sums and the largest margins are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from decisions.allocation.shard import AvailableCapacity, Prices, Shard, ShardDemand, largest, shard_demand, spent_at
from otokui.frames import Floats

Shards = Callable[[], Iterable[Shard]]
"""The shards from the first on, the same every time."""

_SAMPLE = 20_000  # customers with which the search begins
_ROUNDS = 40
_SETTLED = 3e-4  # relative change of every price below which the search ends
_WIDE = np.array([0.25, 0.5, 0.8, 0.95, 0.99, 1.0, 1.01, 1.05, 1.25, 2.0, 4.0])  # prices of money to try around the present one
_NARROW = np.array([0.97, 0.999, 1.001, 1.03])


@dataclass(frozen=True, slots=True)
class Allocation:
    """Shadow prices with the worth of the allocation and its dual bound.

    bound: no allocation within the capacity is worth more; worth: of the choices at these prices, before capacity is held to the last
    place; passes: over all shards.
    """

    prices: Prices
    bound: float
    worth: float
    passes: int


def allocate(shards: Shards, room: AvailableCapacity, customers: int, *, explored: float = 0.0) -> Allocation:
    """Find the shadow prices that share budget and capacity among all customers.

    customers: how many there are, so that a sample can be drawn; explored: the share of customers who draw evenly among the candidates
    worth their price instead of taking the best, whose places are set aside.
    """
    search = _Search(room, explored)
    step = customers // _SAMPLE
    if step > 1:
        sample = _joined([shard.sampled(step) for shard in shards()])
        search.room = room.scaled(1.0 / step)
        search.run(lambda: [sample], _ROUNDS)
        search.room, search.passes = room, 1
    search.run(shards, _ROUNDS if step <= 1 else _ROUNDS // 4)
    tally = search.look(shards)
    priced = tally.spent * search.prices.money + float(tally.taken @ search.prices.places)
    finite = np.where(np.isfinite(room.places), room.places, 0.0)
    bound = tally.worth + float(search.prices.places @ finite) + (search.prices.money * room.money if search.prices.money else 0.0)
    return Allocation(search.prices, bound, tally.worth + priced, search.passes)


class _Search:
    """Search for shadow prices, with the capacity set aside for exploration."""

    def __init__(self, room: AvailableCapacity, explored: float) -> None:
        self.room, self.explored = room, explored
        self.prices = Prices.free(len(room.places))
        self.passes, self.near = 0, False

    def run(self, shards: Shards, rounds: int) -> None:
        """Alternate between capacity and budget prices until they settle."""
        for _ in range(rounds):
            before = self.prices
            if len(self.room.places):
                self._price_places(self.look(shards))
            if np.isfinite(self.room.money):
                self._price_money(shards)
            if _close(before.money, self.prices.money) and all(map(_close, before.places, self.prices.places)):
                return

    def look(self, shards: Shards) -> ShardDemand:
        """Return the demand of all customers at the present prices."""
        self.passes += 1
        most = np.where(np.isfinite(self.room.places), self.room.places, 0.0) + 1.0
        whole = ShardDemand(taken=np.zeros(len(most)), drawn=np.zeros(len(most)), margins=[np.zeros(0)] * len(most))
        for shard in shards():
            part = shard_demand(shard, self.prices, most, evenly=self.explored > 0.0)
            whole.worth, whole.spent = whole.worth + part.worth, whole.spent + part.spent
            whole.taken, whole.drawn = whole.taken + part.taken, whole.drawn + part.drawn
            for slot, margins in enumerate(part.margins):
                whole.margins[slot] = largest(np.concatenate([whole.margins[slot], margins]), most[slot])
        return whole

    def _price_places(self, demand: ShardDemand) -> None:
        chosen = max(1.0 - self.explored, 1e-9)
        for_best = (self.room.places - self.explored * demand.drawn) / chosen if self.explored > 0.0 else self.room.places
        places = [clearing(demand.margins[slot], max(float(for_best[slot]), 0.0)) for slot in range(len(for_best))]
        new = np.array(places)
        # The places taken by exploration fall as prices rise; half a step damps the oscillation between the two.
        self.prices = replace(self.prices, places=(new + self.prices.places) / 2.0 if self.explored > 0.0 else new)

    def _price_money(self, shards: Shards) -> None:
        """Move the price of money to where the interpolated spend equals the budget."""
        present = self.prices.money
        tried = _NARROW * present if self.near and present > 0.0 else np.append(0.0, _WIDE * (present or 1.0))
        spend = self._spend(shards, tried)
        while spend[-1] > self.room.money and tried[-1] < 1e12:
            tried = np.append(tried[-1:], tried[-1] * np.array([2.0, 4.0, 16.0, 256.0]))
            spend = self._spend(shards, tried)
        if spend[0] <= self.room.money and tried[0] > 0.0:
            tried = np.append(tried[0] * np.array([0.0, 0.25, 0.5, 0.8]), tried[:1])
            spend = self._spend(shards, tried)
        price = 0.0
        if spend[0] > self.room.money:
            above = int(np.argmax(spend <= self.room.money))
            price = _between(tried[above - 1 : above + 1], spend[above - 1 : above + 1], self.room.money)
        self.near = abs(price - present) < 0.03 * present
        self.prices = replace(self.prices, money=price)

    def _spend(self, shards: Shards, money: Floats) -> Floats:
        self.passes += 1
        total = np.zeros(len(money))
        for shard in shards():
            total += spent_at(shard, money, self.prices)
        return total


def clearing(margins: Floats, places: float) -> float:
    """Return the price at which ``places`` of the margins lie above it; 0 without shortage.

    The price lies between the last margin that gets a place and the first that does not. If many customers tie at that rank, it lies just
    below them, so that the places are given out among them rather than to nobody.
    """
    whole = int(places)
    if len(margins) <= places or not len(margins):
        return 0.0
    if whole < 1:
        return float(margins.max()) * (1.0 + 1e-9)
    ordered = np.partition(margins, (len(margins) - whole - 1, len(margins) - whole))
    first_out, last_in = float(ordered[len(margins) - whole - 1]), float(ordered[len(margins) - whole])
    return (first_out + last_in) / 2.0 if last_in > first_out * (1.0 + 1e-9) else first_out * (1.0 - 1e-9)


def _between(tried: Floats, spend: Floats, budget: float) -> float:
    """Interpolate the price between two tried prices.

    The higher price is returned if the spend jumps.
    """
    if spend[0] <= spend[1]:
        return float(tried[1])
    share = (spend[0] - budget) / (spend[0] - spend[1])
    return float(tried[0] + (tried[1] - tried[0]) * min(max(share, 0.0), 1.0))


def _close(before: float, after: float) -> bool:
    return abs(after - before) <= _SETTLED * max(abs(before), abs(after))


def _joined(shards: list[Shard]) -> Shard:
    if not shards:
        return Shard(np.zeros((0, 0)), np.zeros((0, 1)), np.full((0, 1), -1))
    wide = [Shard(s.value, np.broadcast_to(s.cost, s.value.shape), np.broadcast_to(s.slot, s.value.shape)) for s in shards if s.customers]
    return Shard(*(np.concatenate([getattr(s, name) for s in wide], axis=1) for name in ("value", "cost", "slot")))
