"""Taking the places of one part: who finds a channel full, or the budget empty, chooses again among the rest.

The prices share nearly exactly what there is, so few are turned away; but nobody may be left with nothing for it while
another channel is open to them (mission R6). Those to whom a place is worth most, for what it takes, stand first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from decisions.ruling import turned_away
from otokui.domain import Instant, Status
from otokui.frames import OPEN, Batch, ContactState, Ints
from otokui.ports import Reservation, Ruling, Take

_Ruled = Mapping[str, Ruling]


class Decided(Protocol):
    """Decisions about a chunk, as columns of shape (n,)."""

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of the decisions file."""
        ...

    def other_times(self, rows: Ints) -> Sequence[tuple[Instant, ...]]:
        """Return the send times to fall back on, of some rows, best first."""
        ...


D = TypeVar("D", bound=Decided)


@dataclass(frozen=True, slots=True)
class Settled(Generic[D]):
    """Decisions with their places, and what they were made from: what the ledger knew, and what it ruled.

    rulings: by row of the chunk, where the ledger gave another place than was asked for, or none.
    """

    state: ContactState
    decided: D
    rulings: Mapping[int, Ruling]


@dataclass(frozen=True, slots=True)
class Settling(Generic[D]):
    """How the places of one part are settled.

    channels: names in the order of the contact state's columns; recommend, rule: as ``pipelines.decide.decide`` has them.
    """

    chunk: Batch
    channels: Sequence[str]
    recommend: Callable[[Batch, ContactState], D]
    rule: Callable[[D, Ints, Sequence[Ruling]], D]

    def settled(self, state: ContactState, decided: D, settle: Callable[[Callable[[Take], _Ruled]], _Ruled]) -> Settled[D]:
        """Take the places that the contacts need; return the decisions as they stand, and what they were made from.

        settle: does the work in one transaction, or returns what was ruled when it was done before.
        """
        done: list[Settled[D]] = []

        def work(take: Take) -> _Ruled:
            made, ruled = self._rounds(state, decided, take)
            done.append(made)
            return ruled

        before = settle(work)
        if not done:

            def told_again(wanted: Sequence[Reservation]) -> list[Ruling]:
                return [before.get(_name(place), Ruling("", place.send_at)) for place in wanted]

            done.append(self._rounds(state, decided, told_again)[0])
        return done[0]

    def _rounds(self, state: ContactState, decided: D, take: Take) -> tuple[Settled[D], _Ruled]:
        """Ask for places until nobody is turned away; each round shuts at least one more channel to at least one customer.

        The rulings returned are those of all rounds that say something else than was asked for.
        """
        asked: dict[str, Ruling] = {}
        other: dict[str, Ruling] = {}
        while True:
            columns = decided.columns()
            contacts = in_order(columns)
            wanted = reservations(columns, decided.other_times(contacts), contacts)
            fresh = [place for place in wanted if _name(place) not in asked]
            rulings = take(fresh)
            named = {_name(place): ruling for place, ruling in zip(fresh, rulings, strict=True)}
            asked |= named
            other |= {_name(p): named[_name(p)] for p in fresh if named[_name(p)] != Ruling("", p.send_at)}
            said = [asked[_name(place)] for place in wanted]
            away = turned_away(said)
            if not away.any():
                ruled = zip(contacts.tolist(), wanted, said, strict=True)
                given = {row: ruling for row, place, ruling in ruled if ruling != Ruling("", place.send_at)}
                return Settled(state, self.rule(decided, contacts, said), given), other
            rows = contacts[away != OPEN]
            shut = np.full(state.consented.shape, OPEN, dtype=np.int8) if state.shut is None else state.shut.copy()
            shut[rows, [self.channels.index(name) for name in columns["channel"][rows]]] = away[away != OPEN]
            state = replace(state, shut=shut)
            decided = self.recommend(self.chunk, state)


def in_order(columns: dict[str, npt.NDArray[Any]]) -> Ints:
    """Return the rows of the contacts: first those that bring most, after prices, for each unit of what they take at them."""
    rows = np.flatnonzero(columns["status"] == Status.CONTACT)
    if "price" not in columns:
        return rows
    price = columns["price"][rows].astype(np.float64)
    worth = columns["expected_value"][rows] - price
    rank = np.where(price > 0.0, worth / np.where(price > 0.0, price, 1.0), np.inf)
    order: Ints = rows[np.lexsort((columns["decision_id"][rows].astype(str), -worth, -rank))]
    return order


def reservations(columns: dict[str, npt.NDArray[Any]], others: Sequence[tuple[Instant, ...]], rows: Ints) -> list[Reservation]:
    """Return the places that some contacts need."""
    texts = (columns[name][rows] for name in ("decision_id", "customer_id", "message_id", "scenario", "channel"))
    times = (columns[name][rows].astype(np.int64).tolist() for name in ("send_at", "valid_until"))
    cost = columns["spend"][rows].tolist() if "spend" in columns else [0.0] * len(rows)
    return [Reservation(*place) for place in zip(*texts, *times, cost, others, strict=True)]


def _name(place: Reservation) -> str:
    """Return what was asked for: a decision's message, over a channel."""
    return f"{place.decision_id}/{place.message_id}/{place.channel}"
