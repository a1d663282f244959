"""The pipeline of one batch: fetch summaries, derive features, predict, decide.

It reads only; the commit comes after it. The nightly run calls the same functions in the same order. ``warm`` runs the pipeline once
before the first call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import rows
from decisions.policy.visit import visits_of
from otokui.domain import Instant
from otokui.errors import LedgerBehind, Unavailable
from otokui.frames import BEHIND, NOT_READ, Batch, Bools, ContactState
from otokui.observe import log
from serving import metrics
from serving.handlers.visits import visit_of
from serving.http.requests import CustomerRequest
from serving.live.state import Live

MOST_SPLITS = 64
"""Splits to find the few customers whose rows fail.

Where every customer fails, further splits would only cost time.
"""


@dataclass(frozen=True, slots=True)
class DecidedBatch:
    """Inputs and decisions of ``n`` customers."""

    batch: CustomerBatch
    decisions: Decisions


def decide(
    live: Live, engine: DecisionEngine, customers: Sequence[CustomerRequest], as_of: Instant, *, readable: bool = True
) -> DecidedBatch:
    """Return the decisions for the customers, in their order.

    readable: False where the ledger is known to be unavailable. As with a ledger that fails here, nobody is contacted then.
    """
    summarised_at = live.summaries.summarised_at
    summaries, unknown = summaries_of(live, [customer.customer_id for customer in customers], as_of)
    visits = [visit for visit in (visit_of(customer, as_of) for customer in customers) if visit is not None]
    contacts = _contacts(live, engine, summaries, as_of, readable)
    if unknown is not None:
        contacts = contacts.unknown_where(unknown)
    batch = engine.prepare(summaries, contacts, as_of, summarised_at, visits_of(visits) if visits else None)
    return DecidedBatch(batch, engine.decide(batch))


def surviving(live: Live, customers: Sequence[CustomerRequest], as_of: Instant) -> tuple[list[CustomerRequest], bool]:
    """Return the requests with surviving customers, and whether the ledger is readable."""
    ids, readable = surviving_ids(live, [customer.customer_id for customer in customers], as_of)
    pairs = zip(customers, ids, strict=True)
    return [one if one.customer_id == id_ else msgspec.structs.replace(one, customer_id=id_) for one, id_ in pairs], readable


def surviving_ids(live: Live, customer_ids: Sequence[str], as_of: Instant) -> tuple[list[str], bool]:
    """Return the surviving customer of each id, and whether the ledger is readable.

    Where it is not, they are the ids as they stand.
    """
    try:
        return live.ledger.surviving(customer_ids, as_of), True
    except Unavailable as error:
        log.warning("ledger_unreadable", why=error.detail)
        return list(customer_ids), False


def summaries_of(live: Live, customer_ids: Sequence[str], as_of: Instant) -> tuple[Batch, Bools | None]:
    """Return summaries with what arrived since.

    The second value says of which customers that is not known (None = of none).
    """
    summaries = live.summaries.fetch(customer_ids)
    return (summaries, None) if live.today is None else live.today.over(summaries, as_of)


def _contacts(live: Live, engine: DecisionEngine, summaries: Batch, as_of: Instant, readable: bool) -> ContactState:
    why = NOT_READ
    if readable:
        try:
            return live.ledger.contact_state(list(summaries.customer_ids), as_of, summaries.column("last_purchase_at"))
        except Unavailable as error:
            metrics.ledger_failures.inc()
            log.warning("ledger_unreadable", why=error.detail)
            why = BEHIND if isinstance(error, LedgerBehind) else NOT_READ
    policy = engine.policy
    return ContactState.unreadable(len(summaries), len(policy.channels.names), len(policy.messages.ids), why)


def warm(live: Live) -> None:
    """Run the pipeline once for unknown customers, one and several at a time.

    The ledger is neither read nor written.

    Raises:
        Exception: as a call would have raised; the models and the policy that were live stay.
    """
    for count in (1, 2, 100):
        nobody = [CustomerRequest(f"warm-{i}") for i in range(count)]
        decided = decide(live, live.engine, nobody, live.summaries.summarised_at, readable=False)
        rows(decided.decisions, [0])
