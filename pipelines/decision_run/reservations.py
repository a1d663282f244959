"""Reservations of one part of a run, taken under a name.

Once for each name, however often the part is begun.

What the ledger said is kept in the same transaction as the places, so a run that died before its file was out comes to the same
decisions in a fuller world.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.engine import DecisionEngine
from decisions.engine.reserve import Reserved, in_order_of_worth, reserve
from otokui.ports.reservations import Reservation, ReservationResult, Take

Results = Mapping[str, ReservationResult]
"""Results by reservation, of those that are not what was asked for."""

Settle = Callable[[Callable[[Take], Results]], Results]
"""Does the work in one transaction, or returns the results of when it was done before."""


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
