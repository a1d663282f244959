"""The first pass of a run over the whole base: what is short, and at which prices all can share it.

Nothing is reserved here. The prices are kept under the name of the run, so that a run that was stopped goes on with the
same prices, though the ledger has moved on; and the service takes over those of the newest run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from adapters.durable import publish
from adapters.shard_files import ShardFiles
from decisions import share_prices
from decisions.allocation.allocate import allocate
from decisions.allocation.shard import Room, Shard
from decisions.capacity import Slots, slots
from decisions.policy import Policy
from decisions.share_prices import SharePrices
from otokui.domain import DAY, Instant
from otokui.frames import Batch, ContactState, Floats

Taken = Callable[[Instant, Instant], tuple[list[tuple[int, int, int]], float]]
"""What is taken of the shop's limits before an instant (``otokui.ledger_port.Ledger.used``)."""


def run_prices(
    kept: Path,
    policy: Policy,
    as_of: Instant,
    chunks: Callable[[], Iterable[Batch]],
    *,
    state: Callable[[Batch], ContactState],
    want: Callable[[Batch, ContactState, Slots], Shard],
    taken: Taken,
    spill: Path,
) -> SharePrices | None:
    """Return the prices of a run, found now or kept in the file ``kept``; None where the shop has no limits.

    state: what the ledger says of a chunk; want: what its customers would want (``decisions.wanted``); spill: where the
    shards may lie for as long as it takes.
    """
    if not policy.capacity.any:
        return None
    if kept.exists():
        return SharePrices.from_json(kept.read_text(encoding="utf-8"))
    days = policy.limits.window_days + 2
    used, spent = taken(as_of, Instant(as_of + days * DAY))
    share = slots(
        policy.capacity, policy.channels.open_hours, policy.channels.lead_seconds, policy.offsets(as_of), int(as_of), days, used, spent
    )
    with ShardFiles(spill) as shards:
        for chunk in chunks():
            if len(chunk):
                shards.add(want(chunk, state(chunk), share))
        # Of a scenario's control group nobody is contacted, so what is there suffices for more who would be.
        treated = 1.0 - policy.limits.scenario_holdout_share
        room = share.room.scaled(1.0 / treated) if treated > 0.0 else Room(np.inf, np.full(len(share.room.places), np.inf))
        found = allocate(shards, room, shards.customers, explored=policy.limits.exploration_share)
    prices = named_prices(as_of, policy.channels.names, share, found.prices.money, found.prices.places)
    keep(kept, prices)
    return prices


def with_kept_prices(kept: Path, policy: Policy) -> Policy:
    """Return the policy with the prices that a run of the same name has found; without any where none has."""
    return policy.priced(SharePrices.from_json(kept.read_text(encoding="utf-8"))) if kept.exists() else policy


def named_prices(as_of: Instant, channels: Iterable[str], share: Slots, money: float, places: Floats) -> SharePrices:
    """Return prices by the names of channels and dates; what costs nothing is left out."""
    named: dict[str, dict[str, float]] = {}
    for (channel, date), price in zip(share.names(list(channels)), places.tolist(), strict=True):
        if price > 0.0:
            named.setdefault(channel, {})[date] = price
    return SharePrices(as_of, money, named)


def kept_under(folder: Path, as_of: Instant, summarised_at: Instant, policy: str, models: str) -> Path:
    """Return the file that keeps the prices of a run: named by all that they depend on but the ledger."""
    name = hashlib.sha256(json.dumps([int(as_of), int(summarised_at), policy, models]).encode()).hexdigest()[:32]
    return folder / f"{name}.json"


def hand_over(prices: SharePrices, online: Path) -> None:
    """Give the prices to the service, unless it has newer ones."""
    target = online / share_prices.FILE_NAME
    if target.exists() and SharePrices.from_json(target.read_text(encoding="utf-8")).found_at > prices.found_at:
        return
    keep(target, prices)


def keep(target: Path, prices: SharePrices) -> None:
    """Write prices whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    aside.write_text(prices.to_json(), encoding="utf-8")
    publish(aside, target)
