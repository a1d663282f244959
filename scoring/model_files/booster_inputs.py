"""Booster inputs: vectors, two BTYD columns, and the offset of each label.

Training and scoring both use it, so a model scores the columns it was trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import Label
from otokui.errors import FeatureSetMismatch
from otokui.frames import Batch, Bools, Floats, Floats32
from scoring.base_models.btyd import DAYS_EXPECTED, EXTRA, BtydPrediction, MbgNbd, btyd_prediction
from scoring.base_models.calibration import logit
from scoring.model_files.manifest import TrainingAverages


@dataclass(frozen=True, slots=True)
class BoosterInputs:
    """Booster inputs of ``n`` customers: matrix (n, features + 2) and BTYD prediction.

    The matrix is float32: sums of money differ in their last bits between two runs of an engine on several threads, and a tree would
    split on that. Seven digits are the same in every run, and half the memory.
    """

    vectors: Batch
    btyd: BtydPrediction
    matrix: Floats32


def inputs_of(vectors: Batch, rhythm: MbgNbd, features: tuple[str, ...]) -> BoosterInputs:
    """Return the booster inputs, with the columns in the order of ``features``.

    Raises:
        FeatureSetMismatch: the vectors lack a feature the model was trained on.
    """
    btyd = btyd_prediction(rhythm, vectors)
    values = vectors.values
    if vectors.names != features:
        absent = set(features) - set(vectors.names)
        if absent:
            raise FeatureSetMismatch("in use", absent, set(vectors.names) - set(features))
        values = values[:, [vectors.names.index(name) for name in features]]
    matrix = np.empty((len(vectors), len(features) + len(EXTRA)), dtype=np.float32)
    with np.errstate(over="ignore"):
        matrix[:, : len(features)] = values
    matrix[:, -2] = btyd.alive_probability()
    matrix[:, -1] = btyd.expected_purchases(np.array([DAYS_EXPECTED, 2 * DAYS_EXPECTED]))[:, 0]
    return BoosterInputs(vectors, btyd, matrix)


def known_customers(vectors: Batch, summaries: Batch | None = None) -> Bools:
    """Return whether each customer has any record, shape (n,).

    It is ``has_record`` if a batch has that column; otherwise, whether a purchase count or a tenure is known.
    """
    for batch in (vectors, summaries):
        if batch is not None and "has_record" in batch.names:
            return batch.column("has_record") > 0.0
    return np.isfinite(vectors.column("purchase_count")) | np.isfinite(vectors.column("tenure_days"))


def order_value(vectors: Batch, pooled: TrainingAverages) -> Floats:
    """Return money per purchase (n,): the customer's own mean, shrunk to the overall mean."""
    paid = np.nan_to_num(vectors.column("paid_sum"), nan=0.0)
    count = np.where(np.isfinite(vectors.column("paid_sum")), np.nan_to_num(vectors.column("purchase_count"), nan=0.0), 0.0)
    mixed = (paid + pooled.order_value * pooled.order_value_weight) / (count + pooled.order_value_weight)
    return np.maximum(mixed, max(1e-3 * pooled.order_value, 1e-9))


def offset_of(label: Label, inputs: BoosterInputs, pooled: TrainingAverages, horizon_days: float) -> Floats:
    """Return the offset of the label's booster, (n,).

    It is the log mean of counts and spend, the log odds of churn, and 0 for loyalty.
    """
    bought = inputs.btyd.bought
    if label is Label.FUTURE_LOYAL:
        return np.zeros(len(bought))
    days = np.array([horizon_days, 2 * horizon_days])
    if label is Label.CHURN:
        leaves = 1.0 - inputs.btyd.purchase_probability(days)[:, 0]
        return np.where(bought, logit(leaves), logit(np.array(pooled.prospect_mean)))
    log_count = np.log(np.maximum(inputs.btyd.expected_purchases(days)[:, 0], 1e-6))
    log_mean = log_count + np.log(order_value(inputs.vectors, pooled)) if label is Label.SPEND else log_count
    return np.where(bought, log_mean, np.log(max(pooled.prospect_mean, 1e-6)))
