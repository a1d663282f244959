"""The road, walked for one batch of customers: fetch, derive, predict, decide. Reads only; what is written comes after.

The same functions that the nightly run calls, in the same order; there is no mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import scoring.foresee
from decisions.decide import decide
from decisions.frame import Decisions
from decisions.policy import Policy
from decisions.showing import show
from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import Batch, ContactState, Predictions
from otokui.observe import log
from serving import metrics
from serving.state import Live

MOST_SPLITS = 64
"""Splits to find the few customers who break a batch; when all of them do, more would only take time."""


@dataclass(frozen=True, slots=True)
class Walked:
    """What was known of ``n`` customers, and what was decided from it."""

    summaries: Batch
    state: ContactState
    decisions: Decisions
    vectors: Batch


def foresee(live: Live, customer_ids: Sequence[str], as_of: Instant) -> tuple[Batch, Batch, Predictions]:
    """Return summaries, vectors and predictions of the customers, in their order."""
    summaries = live.summaries.fetch(customer_ids)
    policy = live.policy
    vectors, predictions = scoring.foresee.foresee(
        summaries, live.models, as_of=as_of, timezone=live.timezone, horizons_days=policy.horizons_days, definitions=policy.definitions
    )
    return summaries, vectors, predictions


def walk(live: Live, policy: Policy, customer_ids: Sequence[str], as_of: Instant, *, readable: bool = True) -> Walked:
    """Return the decisions for the customers, in their order.

    readable: False where the ledger is known not to answer; as when it fails here, nobody is contacted then.
    """
    summarised_at = live.summaries.summarised_at
    summaries, vectors, predictions = foresee(live, customer_ids, as_of)
    state = _state(live, policy, summaries, as_of, readable)
    decided = decide(predictions, vectors, summaries, state, policy, as_of, summarised_at)
    return Walked(summaries, state, decided if live.lists is None else show(decided, live.lists.fetch), vectors)


def _state(live: Live, policy: Policy, summaries: Batch, as_of: Instant, readable: bool) -> ContactState:
    if readable:
        try:
            return live.ledger.contact_state(list(summaries.customer_ids), as_of, summaries.column("last_purchase_at"))
        except Unavailable as error:
            metrics.ledger_failures.inc()
            log.warning("ledger_unreadable", why=error.detail)
    return ContactState.unreadable(len(summaries), len(policy.channels.names), len(policy.messages.ids))
