"""Decision engine: models, a policy and product lists, applied to customers.

The only place where summaries become decisions. The service, the run over the whole base, explain, replay and the evaluation of policies
all hold an engine and call it with a ``CustomerBatch``, so that two of them cannot come to differ in a step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from decisions.allocation.capacity import Slots
from decisions.allocation.shadow_prices import SharePrices
from decisions.allocation.shard import Shard
from decisions.customer_batch import CustomerBatch
from decisions.decision_table import Decisions
from decisions.engine.decide import decide, decide_forced
from decisions.engine.replay_inputs import Past, ReplayInputs
from decisions.engine.reservation import apply_results
from decisions.explanation.candidate_comparison import CandidateComparison, candidates_of
from decisions.policy.policy import Policy
from decisions.policy.visit import with_visits
from decisions.selection.demand import days_ahead, demand, slots_left
from decisions.selection.policy_probabilities import action_chances
from decisions.selection.product_display import ProductLists, no_lists, show
from otokui.domain import DAY, Instant
from otokui.frames import Batch, ContactState, Floats, Predictions, Texts
from scoring import ModelSet
from scoring.score import predict_summaries

FetchLists = Callable[[Sequence[str]], ProductLists]
"""Returns the product lists of customers, in the order of their ids."""


@dataclass(frozen=True, slots=True)
class DecisionEngine:
    """Decision engine of models, a policy and product lists.

    Horizons, time zone and definitions are the policy's. lists: None = messages name no products.
    """

    models: ModelSet
    policy: Policy
    lists: FetchLists | None = None

    def with_policy(self, policy: Policy) -> DecisionEngine:
        """Return the engine under another policy."""
        return self if policy is self.policy else replace(self, policy=policy)

    def priced(self, prices: SharePrices) -> DecisionEngine:
        """Return the engine under a policy with shadow prices."""
        return self.with_policy(self.policy.priced(prices))

    def predict(self, summaries: Batch, as_of: Instant) -> tuple[Batch, Predictions]:
        """Return vectors and predictions of the customers, in their order.

        Raises:
            FeatureSetMismatch: a model was trained on other features than this build derives.
        """
        expected = self.policy.expected
        return predict_summaries(
            summaries,
            self.models,
            as_of=as_of,
            timezone=expected.timezone,
            horizons_days=expected.horizons_days,
            definitions=expected.definitions,
        )

    def prepare(
        self, summaries: Batch, contacts: ContactState, as_of: Instant, summarised_at: Instant, visits: Texts | None = None
    ) -> CustomerBatch:
        """Return the customer batch with vectors and predictions; raises as ``predict`` does.

        summaries: (n, facts) known before ``summarised_at``; contacts: of the same customers, with channels and messages in the order of
        the policy; visits: (n,) of a policy ``at_visit``.
        """
        if visits is not None:
            summaries = with_visits(summaries, visits.tolist())
        vectors, predictions = self.predict(summaries, as_of)
        return CustomerBatch(summaries, vectors, predictions, contacts, as_of, summarised_at, visits)

    def decide(self, batch: CustomerBatch) -> Decisions:
        """Return one decision per customer, in their order, with the products of the message."""
        decisions = decide(batch, self.policy)
        if batch.visits is not None:
            return show(decisions, self.lists or no_lists, batch.visits)
        return decisions if self.lists is None else show(decisions, self.lists)

    def force(self, batch: CustomerBatch, message_id: str, channel: str) -> Decisions:
        """Return a message's contact over a channel for each customer, whatever refuses it.

        A test send asks for it.

        Raises:
            BadInput: the message is not in use, or does not go over the channel.
        """
        candidate = self.policy.candidate(message_id, channel)
        forced = decide_forced(batch, self.policy, candidate)
        return forced if self.lists is None else show(forced, self.lists)

    def demand(self, batch: CustomerBatch, slots: Slots) -> Shard:
        """Return the demand of the customers without limits, for the search of shadow prices."""
        return demand(batch, self.policy, slots)

    def slots(self, as_of: Instant, used: Callable[[Instant, Instant], tuple[Iterable[tuple[int, int, int]], float]]) -> Slots:
        """Return the capacity and the budget left at an instant.

        used: returns what is taken of the shop's limits between two instants: (channel, send time, contacts), and money spent.
        """
        taken, spent = used(as_of, Instant(as_of + days_ahead(self.policy.times) * DAY))
        return slots_left(self.policy.capacity, self.policy.times, as_of, taken, spent)

    def compare(self, batch: CustomerBatch) -> list[CandidateComparison]:
        """Return all candidates of the first customer, the chosen one first, with refusals."""
        return candidates_of(batch, self.policy)

    def probabilities(self, batch: CustomerBatch) -> Floats:
        """Return the probability of every candidate and of no contact, (n, A + 1).

        Off-policy evaluation needs them; no contact is the last column.
        """
        return action_chances(batch, self.policy)


def made_again(inputs: ReplayInputs, past: Past) -> Decisions:
    """Decide again, as it was decided then; how many come together changes no byte.

    Raises:
        Missing, SkewError, BrokenModel: the policy or a model is gone, or this build makes another of it.
    """
    engine = DecisionEngine(past.models(inputs.models), past.policy(inputs.policy))
    decided = engine.decide(engine.prepare(inputs.summaries, inputs.state, inputs.as_of, inputs.summarised_at, inputs.visits))
    decided = replace(decided, products=inputs.products)
    return apply_results(decided, np.array(list(inputs.rulings), dtype=np.int64), list(inputs.rulings.values()))
