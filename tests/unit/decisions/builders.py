"""Dull customers and a dull shop for tests of the decisions room: a test names only what it is about.

The dull customer may be contacted: consent everywhere, no contact of late, a sound prediction, an old purchase.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.decide import decide
from decisions.engine.engine import DecisionEngine
from decisions.explanation.candidate_comparison import CandidateComparison, candidates_of
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from features import feature_names, summary_names
from otokui.domain import CustomerState, Instant
from otokui.frames import Batch, ContactState, Predictions, texts
from otokui.settings.settings import Settings

AS_OF = Instant(1_700_000_000)  # 2023-11-15T07:13:20+09:00, a Wednesday
HORIZONS = (7, 14, 30, 60, 90)

VECTORS = {
    "recency_days": 35.0, "tenure_days": 200.0, "purchase_count": 4.0, "paid_sum": 40_000.0, "mean_order_value": 10_000.0,
    "mean_gap_days": 32.0, "overdue_ratio": 1.09, "undelivered_orders": 0.0,
}  # fmt: skip
PREDICTIONS: dict[str, Any] = {
    "p_purchase": 0.2, "days_to_next_p10": 5.0, "days_to_next_median": 20.0, "days_to_next_p90": 60.0, "expected_purchases": 1.0,
    "median_purchases": 1.0, "expected_spend": 6_000.0, "churn_probability": 0.1, "future_loyal_probability": 0.2,
    "state": "active", "known": True,
}  # fmt: skip
STATE = {
    "consented": 1,
    "blacklisted": 0,
    "contacts_in_period": 0,
    "channel_contacts": 0,
    "message_contacts": 0,
    "unanswered": 0,
    "shut": 0,
    "refused": 0,
}


def message(message_id: str = "hello", **changes: Any) -> dict[str, Any]:
    """Return a message that anybody may get over e-mail."""
    dull = {"scenario": message_id, "title": message_id, "title_ja": message_id, "objective": "purchase", "channels": ["email"]}
    return {"message_id": message_id} | dull | changes


def channel(name: str = "email", **changes: Any) -> dict[str, Any]:
    """Return a channel that costs nothing, tires nobody and is never quiet."""
    dull = {"title": name, "title_ja": name, "quiet_from_hour": 0, "quiet_until_hour": 0, "unsubscribe_rate": 0.0}
    return {"name": name} | dull | changes


def settings(
    messages: Sequence[Mapping[str, Any]] | None = None,
    channels: Sequence[Mapping[str, Any]] | None = None,
    timezone: str = "Asia/Tokyo",
    **decisions: Any,
) -> Settings:
    """Return a shop of one message and one channel, without control groups and without exploration."""
    limits = {"holdout_share": 0.0, "scenario_holdout_share": 0.0, "exploration_share": 0.0, "exploration_most": 0.0} | decisions
    return Settings.model_validate(
        {
            "shop": {"timezone": timezone},
            "decisions": limits,
            "messages": [message()] if messages is None else messages,
            "channels": [channel()] if channels is None else channels,
        }
    )


def evidence(**said: Any) -> Evidence:
    """Return what a shop's own contacts have taught: by default nothing, but that its orders carry delivery dates."""
    return Evidence(Instant(0), **({"delivery_tracked": True} | said))


def policy(*args: Any, delivery_tracked: bool = True, **kwargs: Any) -> Policy:
    """Return the compiled policy of ``settings``."""
    return compile_policy(settings(*args, **kwargs), evidence(delivery_tracked=delivery_tracked))


@dataclass(frozen=True, repr=False)
class People:
    """Customers with everything that a decision on them takes."""

    policy: Policy
    predictions: Predictions
    vectors: Batch
    summaries: Batch
    state: ContactState

    def batch(self, as_of: int = AS_OF, summarised_at: int = AS_OF) -> CustomerBatch:
        """Return them as the batch that decisions are made from."""
        instants = Instant(as_of), Instant(summarised_at)
        return CustomerBatch(self.summaries, self.vectors, self.predictions, self.state, *instants)

    def decide(self, as_of: int = AS_OF, summarised_at: int = AS_OF) -> Decisions:
        """Return the decisions on them."""
        return decide(self.batch(as_of, summarised_at), self.policy)

    def row(self, index: int = 0) -> dict[str, Any]:
        """Return the decision on one of them, as the send engine reads it."""
        return rows(self.decide())[index]

    def compare(self, row: int = 0) -> list[CandidateComparison]:
        """Return the candidates of one of them."""
        return candidates_of(self.batch().rows(slice(row, row + 1)), self.policy)

    def rows(self, index: Any) -> People:
        """Return some of them."""
        some = self.batch().rows(index)
        return People(self.policy, some.predictions, some.vectors, some.summaries, some.contacts)


@dataclass(frozen=True, slots=True)
class Foretold(DecisionEngine):
    """An engine that expects of customers what a test says of them, whatever the models."""

    look: Callable[[Batch, Policy], People] = lambda summaries, under: people(under, list(summaries.customer_ids))

    def prepare(self, summaries: Batch, contacts: ContactState, as_of: Instant, summarised_at: Instant) -> CustomerBatch:
        """Return the customers as ``look`` describes them, with what is on record of them."""
        return replace(self.look(summaries, self.policy).batch(as_of, summarised_at), contacts=contacts)


def people(under: Policy, ids: Sequence[str] = ("ada",), **changes: Any) -> People:
    """Return customers under a policy; each change names a vector, summary, prediction or ledger column."""
    n, h, c, m = len(ids), len(HORIZONS), len(under.channels.names), len(under.messages.ids)
    customer_ids = texts(ids)
    said = PREDICTIONS | {name: value for name, value in changes.items() if name in PREDICTIONS}
    fields: dict[str, Any] = {}
    for name, value in said.items():
        if name == "state":
            fields[name] = np.full(n, list(CustomerState).index(CustomerState(value)) if isinstance(value, str) else value, dtype=np.int8)
        elif name == "known":
            fields[name] = np.full(n, value, dtype=bool)
        elif name.startswith(("p_", "expected_", "median_")):
            fields[name] = np.broadcast_to(np.asarray(value, dtype=np.float64), (n, h)).copy()
        else:
            fields[name] = np.broadcast_to(np.asarray(value, dtype=np.float64), (n,)).copy()
    predictions = Predictions(customer_ids=customer_ids, as_of=AS_OF, horizons_days=HORIZONS, missing={}, models={"churn": "d1"}, **fields)
    facts = {name: value for name, value in changes.items() if name not in PREDICTIONS}
    ledger = STATE | {name: facts.pop(name) for name in list(facts) if name in STATE}
    shapes: dict[str, tuple[int, ...]] = {"contacts_in_period": (n,), "message_contacts": (n, m), "unanswered": (n, m)}
    arrays: dict[str, Any] = {
        name: np.broadcast_to(np.asarray(value), shapes.get(name, (n, c))).astype(
            np.int8 if name in ("consented", "blacklisted", "shut", "refused") else np.int64
        )
        for name, value in ledger.items()
    }
    for name in {"spacing_from", "spacing_until"} & set(facts):
        arrays[name] = np.broadcast_to(np.asarray(facts.pop(name), dtype=np.float64), (n, c)).copy()
    last = np.broadcast_to(np.asarray(facts.pop("last_contact_at", np.nan), dtype=np.float64), (n,)).copy()
    vectors = _batch(customer_ids, feature_names(), VECTORS | {k: v for k, v in facts.items() if k in feature_names()})
    summaries = _batch(customer_ids, summary_names(), {k: v for k, v in facts.items() if k in summary_names()})
    unknown = [name for name in facts if name not in feature_names() and name not in summary_names()]
    if unknown:
        raise KeyError(unknown)
    return People(under, predictions, vectors, summaries, ContactState(last_contact_at=last, **arrays))


def _batch(ids: Any, names: tuple[str, ...], values: Mapping[str, Any]) -> Batch:
    matrix = np.full((len(ids), len(names)), np.nan)
    for name, value in values.items():
        matrix[:, names.index(name)] = value
    return Batch(ids, names, matrix)
