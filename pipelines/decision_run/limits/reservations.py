"""Reservations of one part of a run, taken under a name.

Once for each name, however often the part is begun.

What the ledger said is kept in the same transaction as the places, so a run that died before its file was out comes to the same
decisions in a fuller world.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.engine import DecisionEngine
from decisions.engine.reserve import Reserved, in_order_of_worth, reserve
from otokui.domain import Status
from otokui.frames import OPEN
from otokui.ports.reservations import Reservation, ReservationResult, Take

Results = Mapping[str, ReservationResult]
"""Results by reservation, of those that are not what was asked for."""

Settle = Callable[[Callable[[Take], Results]], Results]
"""Does the work in one transaction, or returns the results of when it was done before."""


@dataclass(frozen=True, slots=True)
class ReservationGroups:
    """Contacts of a part that are reserved at once.

    Other callers of the ledger get their turn in between. size: contacts; pause: is told how many seconds a group took, and waits.
    """

    size: int
    pause: Callable[[float], None]


def reserved_in_groups(
    engine: DecisionEngine,
    batch: CustomerBatch,
    decisions: Decisions,
    settle: Callable[[int, Callable[[Take], Results]], Results],
    groups: ReservationGroups,
) -> Reserved:
    """Take reservations for the contacts in groups, each in a transaction of its own.

    Those of highest shadow-price value come first, as in one transaction. settle: of a group, by its number.
    """
    contacts = in_order_of_worth(decisions, np.flatnonzero(decisions.is_status(Status.CONTACT)))
    results, otherwise, changed = dict[int, ReservationResult](), dict[int, ReservationResult](), list[int]()
    for number, begin in enumerate(range(0, len(contacts), groups.size)):
        rows, began = np.sort(contacts[begin : begin + groups.size]), time.monotonic()
        done = reserved(engine, batch.rows(rows), decisions.rows(rows), partial(settle, number))
        decisions = decisions.replaced(rows, done.decisions)
        shut = done.batch.contacts.shut
        if shut is not None:
            row, channel = np.nonzero(shut != OPEN)
            batch = batch.closing(rows[row], channel, shut[row, channel])
        results |= {int(rows[row]): result for row, result in done.results.items()}
        otherwise |= {int(rows[row]): result for row, result in done.otherwise.items()}
        changed += rows[done.changed].tolist()
        groups.pause(time.monotonic() - began)
    return Reserved(batch, decisions, results, otherwise, np.array(sorted(changed), dtype=np.int64))


def reserved(engine: DecisionEngine, batch: CustomerBatch, decisions: Decisions, settle: Settle) -> Reserved:
    """Take reservations for the contacts, those of highest shadow-price value first."""
    done: list[Reserved] = []

    def work(take: Take) -> Results:
        otherwise: dict[str, ReservationResult] = {}

        def recorded(reservations: Sequence[Reservation]) -> Sequence[ReservationResult]:
            results = take(reservations)
            otherwise.update(
                {
                    _name(place): result
                    for place, result in zip(reservations, results, strict=True)
                    if result != ReservationResult("", place.send_at)
                }
            )
            return results

        done.append(reserve(engine, batch, decisions, recorded, in_order_of_worth))
        return otherwise

    before = settle(work)
    if not done:

        def repeated(reservations: Sequence[Reservation]) -> Sequence[ReservationResult]:
            return [before.get(_name(place), ReservationResult("", place.send_at)) for place in reservations]

        done.append(reserve(engine, batch, decisions, repeated, in_order_of_worth))
    return done[0]


def _name(place: Reservation) -> str:
    """Return what was asked for: a decision's message, over a channel."""
    return f"{place.decision_id}/{place.message_id}/{place.channel}"
