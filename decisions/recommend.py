"""The road as a sentence: summaries are derived to vectors, vectors predicted, predictions decided on."""

from __future__ import annotations

from decisions.decide import decide
from decisions.frame import Decisions
from decisions.policy import Policy
from otokui.domain import Instant
from otokui.frames import Batch, ContactState
from scoring import ModelSet
from scoring.foresee import foresee


def recommend(
    summaries: Batch, *, as_of: Instant, summarised_at: Instant, models: ModelSet, policy: Policy, contact_state: ContactState
) -> Decisions:
    """Return one decision per customer, as of ``as_of``.

    summaries: (n, facts) known before ``summarised_at``; contact_state: of the same customers, with channels
    and messages in the order of the policy.

    Raises:
        FeatureSetMismatch: a model was trained on other features than this build derives.
    """
    vectors, predictions = foresee(
        summaries, models, as_of=as_of, timezone=policy.timezone, horizons_days=policy.horizons_days, definitions=policy.definitions
    )
    return decide(predictions, vectors, summaries, contact_state, policy, as_of, summarised_at)
