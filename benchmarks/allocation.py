"""Benchmark of allocation: time, memory, gap to the optimum, violations, beside simple rules.

Values are drawn with a seed: customers differ in what a purchase of theirs earns and how they take to each channel and
message, so that channels compete for the same customers. The exact optimum of a subsample comes from HiGHS
(scipy.optimize.milp, with integers or relaxed); ours takes its places through a ledger, as a nightly run does; the peers run in the same
program on the same rows.

    python -m benchmarks.allocation [--customers 1000000] [--candidates 40] [--exact 10000]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from benchmarks.allocation_places import Base, Places
from decisions.allocation.shadow_price_search import allocate
from decisions.allocation.shard import AvailableCapacity, Shard

CHUNK = 50_000
CHANNELS, DAYS = 5, 2
LIMITED = 2  # channels from here on have places by the day
COSTS = np.array([0.3, 0.1, 10.0, 3.0, 80.0])
BUDGET = 2.5  # money per customer at which money and places are both short; at 1.2 money alone, at 4 places alone


def drawn(customers: int, candidates: int, seed: int, first: int = 0) -> Base:
    """Return random customers with log-normal margins and their affinities to channels and messages."""
    rng = np.random.default_rng(seed)
    channel = np.arange(candidates) % CHANNELS
    margin = rng.lognormal(8.0, 0.9, customers)
    uplift = rng.gamma(1.5, 0.006, (candidates // CHANNELS + 1, customers))[np.arange(candidates) // CHANNELS]
    taste = rng.lognormal(0.0, 0.5, (CHANNELS, customers))[channel]
    bought = rng.beta(1.0, 6.0, customers)
    incentive = np.where(np.arange(candidates) % 7 == 3, 300.0, 0.0)[:, None]
    cost = COSTS[channel][:, None] + incentive * bought
    value = uplift * taste * margin - cost
    value[rng.random(value.shape) < 0.35] = -np.inf  # not permitted, or not meant for the customer
    day = rng.integers(0, DAYS, customers)
    slot = np.where(channel[:, None] >= LIMITED, (channel[:, None] - LIMITED) * DAYS + day, -1)
    return Base(Shard(value.astype(np.float32), cost.astype(np.float32), slot.astype(np.int8)), channel, day, first)


def room_of(customers: int, budget: float) -> AvailableCapacity:
    """Return capacity for a part of the demand: SMS, LINE, direct mail, and budget.

    Places by the day, money per customer.
    """
    share = np.repeat([0.04, 0.08, 0.004], DAYS)
    return AvailableCapacity(budget * customers, np.floor(share * customers))


def ledger_of(folder: str, room: AvailableCapacity) -> Places:
    """Return a ledger with these capacities, the same on each day."""
    return Places(Path(folder), [None] * LIMITED + [int(most) for most in room.places[::DAYS]], room.money)


class OnDisk:
    """Shards on disk as in a run, so that memory holds one at a time.

    Written once, mapped when read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def add(self, shard: Shard) -> None:
        """Write one shard."""
        for name in ("value", "cost", "slot"):
            np.save(self.folder / f"{self.count}-{name}.npy", getattr(shard, name))
        self.count += 1

    def __call__(self) -> Iterator[Shard]:
        """Yield them."""
        for index in range(self.count):
            yield Shard(*(np.load(self.folder / f"{index}-{name}.npy") for name in ("value", "cost", "slot")))


def worth_of(shard: Shard, chosen: npt.NDArray[np.int64]) -> tuple[float, float, npt.NDArray[np.int64]]:
    """Return value, money and places of what was chosen."""
    rows = np.flatnonzero(chosen >= 0)
    slot = np.broadcast_to(shard.slot, shard.value.shape)[chosen[rows], rows]
    cost = np.broadcast_to(shard.cost, shard.value.shape)[chosen[rows], rows]
    places = np.bincount(slot[slot >= 0], minlength=(CHANNELS - LIMITED) * DAYS)
    return float(shard.value[chosen[rows], rows].sum(dtype=np.float64)), float(cost.sum(dtype=np.float64)), places


def exact(shard: Shard, room: AvailableCapacity, *, whole: bool) -> tuple[float, float]:
    """Return the exact optimum of a small base, and its best known bound.

    By integers, or by the relaxation.
    """
    customers = shard.customers
    index = np.flatnonzero((shard.value > 0.0).ravel())
    customer = index % customers
    value = shard.value.ravel()[index].astype(np.float64)
    slot = np.broadcast_to(shard.slot, shard.value.shape).ravel()[index].astype(np.int64)
    cost = np.broadcast_to(shard.cost, shard.value.shape).ravel()[index].astype(np.float64)
    limited = np.flatnonzero(slot >= 0)
    rows = np.concatenate([customer, customers + slot[limited], np.full(len(index), customers + len(room.places))])
    columns = np.concatenate([np.arange(len(index)), limited, np.arange(len(index))])
    data = np.concatenate([np.ones(len(index) + len(limited)), cost])
    takes = csr_array((data, (rows, columns)), shape=(customers + len(room.places) + 1, len(index)))
    most = np.concatenate([np.ones(customers), room.places, [room.money]])
    found = milp(
        -value,
        constraints=LinearConstraint(takes, ub=most),
        bounds=Bounds(0.0, 1.0),
        integrality=np.full(len(index), int(whole)),
        options={"mip_rel_gap": 1e-4, "time_limit": 120.0},
    )
    return (-float(found.fun), -float(found.mip_dual_bound)) if whole else (-float(found.fun), -float(found.fun))


def in_order(shard: Shard, pairs: npt.NDArray[np.int64], room: AvailableCapacity) -> npt.NDArray[np.int64]:
    """Allocate (candidate, customer) pairs in order, one contact a customer, within capacity."""
    customers = shard.customers
    pairs = pairs[(shard.value.ravel()[pairs] > 0.0)]
    slot, cost = (np.broadcast_to(x, shard.value.shape).ravel() for x in (shard.slot, shard.cost))
    chosen = np.full(customers, -1, dtype=np.int64)
    places, money = room.places.tolist(), room.money
    for pair in pairs.tolist():
        row = pair % customers
        if chosen[row] < 0 and cost[pair] <= money and (slot[pair] < 0 or places[slot[pair]] >= 1):
            chosen[row] = pair // customers
            money -= float(cost[pair])
            if slot[pair] >= 0:
                places[slot[pair]] -= 1
    return chosen


def first_come(shard: Shard) -> npt.NDArray[np.int64]:
    """Return the pairs customer by customer, each customer's best first."""
    best = np.argsort(-shard.value, axis=0, kind="stable")
    return (best * shard.customers + np.arange(shard.customers)).T.ravel()


def largest(rank: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Return the pairs by rank, the highest first."""
    return np.argsort(-rank.ravel(), kind="stable")


PEERS: dict[str, Callable[[Shard], npt.NDArray[np.int64]]] = {
    "first come, best of what is left": first_come,
    "greedy by value": lambda shard: largest(shard.value),
    "greedy by value per cost": lambda shard: largest(shard.value / np.maximum(shard.cost, 1e-6)),
}


def report(name: str, shard: Shard, room: AvailableCapacity, chosen: npt.NDArray[np.int64], best: float) -> None:
    """Print what an allocation came to."""
    value, money, places = worth_of(shard, chosen)
    over = int((places > room.places).sum()) + int(money > room.money * (1.0 + 1e-9))
    print(f"  {name:<46} {value:>14,.0f}   gap {1.0 - value / best:8.4%}   violations {over}")


def small(customers: int, candidates: int, budget: float, *, whole: bool, seed: int) -> None:
    """Print the gap to the exact optimum of a base small enough to solve."""
    base, room = drawn(customers, candidates, seed), room_of(customers, budget)
    shard = base.shard
    t0 = time.perf_counter()
    best, bound = exact(shard, room, whole=whole)
    t1 = time.perf_counter()
    found = allocate(lambda: [shard], room, customers)
    with tempfile.TemporaryDirectory() as folder:
        ledger = ledger_of(folder, room)
        chosen = ledger.take(base, found.prices)
        ledger.close()
    t2 = time.perf_counter()
    kind = "integers" if whole else "relaxation"
    print(f"\n{customers:,} customers x {candidates}, budget {budget} each, seed {seed}")
    print(f"  HiGHS {kind} {t1 - t0:.1f} s (bound {bound:,.0f}), ours {t2 - t1:.2f} s")
    report("shadow prices, places taken through the ledger", shard, room, chosen, best)
    print(f"  {'bound of the dual above the exact optimum':<46} {found.bound / best - 1.0:>14.4%}")
    for name, peer in PEERS.items():
        report(name, shard, room, in_order(shard, peer(shard), room), best)


def large(customers: int, candidates: int) -> None:
    """Print time, memory and dual gap for the whole base, streamed from disk."""
    room = room_of(customers, BUDGET)
    with tempfile.TemporaryDirectory() as folder:
        shards = OnDisk(Path(folder))
        for start in range(0, customers, CHUNK):
            shards.add(drawn(min(CHUNK, customers - start), candidates, 1_000 + start).shard)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        t0 = time.perf_counter()
        found = allocate(shards, room, customers)
        t1 = time.perf_counter()
        ledger, value = ledger_of(folder, room), 0.0
        places, money = np.zeros(len(room.places)), 0.0
        for part, shard in enumerate(shards()):
            slot = shard.slot[LIMITED]
            base = Base(shard, np.arange(candidates) % CHANNELS, slot.astype(np.int64) % DAYS, part * CHUNK)
            got, spent, taken = worth_of(shard, ledger.take(base, found.prices))
            value, money, places = value + got, money + spent, places + taken
        ledger.close()
        t2 = time.perf_counter()
    over = int((places > room.places).sum()) + int(money > room.money * (1.0 + 1e-9))
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{customers:,} customers x {candidates}: prices {t1 - t0:.1f} s in {found.passes} passes, ledger {t2 - t1:.1f} s")
    print(f"  peak memory {gib:.2f} GiB (before the search {before / 2**20:.2f})")
    print(f"  worth {value:,.0f}, at most {1.0 - value / found.bound:.4%} below the best possible (the dual's bound); violations {over}")
    print(f"  money {money:,.0f} of {room.money:,.0f} at {found.prices.money:.3f}; places {places.astype(int).tolist()} of")
    print(f"  {room.places.astype(int).tolist()} at {np.round(found.prices.places, 2).tolist()}")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--candidates", type=int, default=40)
    parser.add_argument("--exact", type=int, default=10_000, help="customers of the subsample solved exactly")
    asked = parser.parse_args()
    for seed, budget in enumerate((1.2, BUDGET, 4.0, 1.2, BUDGET, BUDGET), start=1):
        small(asked.exact // 5, asked.candidates, budget, whole=True, seed=seed)
    small(asked.exact, asked.candidates, BUDGET, whole=False, seed=7)
    large(asked.customers, asked.candidates)


if __name__ == "__main__":
    main()
