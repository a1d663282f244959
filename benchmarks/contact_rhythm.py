"""Contacts closer than the minimum spacing, and what the spacing costs, simulated.

    python -m benchmarks.contact_rhythm --customers 1200 --nights 14 --hours 0 24 48 72 --seed 1

One shop brings in its past and trains; for each spacing a copy of it plays the nights, in the same world with the same chance. Another
copy decides for the whole base twice on the first evening, an hour apart, and then every customer is asked for over the service's own
handler. Printed are the pairs of contacts that lie closer than two days, sent or reserved, and the profit that the contacts are to be
expected to add, luck aside. 0 switches the spacing of the channels off as well.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import numpy as np
import polars as pl
from sqlalchemy import create_engine, text

from otokui.domain import HOUR, Instant
from otokui.frames import Floats
from pipelines.decision_run.decision_operations import run_decide, run_materialise
from pipelines.model_training.model_operations import run_train
from pipelines.shop.init import init
from pipelines.shop.shop import Shop
from pipelines.simulation.referee import Referee
from pipelines.simulation.season import Season, Twin, play
from pipelines.simulation.shop_facts import Facts, Tables
from pipelines.simulation.shop_player import ShopPlayer
from serving.handlers.decisions.decision_handler import DecisionHandler, KeyedRequest
from serving.http.requests import CustomerRequest, DecisionRequest
from serving.live.state import LiveState
from serving.wiring import ShopSource
from simulator.oracle.truth import expected_effect
from simulator.sends import Sends
from simulator.world import World
from simulator.worlds import load_world

NEAR_HOURS = 48


def main() -> None:
    """Play once for each spacing, and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_200)
    parser.add_argument("--nights", type=int, default=14)
    parser.add_argument("--past-days", type=int, default=180)
    parser.add_argument("--hours", type=int, nargs="+", default=[0, 24, 48, 72])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(
        "| spacing, hours | contacts | pairs < 48 h, nights | two runs | and calls | expected profit |\n|---|---|---|---|---|---|",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        trained = Path(place) / "trained"
        init(trained)
        world, past = _morning(trained, asked)
        ShopPlayer(trained, world.customer_ids).begin(past, world.now)
        run_train(Shop(trained), train_through=world.now, now=world.now)
        for hours in asked.hours:
            copy = shutil.copytree(trained, Path(place) / f"{hours}-evening")
            second, calls = evening(copy, hours, world.now)
            copy = shutil.copytree(trained, Path(place) / f"{hours}-nights")
            contacts, near, profit = nights_of(copy, hours, world.fork(), past, asked.nights)
            print(f"| {hours} | {contacts:,} | {near:,} | {second:,} | {calls:,} | {profit:,.0f} |", flush=True)


class Trained(ShopPlayer):
    """A shop that has its past and its models already."""

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Bring in nothing, and train no more."""
        self._trained_on = 0


def evening(folder: Path, hours: int, now: Instant) -> tuple[int, int]:
    """Return the pairs closer than two days after two runs, and after calls."""
    _set(folder, hours)
    shop = Shop(folder)
    for later in (0, 1):
        run_decide(shop, as_of=Instant(now + later * HOUR), out=folder / "runs" / str(later))
    second = _near(_times(folder))
    run_materialise(shop, as_of=now)
    _call(folder, Instant(now + 2 * HOUR))
    return second, _near(_times(folder))


def nights_of(folder: Path, hours: int, world: World, past: Sequence[Tables], nights: int) -> tuple[int, int, float]:
    """Return contacts, pairs closer than two days, and expected profit of the nights."""
    _set(folder, hours)
    season, _ = _played(folder, world, past, nights)
    sent = _times(folder, only_sent=True)
    return sum(map(len, sent.values())), _near(sent), season.expected_profit()


def _set(folder: Path, hours: int) -> None:
    """Set the spacing of a shop."""
    written = (folder / "otokui.toml").read_text(encoding="utf-8")
    with (folder / "otokui.toml").open("w", encoding="utf-8") as file:
        file.write(written.replace("contact_spacing_hours = 48.0", f"contact_spacing_hours = {hours}.0"))
        for channel in () if hours else ("sms", "direct_mail", "call", "in_store"):
            file.write(f'\n[[channels]]\nname = "{channel}"\nspacing_hours = 0.0\n')


def _morning(folder: Path, asked: Any) -> tuple[World, list[Tables]]:
    """Return the world on the first morning, and the records from before."""
    settings = Shop(folder).settings
    world = World.create(
        load_world("default"), customers=asked.customers, seed=asked.seed, channels=settings.channels, messages=settings.messages,
        timezone=settings.shop.timezone,
    )  # fmt: skip
    return world, [day.tables for day in world.history(asked.past_days, "none")]


def _played(folder: Path, world: World, past: Sequence[Tables], nights: int) -> tuple[Season, Instant]:
    settings, ends = Shop(folder).settings, world.day + nights

    def weigh(living: World, going: Sends) -> Floats:
        hour = (going.send_at - int(living.now)) // HOUR
        left = float(ends + 28 - living.day)
        worth = expected_effect(living, going.customer, going.message, going.channel, hour, horizon_days=left)
        expected: Floats = np.bincount(going.customer, weights=worth, minlength=len(living.customer_ids)).astype(np.float64)
        return expected

    facts = Facts(list(world.customer_ids), [channel.name for channel in settings.channels], settings.shop.timezone)
    player = Trained(folder, world.customer_ids, retrain_days=0)
    season = play(world, Twin(world), player, Referee(facts, settings, promised=True), days=nights, past=past, weigh=weigh)
    return season, world.now


def _call(folder: Path, as_of: Instant) -> None:
    """Ask the service's handler for every customer, a hundred a call."""
    state = LiveState(ShopSource(folder, tries=lambda _: None), swap_seconds=60.0)
    state.refresh()
    handler = DecisionHandler(state, lambda: as_of)
    parts = sorted((folder / "runs" / "0").glob("part-*.parquet"))
    ids = pl.concat(pl.read_parquet(part, columns=["customer_id"]) for part in parts)["customer_id"].to_list()
    for begin in range(0, len(ids), 100):
        customers = [CustomerRequest(customer_id=customer_id) for customer_id in ids[begin : begin + 100]]
        (reply,) = handler([KeyedRequest(DecisionRequest(customers=customers), None)])
        if isinstance(reply, Exception):
            raise reply


def _times(folder: Path, *, only_sent: bool = False) -> dict[str, list[int]]:
    """Return the send times of each customer's contacts, and of reservations that are not sent yet."""
    engine = create_engine(f"sqlite:///{folder}/ledger.db")
    query = "SELECT customer_id, sent_at FROM contacts WHERE COALESCE(assigned_group, '') NOT IN ('control', 'scenario_control')"
    if not only_sent:
        query += " UNION ALL SELECT customer_id, send_at FROM reservations WHERE dispatched_at IS NULL AND valid_until > (SELECT MAX(reserved_at) FROM reservations)"  # noqa: E501
    times: dict[str, list[int]] = defaultdict(list)
    with engine.connect() as connection:
        for customer_id, at in connection.execute(text(query)):
            times[customer_id].append(at)
    engine.dispose()
    return times


def _near(times: dict[str, list[int]]) -> int:
    """Count neighbouring contacts of one customer closer than two days."""
    return sum(later - sooner < NEAR_HOURS * HOUR for of_customer in times.values() for sooner, later in pairwise(sorted(of_customer)))


if __name__ == "__main__":
    main()
