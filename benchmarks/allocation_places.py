"""Reservations of random customers, taken as `otokui decide` takes them.

Part by part, through a ledger on SQLite.

The customers and their values are the benchmark's; who stands first, what a ledger refuses, and who chooses again is the product's
(`decisions.engine.reserve`, `adapters.ledger`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from adapters.ledger import open_ledger
from decisions.allocation.shard import Prices, Shard
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import STATUS_CODE, Decisions
from decisions.value.expected_value import ValueParts
from otokui.domain import DAY, HOUR, Instant, Status
from otokui.frames import OPEN, Batch, ContactState, Floats, Ints, texts
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from pipelines.decision_run.limits.reservations import reserved

AS_OF = Instant(20_000 * DAY)
MESSAGE = "news"


@dataclass(frozen=True, slots=True)
class Base:
    """Base of customers: values and demand of each candidate.

    channel: (A,) of each candidate; day: (n,) on which each would be sent to.
    """

    shard: Shard
    channel: Ints
    day: Ints
    first: int = 0


@dataclass(frozen=True, slots=True)
class DrawnEngine:
    """Stand-in of the decision engine: each customer's candidate of highest value after prices.

    None if none is worth it.
    """

    base: Base
    prices: Prices
    names: Sequence[str]

    def prepare(self) -> CustomerBatch:
        """Return the drawn customers, of whom nothing is known but their candidates."""
        customers = self.base.shard.customers
        nothing = Batch(ids(self.base), (), np.empty((customers, 0)))
        predictions: Any = NoPredictions()
        return CustomerBatch(nothing, nothing, predictions, ContactState.unreadable(customers, len(self.names), 1), AS_OF, AS_OF)

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Return one decision per customer; a closed channel has no value."""
        base, rows = self.base, np.array([int(name[1:]) - self.base.first for name in batch.customer_ids], dtype=np.int64)
        charge = toll(base.shard, self.prices)[:, rows]
        left = base.shard.value[:, rows] - charge
        if batch.contacts.shut is not None:
            left = np.where((batch.contacts.shut != OPEN).T[base.channel], -np.inf, left)
        best, at = left.argmax(axis=0), np.arange(len(rows))
        contact, noon = left[best, at] > 0.0, AS_OF + base.day[rows] * DAY + 12 * HOUR
        status = np.where(contact, STATUS_CODE[Status.CONTACT], STATUS_CODE[Status.NO_CONTACT]).astype(np.int8)
        nothing, unknown = np.zeros(len(rows), dtype=np.int8), np.full(len(rows), np.nan)
        value = {part.name: unknown for part in fields(ValueParts)} | {"expected_value": base.shard.value[best, rows].astype(np.float64)}
        predictions: Any = batch.predictions
        return Decisions(
            policy=self._policy(),
            predictions=predictions,
            as_of=AS_OF,
            summarised_at=AS_OF,
            customer_ids=batch.customer_ids,
            decision_ids=batch.customer_ids,
            status=status,
            group=nothing,
            considered=best.astype(np.int64),
            send_at=noon,
            not_before=noon,
            not_after=noon,
            valid_until=noon + DAY,
            fallbacks=np.full((len(rows), len(self.names)), -1, dtype=np.int8),
            value=ValueParts(**value),
            price=charge[best, at].astype(np.float64),
            spend=np.broadcast_to(base.shard.cost, base.shard.value.shape)[best, rows].astype(np.float64),
            other_hours=np.empty((len(rows), 0), dtype=np.int64),
            propensity=np.ones(len(rows)),
            explored=np.zeros(len(rows), dtype=bool),
            refused=np.zeros(len(rows), dtype=np.uint32),
            lapses=np.empty((len(rows), 0)),
            reason_codes=np.zeros((len(rows), 2), dtype=np.int16),
            reason_numbers=np.zeros((len(rows), 2, 2)),
        )

    def _policy(self) -> Any:
        """Return what reservations ask of a policy: its message, its channels, its candidates."""
        return SimpleNamespace(
            offered=(SimpleNamespace(message_id=MESSAGE, scenario=MESSAGE),),
            channels=SimpleNamespace(names=tuple(self.names)),
            candidates=SimpleNamespace(message=np.zeros(len(self.base.channel), dtype=np.int64), channel=self.base.channel),
            reasons=SimpleNamespace(code=lambda _rule: 0),
        )


class NoPredictions:
    """Predictions of customers of whom none are asked for."""

    def rows(self, _index: Ints) -> NoPredictions:
        """Return those of some of the customers."""
        return self


class Places:
    """Ledger with limits: contacts by channel and day, and money.

    None = any number.
    """

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
        """Take reservations at some prices; return each customer's candidate, (n,), -1 = none."""
        engine: Any = DrawnEngine(base, prices, self._names)
        batch = engine.prepare()
        done = reserved(engine, batch, engine.decide(batch), lambda work: self._ledger.settle(f"part {base.first}", AS_OF, work))
        return np.where(done.decisions.is_status(Status.CONTACT), done.decisions.considered, -1)

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
