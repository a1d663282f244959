"""Vectors and predictions of the chunk at hand, made once: a chunk is decided about again when a place was refused."""

from __future__ import annotations

from decisions.policy import Policy
from otokui.domain import Instant
from otokui.frames import Batch, Predictions
from scoring import ModelSet
from scoring.foresee import foresee


class Foreseen:
    """Derives and predicts a chunk, and remembers the last one."""

    def __init__(self, models: ModelSet, policy: Policy, as_of: Instant) -> None:
        self._models, self._policy, self._as_of = models, policy, as_of
        self._last: tuple[Batch, tuple[Batch, Predictions]] | None = None

    def __call__(self, chunk: Batch) -> tuple[Batch, Predictions]:
        """Return vectors and predictions of a chunk of summaries."""
        if self._last is None or self._last[0] is not chunk:
            policy = self._policy
            made = foresee(
                chunk,
                self._models,
                as_of=self._as_of,
                timezone=policy.timezone,
                horizons_days=policy.horizons_days,
                definitions=policy.definitions,
            )
            self._last = chunk, made
        return self._last[1]
