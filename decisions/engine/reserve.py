"""Reservation loop: reserve the decided contacts, and decide again after refusals.

The service and the run over the whole base share it. A customer who meets a full channel or an empty budget is decided again without that
channel, until no limit of the shop refuses anybody; so nobody goes without a contact while another channel is open to them (mission R6).
The loop runs inside the transaction that takes the places: an alternative is taken at once or not at all. Each round closes at least one
more channel to a customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.reservation import apply_results, closed_by, reservations
from otokui.domain import Status
from otokui.frames import OPEN, Ints
from otokui.ports.reservations import ReservationResult, Take

Order = Callable[[Decisions, Ints], Ints]
"""Sorts rows of contacts into the order of their reservation requests."""


class Decider(Protocol):
    """Interface of a decision engine (``decisions.engine.engine.DecisionEngine``)."""

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Return one decision per customer, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Reserved:
    """Decisions with their reservation results, and their batch with closed channels.

    results: by row, the ledger's last result; of rows that end with a contact to be made, or refused by a frequency cap of the customer.
    otherwise: those results that differ from the request, which replay cannot derive by itself. changed: the rows whose decision differs
    from before.
    """

    batch: CustomerBatch
    decisions: Decisions
    results: Mapping[int, ReservationResult]
    otherwise: Mapping[int, ReservationResult]
    changed: Ints


def in_order_of_rows(_decisions: Decisions, rows: Ints) -> Ints:
    """Return the rows in the order of reservation requests as they stand."""
    return rows


def in_order_of_worth(decisions: Decisions, rows: Ints) -> Ints:
    """Sort contacts by worth after prices, per unit of shadow price charge.

    The largest comes first.
    """
    price = decisions.price[rows]
    worth = decisions.value.expected_value[rows] - price
    with np.errstate(over="ignore"):  # next to no price is no price: such a contact comes first
        rank = np.where(price > 0.0, worth / np.where(price > 0.0, price, 1.0), np.inf)
    order: Ints = rows[np.lexsort((decisions.decision_ids[rows].astype(str), -worth, -rank))]
    return order


def reserve(engine: Decider, batch: CustomerBatch, decisions: Decisions, take: Take, order: Order = in_order_of_rows) -> Reserved:
    """Reserve the places of the contacts; return the decisions afterwards.

    take: reserves places within a transaction that is under way.
    """
    results: dict[int, ReservationResult] = {}
    otherwise: dict[int, ReservationResult] = {}
    again: set[int] = set()
    pending = np.arange(len(batch))
    while True:
        contacts = order(decisions, pending[decisions.is_status(Status.CONTACT)[pending]])
        if not len(contacts):
            break
        requests = reservations(decisions, contacts)
        granted = list(take(requests))
        closed = closed_by(granted)
        for row, request, result, code in zip(contacts.tolist(), requests, granted, closed.tolist(), strict=True):
            if code == OPEN:
                results[row] = result
                if result != ReservationResult("", request.send_at):
                    otherwise[row] = result
        pending = np.sort(contacts[closed != OPEN])
        if not len(pending):
            break
        of_channel = decisions.policy.candidates.channel[decisions.considered[contacts]]
        batch = batch.closing(contacts[closed != OPEN], of_channel[closed != OPEN], closed[closed != OPEN])
        decisions = decisions.replaced(pending, engine.decide(batch.rows(pending)))
        again.update(pending.tolist())
    decisions = apply_results(decisions, np.array(list(results), dtype=np.int64), list(results.values()))
    return Reserved(batch, decisions, results, otherwise, np.array(sorted(again | set(otherwise)), dtype=np.int64))
