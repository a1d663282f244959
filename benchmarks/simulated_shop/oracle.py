"""Oracle policy: knows the truth, and takes the most valuable contact of each day.

How it is computed: every night, for every customer and every pair of message and channel that no rule forbids, the
world's own expectation of what the contact adds (margin, minus channel and incentive cost, minus what fatigue,
unsubscribing and complaints cost over the horizon) at the customer's best open hour; the best pair is sent if it adds
more than a threshold. The threshold is the price of a place under the caps: a place taken today is not there tomorrow.
Greedy by day with a price is not the exact optimum of the whole season (that is a stochastic programme over years), so
the threshold is searched: the best of several is reported, world by world and seed by seed, to this policy's favour.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.simulated_shop.desk import Desk, Floats, Ints
from benchmarks.simulated_shop.simple import Policy
from otokui.domain import Instant
from pipelines.simulation.shop_facts import Tables
from simulator.customers.active_hours import attentive
from simulator.oracle.truth import expected_value
from simulator.sends import Sends
from simulator.world import World

THRESHOLDS = (5.0, 15.0, 40.0, 80.0, 150.0)


class _Greedy(Policy):
    """Sends to each customer what adds most, if it adds more than ``threshold`` money."""

    def __init__(self, desk: Desk, seed: int, world: World, threshold: float) -> None:
        super().__init__(desk, seed)
        self._world, self._threshold = world, threshold

    def day(self, now: Instant, news: Tables) -> Sends:
        """Send to each customer what adds most, if it adds enough."""
        desk = self.desk
        who, pair = np.nonzero(desk.consented(now)[:, desk.pairs[:, 1]])
        message, channel = desk.pairs[pair, 0], desk.pairs[pair, 1]
        sends = desk.sends(now, who, message, channel)
        allowed = desk.allowed(sends, now)
        who, message, channel = who[allowed], message[allowed], channel[allowed]
        if not len(who):
            return Sends.none()
        hour = self._hours(who, channel)
        worth = self._worth(now, who, message, channel, hour)
        order = np.lexsort((-worth, who))
        first = order[np.unique(who[order], return_index=True)[1]]
        best = first[worth[first] > self._threshold]
        return desk.sends(now, who[best], message[best], channel[best], hour=hour[best])

    def remarks(self) -> dict[str, Any]:
        """Return the threshold it plays with."""
        return {"threshold": self._threshold}

    def _hours(self, who: Ints, channel: Ints) -> Ints:
        raise NotImplementedError

    def _worth(self, now: Instant, who: Ints, message: Ints, channel: Ints, hour: Ints) -> Floats:
        raise NotImplementedError


class BestPossible(_Greedy):
    """Sees the world itself."""

    name = "best_possible"

    def _worth(self, now: Instant, who: Ints, message: Ints, channel: Ints, hour: Ints) -> Floats:
        return expected_value(self._world, who, message, channel, hour)

    def _hours(self, who: Ints, channel: Ints) -> Ints:
        """Return the open hour of today at which each customer pays most attention to the channel, (k,)."""
        world, best = self._world, np.zeros(len(who), dtype=np.int64)
        highest = np.full(len(who), -np.inf)
        for hour in range(24):
            is_open = np.array([hour in hours for hours in self.desk.open_hours])[channel]
            matters = world.channel_table.hours[channel]
            found = np.where(is_open, attentive(world.people, who, world.weekend, np.full(len(who), hour), matters), -np.inf)
            better = found > highest
            best[better], highest[better] = hour, found[better]
        return best
