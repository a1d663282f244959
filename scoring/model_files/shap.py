"""SHAP values of predictions (Lundberg, Erion and Lee 2018), by feature.

Contributions are in the score's own unit (log odds, or log of a mean) and add up to the score. The customer's BTYD base, from which a
model starts, is among them as ``own_rhythm``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import Label
from otokui.frames import Batch, Floats, Texts
from scoring.base_models.btyd import EXTRA
from scoring.base_models.calibration import logit
from scoring.model_files.booster_inputs import inputs_of, offset_of
from scoring.model_files.loader import Model

OWN_RHYTHM = "own_rhythm"
RHYTHM_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class Factors:
    """Strongest SHAP factors of ``n`` customers, strongest first; all (n, top).

    names: features; values: the customer's (NaN = unknown); contributions: + raises the prediction.
    """

    names: Texts
    values: Floats
    contributions: Floats


def contributions(vectors: Batch, model: Model) -> tuple[tuple[str, ...], Floats, Floats]:
    """Return the SHAP names (F,), values (n, F) and contributions (n, F) of a model.

    For the next purchase they are of its level (sooner or later); the value of ``own_rhythm`` is the chance of still buying.
    """
    manifest = model.manifest
    inputs = inputs_of(vectors, manifest.rhythm, manifest.features)
    columns = inputs.matrix.shape[1]
    shap = np.asarray(model.booster.predict(inputs.matrix, pred_contrib=True, num_threads=model.threads), dtype=np.float64)
    shap = shap.reshape(len(vectors), -1)[:, :columns]

    if manifest.label is Label.NEXT_PURCHASE:
        by_btyd = inputs.btyd.purchase_probability(np.array([RHYTHM_DAYS, 2 * RHYTHM_DAYS]))[:, 0]
        offset = np.where(inputs.btyd.bought, logit(by_btyd), manifest.offset_mean)
    else:
        offset = offset_of(manifest.label, inputs, manifest.pooled, manifest.horizon_days)
    moved = np.concatenate([shap, (offset - manifest.offset_mean)[:, None]], axis=1)
    values = np.concatenate([inputs.matrix, inputs.btyd.alive_probability()[:, None]], axis=1)
    return (*manifest.features, *EXTRA, OWN_RHYTHM), values, moved


def factors(vectors: Batch, model: Model, top: int = 5) -> Factors:
    """Return the strongest SHAP factors of each row."""
    every, values, moved = contributions(vectors, model)
    names = np.array(every, dtype=object)
    count = min(top, len(names))
    # A stable sort, so that ties (many zero contributions) come out in the order of the features on every machine.
    order = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :count]
    return Factors(names[order], np.take_along_axis(values, order, axis=1), np.take_along_axis(moved, order, axis=1))
