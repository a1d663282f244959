"""Shards of customers: candidate values and costs, and the demand at given prices.

Apart from the search for prices: the demand of one shard is pure arithmetic, so a million customers pass through it shard by shard,
whatever the search does with the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from otokui.frames import Floats, Ints

_Kind = TypeVar("_Kind", bound=np.generic)

Numbers = npt.NDArray[np.floating]
_BLOCK = 8_192  # customers at once, so that the working set stays in the processor's cache


@dataclass(frozen=True, slots=True)
class Shard:
    """Values and costs of ``A`` candidates for ``n`` customers, candidates as rows.

    Candidates are rows because a price is subtracted from one candidate at a time.

    value: (A, n) money, -inf where the candidate is not open to the customer, never NaN; cost: (A, n) or (A, 1) money it takes of the
    budget, at least 0; slot: (A, n) or (A, 1) index of the place it takes, -1 = of no limited place.
    """

    value: Numbers
    cost: Numbers
    slot: npt.NDArray[np.integer]

    @property
    def customers(self) -> int:
        """How many customers."""
        return int(self.value.shape[1])

    def blocks(self) -> Iterator[Shard]:
        """Yield the shard in pieces that fit the cache."""
        for begin in range(0, self.customers, _BLOCK):
            at = slice(begin, begin + _BLOCK)
            yield Shard(self.value[:, at], _cut(self.cost, at), _cut(self.slot, at))

    def sampled(self, step: int) -> Shard:
        """Return every ``step``-th customer."""
        at = slice(None, None, step)
        return Shard(self.value[:, at], _cut(self.cost, at), _cut(self.slot, at))


@dataclass(frozen=True, slots=True)
class AvailableCapacity:
    """Budget and capacity to share; inf = no limit.

    places: (S,) number of contacts per slot.
    """

    money: float
    places: Floats

    def scaled(self, factor: float) -> AvailableCapacity:
        """Return the budget and capacity times a factor."""
        return AvailableCapacity(self.money * factor, self.places * factor)


@dataclass(frozen=True, slots=True)
class Prices:
    """Shadow prices of one unit, at least 0.

    money: per money of the budget; places: (S,) money per place of each slot.
    """

    money: float
    places: Floats

    @classmethod
    def free(cls, slots: int) -> Prices:
        """Return shadow prices of zero."""
        return cls(0.0, np.zeros(slots))


@dataclass(slots=True)
class ShardDemand:
    """Demand of some customers at given prices, as sums and margins.

    margins: per slot, how much more the slot's best candidate is worth than the best alternative, largest first.
    """

    worth: float = 0.0  # sum of the best candidates' worth after prices
    spent: float = 0.0
    taken: Floats = field(default_factory=lambda: np.zeros(0))  # (S,)
    drawn: Floats = field(default_factory=lambda: np.zeros(0))  # (S,) places taken if every customer drew evenly among open candidates
    margins: list[Floats] = field(default_factory=list)  # per slot


def shard_demand(shard: Shard, prices: Prices, most: Floats, *, evenly: bool = False) -> ShardDemand:
    """Return the demand of one shard at given prices, with the margins of each slot.

    The margin of a customer for slot k is the worth of k's best candidate, before its own price, above the best alternative: the highest
    price of k at which the customer still takes it. most: (S,) how many of the largest margins to return; evenly: also count the places
    taken if every customer drew evenly among the candidates worth their price.
    """
    slots = len(prices.places)
    whole = ShardDemand(taken=np.zeros(slots), drawn=np.zeros(slots), margins=[np.zeros(0)] * slots)
    for block in shard.blocks():
        _look(block, prices, whole, evenly=evenly)
    for slot in range(slots):
        whole.margins[slot] = largest(whole.margins[slot], most[slot])
    return whole


def spent_at(shard: Shard, money: Floats, prices: Prices) -> Floats:
    """Return the budget spend at each of several prices of money, (len(money),).

    Places keep the prices given.
    """
    out = np.zeros(len(money))
    for block in shard.blocks():
        cost = np.broadcast_to(block.cost, block.value.shape)
        placed = _placed(block, prices)
        for trial, price in enumerate(money):
            chosen = _bests(placed, block.cost, float(price))
            rows = np.flatnonzero(chosen >= 0)
            out[trial] += cost[chosen[rows], rows].sum(dtype=np.float64)
    return out


def largest(values: Floats, most: float) -> Floats:
    """Return the ``most`` largest values, in no order.

    All values are returned if there are no more.
    """
    if len(values) <= most:
        return values
    size = int(most)
    return np.partition(values, len(values) - size)[len(values) - size :] if size > 0 else values[:0]


def _placed(shard: Shard, prices: Prices) -> Numbers:
    """Return the value of each candidate after the price of its place, (A, n)."""
    places = np.append(prices.places, 0.0).astype(shard.value.dtype)
    left: Numbers = shard.value - (places[shard.slot] if prices.places.any() else 0.0)
    return left


def _bests(placed: Numbers, cost: Numbers, money: float) -> Ints:
    """Return the candidate worth most after prices, (n,) with -1 = none is worth it."""
    left = placed if money == 0.0 else placed - placed.dtype.type(money) * cost
    if not len(left):
        return np.full(placed.shape[1], -1, dtype=np.int64)
    chosen = left.argmax(axis=0)
    return np.where(left[chosen, np.arange(len(chosen))] > 0.0, chosen, -1)


def _look(block: Shard, prices: Prices, whole: ShardDemand, *, evenly: bool) -> None:
    slots, customers = len(prices.places), block.customers
    placed = _placed(block, prices)
    every = np.arange(customers)
    by_slot = np.full((slots + 1, customers), -np.inf)  # the last row: candidates of no limited place, or nothing at all
    by_slot[slots] = 0.0
    cost_of = np.zeros((slots + 1, customers))
    counts = np.zeros((slots + 1, customers)) if evenly else None
    for index in range(len(block.value)):
        left = placed[index] - prices.money * block.cost[index] if prices.money > 0.0 else placed[index]
        slot = block.slot[index]
        if len(slot) == 1:
            better = left > by_slot[slot[0]]
            by_slot[slot[0]][better] = left[better]
            cost_of[slot[0]][better] = np.broadcast_to(block.cost[index], customers)[better]
            if counts is not None:
                counts[slot[0]] += left > 0.0
        else:
            better = np.flatnonzero(left > by_slot[slot, every])
            by_slot[slot[better], better] = left[better]
            cost_of[slot[better], better] = np.broadcast_to(block.cost[index], customers)[better]
            if counts is not None:
                open_to = np.flatnonzero(left > 0.0)
                counts[slot[open_to], open_to] += 1.0
    first = by_slot.argmax(axis=0)
    best = by_slot[first, every]
    whole.worth += float(best.sum())
    whole.spent += float(cost_of[first, every][best > 0.0].sum())
    if counts is not None:
        whole.drawn += (counts[:slots] / np.maximum(counts.sum(axis=0), 1.0)).sum(axis=1)
    by_slot[first, every] = -np.inf
    second = by_slot.max(axis=0)
    by_slot[first, every] = best
    for slot in range(slots):
        whole.taken[slot] += np.count_nonzero((first == slot) & (best > 0.0))
        margin = by_slot[slot] + prices.places[slot] - np.where(first == slot, second, best)
        whole.margins[slot] = np.concatenate([whole.margins[slot], margin[margin > 0.0]])


def _cut(values: npt.NDArray[_Kind], at: slice) -> npt.NDArray[_Kind]:
    return values if values.shape[1] == 1 else values[:, at]
