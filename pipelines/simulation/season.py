"""Season of a game: each day decisions, hand-over, outcomes, and the twin's day.

The twin is the same world with the same chance in which nobody is ever contacted. The difference of profit, customer
by customer, is therefore what the contacts did, and nothing else: no control group is needed to know it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from otokui.domain import Instant, show_instant
from otokui.frames import Bools, Floats
from pipelines.simulation.outbox import Outbox
from pipelines.simulation.referee import Referee
from pipelines.simulation.shop_facts import Tables
from simulator.sends import Day, Sends
from simulator.world import World


class Player(Protocol):
    """A policy: is told what became known, and says whom to contact."""

    name: str

    def begin(self, past: Iterable[Tables], now: Instant) -> None:
        """Take in the records from before the game, oldest first."""
        ...

    def day(self, now: Instant, news: Tables) -> Sends:
        """Return the contacts decided at ``now``, local midnight; ``news`` became known since the last call."""
        ...

    def remarks(self) -> dict[str, Any]:
        """Return remarks on the last day: seconds by step, models made, …."""
        ...


class Twin:
    """Twin world without a contact: the profit of each day.

    Lived once, however many policies ask for it.
    """

    def __init__(self, world: World) -> None:
        self._world = world.fork()
        self._lived: list[Day] = []

    def day(self, number: int) -> Day:
        """Return the ``number``-th day after the fork, counted from 0; tables are not kept."""
        while len(self._lived) <= number:
            day = self._world.live(Sends.none())
            self._lived.append(Day(day.day, {}, day.profit, day.unsubscribed, day.complained, day.counts))
        return self._lived[number]


@dataclass(slots=True)
class Season:
    """What a policy came to.

    rows: one a day: what was sent, what it came to, what was broken. increments: by day, (n,) money above the twin's.
    weighed: by day, (n,) money that the contacts handed over were to be expected to add, where ``play`` was given a scale.
    """

    policy: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    increments: list[Floats] = field(default_factory=list)
    weighed: list[Floats] = field(default_factory=list)

    def total(self, name: str) -> float:
        """Return a column of the days summed."""
        return float(sum(row.get(name, 0) for row in self.rows))

    def incremental_profit(self, customers: Bools | slice = slice(None), *, since_day: int = 0) -> float:
        """Return profit above the twin's, of some customers, from a day on."""
        return float(sum(day[customers].sum() for day in self.increments[since_day:]))

    def expected_profit(self, customers: Bools | slice = slice(None)) -> float:
        """Return the expected incremental profit of the contacts: the season without its luck."""
        return float(sum(day[customers].sum() for day in self.weighed))


def play(
    world: World,
    twin: Twin,
    player: Player,
    referee: Referee,
    *,
    days: int,
    settle_days: int = 0,
    past: Sequence[Tables] = (),
    refuses: Collection[str] = (),
    progress: Callable[[dict[str, Any]], None] = lambda row: None,
    weigh: Callable[[World, Sends], Floats] | None = None,
) -> Season:
    """Play ``days`` days, then ``settle_days`` in silence.

    In silence, purchases that were only pulled forward are missed.

    world, twin: as they stand at the beginning; the world is changed. past: the records from before.
    refuses: rules that the send engine enforces (``Outbox``).
    weigh: given the world before a day is lived and the contacts of it, returns what they are to be expected to add, (n,).
    """
    for tables in past:
        referee.learn(tables)
    referee.remember_past_contacts()
    player.begin(past, world.now)
    outbox, season = Outbox(referee, refuses), Season(player.name)
    news: Tables = {}
    zone = ZoneInfo(referee.facts.timezone)
    for number in range(days + settle_days):
        now, began = world.now, processor_seconds()
        decided = player.day(now, news) if number < days else Sends.none()
        if refuses:  # what waits for a later day is refused tonight already, if the records forbid it
            broken = [faulty for name, faulty in referee.broken(decided, now, only_records=True).items() if name in refuses]
            decided = decided.take(~np.logical_or.reduce([np.zeros(len(decided), dtype=bool), *broken]))
        thought = processor_seconds() - began
        later = referee.broken(decided, now, only_records=True)
        until = _next_midnight(now, zone)
        waits = decided.send_at >= until
        faults = Counter({name: int((broken & waits).sum()) for name, broken in later.items()})
        going, withdrawn = outbox.hand_over(decided, now, until) if number < days else (Sends.none(), 0)
        faults += Counter({name: int(broken.sum()) for name, broken in referee.broken(going, now).items()})
        referee.record(going)
        if weigh is not None:
            season.weighed.append(weigh(world, going))
        lived, still = world.live(going), twin.day(number)
        referee.learn(lived.tables)
        news = lived.tables
        season.increments.append(lived.profit - still.profit)
        row = {
            "day": number + 1,
            "date": show_instant(now, referee.facts.timezone)[:10],
            "playing": number < days,
            "contacts": len(going),
            "withdrawn": withdrawn,
            "orders": int(lived.counts.get("orders", 0)),
            "orders_of_twin": int(still.counts.get("orders", 0)),
            "profit": float(lived.profit.sum()),
            "profit_of_twin": float(still.profit.sum()),
            "incremental_profit": float(season.increments[-1].sum()),
            "unsubscribed": int(lived.unsubscribed.sum()),
            "complaints": int(lived.complained.sum()),
            "violations": sum(faults.values()),
            "broken": {name: count for name, count in faults.items() if count},
            "seconds_policy": thought,
            "seconds_world": processor_seconds() - began - thought,
            **player.remarks(),
        }
        season.rows.append(row)
        progress(row)
    return season


def processor_seconds() -> float:
    """Return the processor time of this process and its children.

    What a day costs, whatever else the machine does.
    """
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _next_midnight(now: Instant, zone: ZoneInfo) -> Instant:
    local = datetime.fromtimestamp(int(now), zone)
    return Instant(int((local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()))
