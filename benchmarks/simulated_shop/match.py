"""Match of all policies on one world and one seed.

Each on its own copy of the same morning, with the same chance to come.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.simulated_shop.desk import Bools, Desk, Floats
from benchmarks.simulated_shop.knowable import BestKnowable
from benchmarks.simulated_shop.learned import ChurnScore, Propensity, TwoModel
from benchmarks.simulated_shop.oracle import THRESHOLDS, BestPossible
from benchmarks.simulated_shop.simple import AtRandom, Everybody, Newsletter, Policy, RfmRule
from otokui.domain import HOUR
from otokui.settings.settings import Settings
from pipelines.shop.init import init
from pipelines.shop.shop import Shop
from pipelines.simulation.referee import Referee
from pipelines.simulation.season import Season, Twin, play
from pipelines.simulation.shop_facts import Facts, Tables
from pipelines.simulation.shop_player import ShopPlayer
from simulator.oracle.truth import expected_effect
from simulator.sends import Sends
from simulator.world import World
from simulator.worlds import load_world

COMPARED = (Policy, Everybody, Newsletter, AtRandom, RfmRule, ChurnScore, Propensity, TwoModel)
OURS, KNOWABLE, BEST = "ours", "best_knowable", "best_possible"
NAMES = (*(policy.name for policy in COMPARED), OURS, KNOWABLE, BEST)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Scenario of a match: days of history, and the policy of its contacts."""

    name: str
    past_days: int
    past_policy: str


COLD = Scenario("cold", 180, "none")
LOGS = Scenario("logs", 365, "random")
SCENARIOS = {scenario.name: scenario for scenario in (COLD, LOGS)}


@dataclass(frozen=True, slots=True)
class Length:
    """Length of a match: days played, last days reported apart, days of silence."""

    days: int
    last: int
    settle: int


class Match:
    """A world, a seed and a scenario."""

    def __init__(self, world: str, seed: int, scenario: Scenario, customers: int, length: Length, *, retrain_days: int = 7) -> None:
        self.names, self.length, self.retrain_days = (world, seed, scenario.name), length, retrain_days
        self._folder = Path(tempfile.mkdtemp(prefix="otokui-match-"))
        init(self._folder / "shop")
        self.settings: Settings = Shop(self._folder / "shop").settings
        self._morning = World.create(
            load_world(world), customers=customers, seed=seed, channels=self.settings.channels, messages=self.settings.messages,
            timezone=self.settings.shop.timezone,
        )  # fmt: skip
        self._past: list[Tables] = [_gathered([day.tables for day in self._morning.history(scenario.past_days, scenario.past_policy)])]
        self._twin = Twin(self._morning)
        self._began_on = self._morning.day

    def close(self) -> None:
        """Remove what the match left on disk."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, name: str, progress: Callable[[dict[str, Any]], None] = lambda row: None) -> Season:
        """Play one policy."""
        if name == OURS:
            return self._ours(progress)
        if name in (BEST, KNOWABLE):
            kind_of_best = BestPossible if name == BEST else BestKnowable
            tried = [self._best(kind_of_best, threshold) for threshold in THRESHOLDS]
            # By what was to be expected: the best of several outcomes would be the luckiest.
            return max(tried, key=Season.expected_profit)
        kind = next(policy for policy in COMPARED if policy.name == name)
        world, referee = self._seat(promised=False)
        return self._play(world, kind(Desk(referee, self.settings), self.names[1]), referee)

    def outcome(self, season: Season) -> dict[str, Any]:
        """Return a season as one row of the table.

        _kept: of the customers who are not in our global control group.
        """
        kept: Bools = ~self._seat(promised=True)[1].control
        since = self.length.days - self.length.last
        world, seed, scenario = self.names
        sums = {name: season.total(name) for name in ("contacts", "unsubscribed", "complaints", "violations")}
        broken: dict[str, int] = {}
        for row in season.rows:
            for rule, count in row["broken"].items():
                broken[rule] = broken.get(rule, 0) + count
        return {
            "world": world, "seed": seed, "scenario": scenario, "policy": season.policy,
            "profit": season.incremental_profit(), "profit_kept": season.incremental_profit(kept),
            "profit_last": season.incremental_profit(since_day=since), "profit_last_kept": season.incremental_profit(kept, since_day=since),
            "expected": season.expected_profit(), "expected_kept": season.expected_profit(kept),
            "profit_of_twin": season.total("profit_of_twin"),
            **sums, "broken": broken,
            "threshold": season.rows[0].get("threshold"), "cpu_seconds_training": season.total("seconds_train"),
            "cpu_seconds_per_day": float(np.mean([row["seconds_policy"] for row in season.rows[: self.length.days]])),
        }  # fmt: skip

    def _ours(self, progress: Callable[[dict[str, Any]], None]) -> Season:
        folder = self._folder / OURS
        shutil.rmtree(folder, ignore_errors=True)
        init(folder)
        world, referee = self._seat(promised=True)
        return self._play(world, ShopPlayer(folder, world.customer_ids, retrain_days=self.retrain_days), referee, progress)

    def _best(self, kind: type[BestPossible], threshold: float) -> Season:
        world, referee = self._seat(promised=False)
        return self._play(world, kind(Desk(referee, self.settings), self.names[1], world, threshold), referee)

    def _seat(self, *, promised: bool) -> tuple[World, Referee]:
        world = self._morning.fork()
        facts = Facts(list(world.customer_ids), [c.name for c in self.settings.channels], self.settings.shop.timezone)
        return world, Referee(facts, self.settings, promised=promised)

    def _play(self, world: World, player: Any, referee: Referee, progress: Callable[[dict[str, Any]], None] = lambda row: None) -> Season:
        return play(
            world, self._twin, player, referee, days=self.length.days, settle_days=self.length.settle, past=self._past,
            refuses=getattr(player, "refuses", ()), progress=progress, weigh=self._expected,
        )  # fmt: skip

    def _expected(self, world: World, going: Sends) -> Floats:
        """Return what the contacts of a day are to be expected to add until the books are closed, (n,) money."""
        left = self._began_on + self.length.days + self.length.settle - world.day
        hour = (going.send_at - int(world.now)) // HOUR
        worth = expected_effect(world, going.customer, going.message, going.channel, hour, horizon_days=float(left))
        return np.bincount(going.customer, weights=worth, minlength=len(world.customer_ids))


def _gathered(days: Sequence[Tables]) -> dict[str, pl.DataFrame]:
    """Return the tables of many days as one of each name, oldest rows first."""
    names = dict.fromkeys(name for tables in days for name in tables)
    return {name: pl.concat([t[name] for t in days if name in t], how="diagonal_relaxed") for name in names}
