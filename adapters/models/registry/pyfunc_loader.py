"""MLflow loader: `mlflow models serve` and the model page predict calibrated, as the service does.

MLflow asks a flavour for the name of a module with ``_load_pyfunc``; this is it. The model itself stays data (text and
manifest, docs/adr/0002): nothing is unpickled, no code travels with it, and what it is computed with is this build's
`scoring`, which refuses a text or a feature set that is not the manifest's. Our own service never comes here.

Input: the features of the manifest as columns, one row a customer (vectors at one instant, null where unknown).
Output by label, one column each, in the order of ``outputs``. The pair models answer too: the product ranking with a score for each row
of candidate columns, the response model with the uplift of every ``MESSAGE|CHANNEL`` for each row of features.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from otokui.domain import Label, PairModel
from otokui.frames import Batch, Floats, texts
from otokui.ports.models import ModelFiles
from scoring.base_models.calibration import sigmoid
from scoring.model_files.booster_inputs import inputs_of, known_customers
from scoring.model_files.loader import Model, load
from scoring.pair_models.product_ranking import load_ranking
from scoring.pair_models.uplift import load_response
from scoring.predict import CHUNK, next_purchase, score

MODULE = "adapters.mlflow_loader"
HORIZONS = (7, 14, 30, 60, 90)
TEXT_FILE, MANIFEST_FILE = "model.txt", "manifest.json"
_NAMES: dict[Label, tuple[str, ...]] = {
    Label.NEXT_PURCHASE: (*(f"p_purchase_{days}d" for days in HORIZONS), "days_to_next_p10", "days_to_next_median", "days_to_next_p90"),
    Label.PURCHASE_COUNT: ("expected_purchases",),
    Label.SPEND: ("expected_spend",),
    Label.CHURN: ("churn_probability",),
    Label.FUTURE_LOYAL: ("future_loyal_probability",),
}
"""The names of the predictions file; counts and spend are over the horizon of the manifest."""


def outputs(label: Label) -> tuple[str, ...]:
    """Return the columns that a label's model answers with."""
    return _NAMES[label]


def calibrated(model: Model, vectors: Batch) -> Floats:
    """Return the calibrated predictions of one model, shape (n, len(outputs(label))).

    Raises:
        FeatureSetMismatch: the vectors lack a feature that the model was trained on.
    """
    label, known = model.manifest.label, known_customers(vectors)
    out = np.empty((len(vectors), len(outputs(label))))
    for start in range(0, len(vectors), CHUNK):
        rows = slice(start, start + CHUNK)
        inputs = inputs_of(vectors.rows(rows), model.manifest.rhythm, model.manifest.features)
        if label is Label.NEXT_PURCHASE:
            chance, days = next_purchase(model, inputs, known[rows], HORIZONS)
            out[rows] = np.concatenate([chance, days], axis=1)
            continue
        whole = score(model, inputs, known[rows])
        chances = label in (Label.CHURN, Label.FUTURE_LOYAL)
        out[rows, 0] = sigmoid(whole) if chances else np.exp(np.minimum(whole, 60.0))
    return out


class Calibrated:
    """What MLflow calls: a data frame of features in, a data frame of predictions out."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> Any:
        """Return calibrated predictions for a pandas data frame, under its index.

        ``params`` are none that we know.
        """
        names = self.model.manifest.features
        return _frame(calibrated(self.model, _batch(rows, names)), outputs(self.model.manifest.label), rows)


@dataclass(frozen=True, slots=True)
class PairScores:
    """Pair model for MLflow: data frame of its columns in, data frame of scores out."""

    names: tuple[str, ...]
    outputs: tuple[str, ...]
    scores: Callable[[Batch], Floats]

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> Any:
        """Return the scores for a pandas data frame, under its index.

        ``params`` are none that we know.
        """
        return _frame(self.scores(_batch(rows, self.names)), self.outputs, rows)


def pair_scores(files: ModelFiles) -> PairScores:
    """Load a pair model for MLflow.

    Raises:
        BrokenModel: the text is not the one that the manifest vouches for.
        FeatureSetMismatch: this build computes other columns than the model was trained on.
    """
    if kind_of(files) == PairModel.RESPONSE:
        model = load_response(files)
        cells = tuple(f"{cell.message_id}|{cell.channel}" for cell in model.manifest.cells)
        return PairScores(model.manifest.features, cells, model.effects)
    ranking = load_ranking(files)
    return PairScores(ranking.manifest.columns, ("score",), lambda rows: ranking.scores_of(rows.values.astype(np.float32))[:, None])


def kind_of(files: ModelFiles) -> PairModel | None:
    """Return which pair model the manifest is of, None = it is a label's."""
    try:
        manifest = json.loads(files.manifest)
    except ValueError:
        return None
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    return {"response": PairModel.RESPONSE, "product_ranking": PairModel.PRODUCTS}.get(str(kind))


def _batch(rows: Any, names: tuple[str, ...]) -> Batch:
    """Return a pandas data frame as a batch; a column that it lacks is unknown."""
    missing = [name for name in names if name not in rows.columns]
    values = rows.assign(**dict.fromkeys(missing, np.nan))[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
    return Batch(texts([str(each) for each in rows.index]), names, np.ascontiguousarray(values))


def _frame(values: Floats, names: tuple[str, ...], rows: Any) -> Any:
    import pandas as pd  # MLflow brings it, and hands over nothing else

    return pd.DataFrame(values, columns=list(names), index=rows.index)


def _load_pyfunc(path: str) -> Calibrated | PairScores:
    """Load the model in an MLflow model folder; MLflow calls this by its name.

    Raises:
        BrokenModel: the text is not the one that the manifest vouches for.
        FeatureSetMismatch: this build computes other features than the model was trained on.
    """
    folder = Path(path)
    # LightGBM is handed nothing that its manifest does not vouch for: its loader ends the process on most damaged texts.
    files = ModelFiles(*((folder / name).read_bytes().decode() for name in (MANIFEST_FILE, TEXT_FILE)))
    return Calibrated(load(files)) if kind_of(files) is None else pair_scores(files)
