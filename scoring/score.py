"""Scoring of summaries: derive vectors, then predict, in one place.

The decision engine and code that only predicts both use it; copies of these two calls would sooner or later differ in an argument, and
batch and online with them.
"""

from __future__ import annotations

from features import derive
from otokui.domain import Instant, offset_seconds
from otokui.frames import Batch, Predictions
from otokui.settings.definitions import Definitions
from scoring.model_files.loader import ModelSet
from scoring.predict import predict


def predict_summaries(
    summaries: Batch, models: ModelSet, *, as_of: Instant, timezone: str, horizons_days: tuple[int, ...], definitions: Definitions
) -> tuple[Batch, Predictions]:
    """Return vectors and predictions of the customers, in their order.

    Raises:
        FeatureSetMismatch: a model was trained on other features than this build derives.
    """
    offset = offset_seconds(timezone, as_of)
    vectors = derive(summaries, as_of, local_offset_seconds=offset)
    return vectors, predict(
        vectors,
        models,
        as_of=as_of,
        horizons_days=horizons_days,
        definitions=definitions,
        summaries=summaries,
        local_offset_seconds=offset,
    )
