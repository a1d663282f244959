"""The places of drawn customers, taken as `otokui decide` takes them: part by part, through a ledger on SQLite.

The customers and their values are the benchmark's; who stands first, what a ledger refuses, and who chooses again is the product's
(`pipelines.decision_run.reservations`, `adapters.ledger`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from adapters.ledger import open_ledger
from decisions.allocation.shard import Prices, Shard
from otokui.domain import DAY, HOUR, Instant, Status
from otokui.frames import OPEN, Batch, ContactState, Floats, Ints, texts
from otokui.ports import ReservationResult
from otokui.settings.budget import Budget
from otokui.settings.channels_and_messages import Channel, Message
from pipelines.decision_run.reservations import Settling

AS_OF = Instant(20_000 * DAY)
MESSAGE = "news"


@dataclass(frozen=True, slots=True)
class Base:
    """Some customers: what each candidate is worth and takes; channel: (A,) of each candidate; day: (n,) on which each would be sent to."""

    shard: Shard
    channel: Ints
    day: Ints
    first: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What each customer takes at some prices, as decisions: the candidate worth most after them, -1 = none is worth it."""

    base: Base
    prices: Prices
    candidate: Ints

    @classmethod
    def of(cls, base: Base, prices: Prices, shut: npt.NDArray[np.bool_] | None = None) -> Self:
        """Choose; shut: (n, C) channels in which a customer has found no place."""
        left = base.shard.value - toll(base.shard, prices)
        if shut is not None:
            left = np.where(shut.T[base.channel], -np.inf, left)
        best = left.argmax(axis=0)
        return cls(base, prices, np.where(left[best, np.arange(len(best))] > 0.0, best, -1))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns that taking places looks at."""
        shard, rows = self.base.shard, np.arange(len(self.candidate))
        candidate = np.maximum(self.candidate, 0)
        who = ids(self.base)
        noon = AS_OF + self.base.day * DAY + 12 * HOUR
        return {
            "customer_id": who,
            "decision_id": who,
            "status": texts(np.where(self.candidate >= 0, Status.CONTACT.value, Status.NO_CONTACT.value).tolist()),
            "message_id": texts([MESSAGE] * len(rows)),
            "scenario": texts([MESSAGE] * len(rows)),
            "channel": texts([name_of(c) for c in self.base.channel[candidate].tolist()]),
            "send_at": noon,
            "valid_until": noon + DAY,
            "spend": np.broadcast_to(shard.cost, shard.value.shape)[candidate, rows].astype(np.float64),
            "price": toll(shard, self.prices)[candidate, rows].astype(np.float64),
            "expected_value": shard.value[candidate, rows].astype(np.float64),
        }

    def other_times(self, rows: Ints) -> Sequence[tuple[Instant, ...]]:
        """Return no other times: everybody would be sent to at noon of a day."""
        return [()] * len(rows)


class Places:
    """A ledger that holds limits: contacts by channel and day (None = any number), and money."""

    def __init__(self, folder: Path, per_day: Sequence[int | None], money: float | None) -> None:
        self._names = [name_of(channel) for channel in range(len(per_day))]
        channels = [
            Channel(name=name, title=name, title_ja=name, cap=1, cap_days=30, capacity_per_day=most)
            for name, most in zip(self._names, per_day, strict=True)
        ]
        message = Message(
            message_id=MESSAGE, scenario=MESSAGE, title=MESSAGE, title_ja=MESSAGE, objective="purchase", channels=tuple(self._names)
        )
        self._ledger = open_ledger(
            f"sqlite:///{folder}/ledger.db",
            channels=channels,
            messages=[message],
            contact_cap=1,
            contact_cap_days=30,
            budget=Budget(money=money, period_days=30),
        )

    def take(self, base: Base, prices: Prices) -> Ints:
        """Take places for some customers at some prices; return the candidate of each, (n,), -1 = none."""

        def recommend(_: Batch, state: ContactState) -> Chosen:
            return Chosen.of(base, prices, None if state.shut is None else state.shut != OPEN)

        def rule(made: Chosen, rows: Ints, rulings: Sequence[ReservationResult]) -> Chosen:
            candidate = made.candidate.copy()
            candidate[rows[[bool(ruling.refused_by) for ruling in rulings]]] = -1
            return replace(made, candidate=candidate)

        customers = base.shard.customers
        chunk = Batch(ids(base), (), np.empty((customers, 0)))
        state = ContactState.unreadable(customers, len(self._names), 1)
        settling = Settling(chunk, self._names, recommend, rule)
        made = settling.settled(state, recommend(chunk, state), lambda work: self._ledger.settle(f"part {base.first}", AS_OF, work))
        return made.decided.candidate

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()


def toll(shard: Shard, prices: Prices) -> Floats:
    """Return what each candidate pays for what it takes, (A, n)."""
    return np.append(prices.places, 0.0)[np.broadcast_to(shard.slot, shard.value.shape)] + prices.money * shard.cost


def name_of(channel: int) -> str:
    """Return the name of a channel."""
    return f"channel {channel}"


def ids(base: Base) -> npt.NDArray[np.object_]:
    """Return the ids of some customers."""
    return texts([f"c{base.first + row}" for row in range(base.shard.customers)])
