"""Best policy knowable from records, taught the truth of another shop.

The best possible knows of every customer what no record tells: who can be persuaded, who is driven away, who is about to
leave. Nobody can learn that of a customer who has hardly been contacted. So this policy is taught, by the world's own
expectation, what contacts are worth in a neighbouring shop (another seed, thousands of customers, no noise at all), and
must then judge this shop's customers by their records: a learner with endless logs. What it keeps of the best possible is
about what learning could reach with these columns (``desk.Traits``); richer columns could do somewhat better.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from lightgbm import LGBMRegressor

from benchmarks.simulated_shop.desk import Desk, Floats, Ints
from benchmarks.simulated_shop.oracle import BestPossible
from otokui.domain import Instant
from pipelines.simulation.referee import Referee
from pipelines.simulation.shop_facts import Facts, Tables
from simulator.oracle.truth import expected_value
from simulator.sends import Sends
from simulator.world import World

NEIGHBOURS, NIGHTS, EVERY_DAYS = 3_000, 8, 15
ELSEWHERE = 900_000
"""Added to the seed of the neighbouring shop, so that its customers are others."""


_TAUGHT: dict[tuple[str, int, int], LGBMRegressor] = {}
"""By world, seed and age: the thresholds that are tried share one teaching."""


class BestKnowable(BestPossible):
    """Best knowable policy: greedy on taught values, at each customer's best hour."""

    name = "best_knowable"

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Learn from a neighbouring shop of the same age."""
        super().begin(past, now)
        here = self._world
        taught = (here.settings.name, self.seed, here.day)
        if taught not in _TAUGHT:
            _TAUGHT[taught] = self._learn(here)
        self._model = _TAUGHT[taught]

    def _learn(self, here: World) -> LGBMRegressor:
        there = World.create(
            here.settings, customers=NEIGHBOURS, seed=self.seed + ELSEWHERE, channels=here.channels, messages=here.messages,
            timezone=here.timezone,
        )  # fmt: skip
        facts = Facts(list(there.customer_ids), self.desk.facts.channels, here.timezone)
        desk = Desk(Referee(facts, self.desk.settings, promised=False), self.desk.settings)
        rows, values = [], []
        for day in range(here.day + (NIGHTS - 1) * EVERY_DAYS + 1):
            if day >= here.day and (day - here.day) % EVERY_DAYS == 0:
                who, pair = np.nonzero(desk.consented(there.now)[:, desk.pairs[:, 1]])
                message, channel = desk.pairs[pair, 0], desk.pairs[pair, 1]
                allowed = desk.allowed(desk.sends(there.now, who, message, channel), there.now)
                who, message, channel = who[allowed], message[allowed], channel[allowed]
                hour = _hours(there, desk, who, channel)
                rows.append(self._told(desk, there.now, who, message, channel))
                values.append(expected_value(there, who, message, channel, hour))
            facts.learn(there.live(Sends.none()).tables)
        return LGBMRegressor(
            n_estimators=400, num_leaves=63, learning_rate=0.06, min_child_samples=100, verbose=-1, n_jobs=1, random_state=1
        ).fit(np.vstack(rows), np.concatenate(values))

    def _worth(self, now: Instant, who: Ints, message: Ints, channel: Ints, hour: Ints) -> Floats:
        return np.asarray(self._model.predict(self._told(self.desk, now, who, message, channel)))

    def _told(self, desk: Desk, now: Instant, who: Ints, message: Ints, channel: Ints) -> Floats:
        kinds = np.column_stack([np.eye(len(desk.messages))[message], np.eye(len(desk.channels))[channel]])
        return np.column_stack([desk.traits(now).matrix()[who], kinds]).astype(np.float32)


def _hours(world: World, desk: Desk, who: Ints, channel: Ints) -> Ints:
    return BestPossible(desk, 0, world, 0.0)._hours(who, channel)
