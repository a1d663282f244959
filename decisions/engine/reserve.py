"""Reserve the decided contacts, hear refusals, select again: one loop for the service and for the run over the whole base.

Who finds a channel full, or the budget empty, is decided about again without that channel, until nobody is refused by a limit of the
shop; nobody is left with nothing for it while another channel is open to them (mission R6). The loop runs inside the transaction that
takes the places: what is offered instead is taken at once or not at all. Each round closes at least one more channel to somebody.
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
from otokui.ports import Ruling, Take

Order = Callable[[Decisions, Ints], Ints]
"""Puts rows of contacts into the order in which they ask for places."""


class Decider(Protocol):
    """Decides about customers (``decisions.engine.engine.DecisionEngine``)."""

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Return one decision per customer, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Reserved:
    """Decisions with their reservations, and the batch they were made from, closed channels included.

    results: by row, what the ledger said of the last place that was asked for; of rows that end with a contact to be made, or
    refused by a cap of the customer. otherwise: those of them where it is not what was asked for, which replay cannot find out by
    itself. changed: the rows whose decision is another than before.
    """

    batch: CustomerBatch
    decisions: Decisions
    results: Mapping[int, Ruling]
    otherwise: Mapping[int, Ruling]
    changed: Ints


def in_order_of_rows(_decisions: Decisions, rows: Ints) -> Ints:
    """Return the rows as they stand: who came first asks first."""
    return rows


def in_order_of_worth(decisions: Decisions, rows: Ints) -> Ints:
    """Return first those contacts that bring most, after prices, for each unit of what they take at them."""
    price = decisions.price[rows]
    worth = decisions.value.expected_value[rows] - price
    rank = np.where(price > 0.0, worth / np.where(price > 0.0, price, 1.0), np.inf)
    order: Ints = rows[np.lexsort((decisions.decision_ids[rows].astype(str), -worth, -rank))]
    return order


def reserve(engine: Decider, batch: CustomerBatch, decisions: Decisions, take: Take, order: Order = in_order_of_rows) -> Reserved:
    """Take the places that the contacts need; return the decisions as they stand afterwards.

    take: asks the ledger for places within a transaction that is under way.
    """
    results: dict[int, Ruling] = {}
    otherwise: dict[int, Ruling] = {}
    again: set[int] = set()
    pending = np.arange(len(batch))
    while True:
        contacts = order(decisions, pending[decisions.is_status(Status.CONTACT)[pending]])
        if not len(contacts):
            break
        asked = reservations(decisions, contacts)
        said = list(take(asked))
        closed = closed_by(said)
        for row, place, result, code in zip(contacts.tolist(), asked, said, closed.tolist(), strict=True):
            if code == OPEN:
                results[row] = result
                if result != Ruling("", place.send_at):
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
