"""Shadow prices of a run over the whole base, found in a first pass.

Nothing is reserved here. The prices are kept under the name of the run, so that a run that was stopped goes on with the
same prices, though the ledger has moved on; and the service takes over those of the newest run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from adapters.files.atomic_files import publish
from adapters.shop_files.shard_files import ShardFiles
from decisions.allocation import shadow_prices
from decisions.allocation.capacity import Slots
from decisions.allocation.shadow_price_search import allocate
from decisions.allocation.shadow_prices import SharePrices
from decisions.allocation.shard import AvailableCapacity
from decisions.customer_batch import CustomerBatch
from decisions.engine.engine import DecisionEngine
from otokui.domain import Instant
from otokui.frames import Floats

Used = Callable[[Instant, Instant], tuple[list[tuple[int, int, int]], float]]
"""What is taken of the shop's limits before an instant (``otokui.ports.ledger.Ledger.used``)."""


def run_prices(
    prices_path: Path,
    engine: DecisionEngine,
    prepared: Callable[[], Iterable[CustomerBatch]],
    as_of: Instant,
    *,
    used: Used,
    spill: Path,
) -> SharePrices | None:
    """Return the shadow prices of a run, found now or read from their file.

    None where the shop has no limits.

    engine: without prices; prepared: the whole base, batch by batch; spill: where the shards may lie for as long as it takes.
    """
    policy = engine.policy
    if not policy.capacity.any:
        return None
    if prices_path.exists():
        return SharePrices.from_json(prices_path.read_text(encoding="utf-8"))
    share = engine.slots(as_of, used)
    with ShardFiles(spill) as shards:
        for batch in prepared():
            shards.add(engine.demand(batch, share))
        # Of a scenario's control group nobody is contacted, so what is there suffices for more who would be.
        treated = 1.0 - policy.holdout.scenario_share
        room = share.room.scaled(1.0 / treated) if treated > 0.0 else AvailableCapacity(np.inf, np.full(len(share.room.places), np.inf))
        allocation = allocate(shards, room, shards.customers, explored=policy.exploration.share)
    prices = named_prices(as_of, policy.channels.names, share, allocation.prices.money, allocation.prices.places)
    keep(prices_path, prices)
    return prices


def with_stored_prices(prices_path: Path, engine: DecisionEngine) -> DecisionEngine:
    """Return the engine with stored shadow prices of a run of the same name.

    Without any where none has.
    """
    return engine.priced(SharePrices.from_json(prices_path.read_text(encoding="utf-8"))) if prices_path.exists() else engine


def named_prices(as_of: Instant, channels: Iterable[str], share: Slots, money: float, places: Floats) -> SharePrices:
    """Return prices by the names of channels and dates; what costs nothing is left out."""
    named: dict[str, dict[str, float]] = {}
    for (channel, date), price in zip(share.names(list(channels)), places.tolist(), strict=True):
        if price > 0.0:
            named.setdefault(channel, {})[date] = price
    return SharePrices(as_of, money, named)


def stored_prices_path(folder: Path, as_of: Instant, summarised_at: Instant, policy: str, models: str) -> Path:
    """Return the path of a run's shadow prices.

    The name rests on all that they depend on but the ledger.
    """
    name = hashlib.sha256(json.dumps([int(as_of), int(summarised_at), policy, models]).encode()).hexdigest()[:32]
    return folder / f"{name}.json"


def hand_over(prices: SharePrices, online: Path) -> None:
    """Give the prices to the service, unless it has newer ones."""
    target = online / shadow_prices.FILE_NAME
    if target.exists() and SharePrices.from_json(target.read_text(encoding="utf-8")).found_at > prices.found_at:
        return
    keep(target, prices)


def keep(target: Path, prices: SharePrices) -> None:
    """Write prices whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    aside.write_text(prices.to_json(), encoding="utf-8")
    publish(aside, target)
