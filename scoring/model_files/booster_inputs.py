"""What the boosters are given: the vectors, two columns of the rhythm, and the offset each starts from.

Training and scoring both come through here, so a model is asked with what it learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import Label
from otokui.errors import FeatureSetMismatch
from otokui.frames import Batch, Bools, Floats, Floats32
from scoring.base_models.btyd import DAYS_EXPECTED, EXTRA, BtydPrediction, Rhythm, outlook
from scoring.base_models.calibration import logit
from scoring.model_files.manifest import Pooled


@dataclass(frozen=True, slots=True)
class BoosterInputs:
    """``n`` customers ready to be scored: matrix (n, features + 2), and what their rhythm says.

    The matrix is float32: sums of money differ in their last bits between two runs of an engine on several threads, and a
    tree would split on that. Seven digits are the same in every run, and half the memory.
    """

    vectors: Batch
    outlook: BtydPrediction
    matrix: Floats32


def inputs_of(vectors: Batch, rhythm: Rhythm, features: tuple[str, ...]) -> BoosterInputs:
    """Return the inputs, with the columns in the order of ``features``.

    Raises:
        FeatureSetMismatch: the vectors lack a feature the model was trained on.
    """
    expected = outlook(rhythm, vectors)
    values = vectors.values
    if vectors.names != features:
        absent = set(features) - set(vectors.names)
        if absent:
            raise FeatureSetMismatch("in use", absent, set(vectors.names) - set(features))
        values = values[:, [vectors.names.index(name) for name in features]]
    matrix = np.empty((len(vectors), len(features) + len(EXTRA)), dtype=np.float32)
    with np.errstate(over="ignore"):
        matrix[:, : len(features)] = values
    matrix[:, -2] = expected.alive_probability()
    matrix[:, -1] = expected.expected_purchases(np.array([DAYS_EXPECTED, 2 * DAYS_EXPECTED]))[:, 0]
    return BoosterInputs(vectors, expected, matrix)


def known_customers(vectors: Batch, summaries: Batch | None = None) -> Bools:
    """Return whether anything is on record of each customer, shape (n,).

    Read from ``has_record`` where a batch carries it, else from whether a purchase count or a tenure is known.
    """
    for batch in (vectors, summaries):
        if batch is not None and "has_record" in batch.names:
            return batch.column("has_record") > 0.0
    return np.isfinite(vectors.column("purchase_count")) | np.isfinite(vectors.column("tenure_days"))


def order_value(vectors: Batch, pooled: Pooled) -> Floats:
    """Return money per purchase (n,), the customer's own average shrunk towards everybody's."""
    paid = np.nan_to_num(vectors.column("paid_sum"), nan=0.0)
    count = np.where(np.isfinite(vectors.column("paid_sum")), np.nan_to_num(vectors.column("purchase_count"), nan=0.0), 0.0)
    mixed = (paid + pooled.order_value * pooled.order_value_weight) / (count + pooled.order_value_weight)
    return np.maximum(mixed, max(1e-3 * pooled.order_value, 1e-9))


def offset_of(label: Label, inputs: BoosterInputs, pooled: Pooled, horizon_days: float) -> Floats:
    """Return what the label's booster starts from (n,): log mean of counts and spend, log odds of churn, 0 for loyal."""
    bought = inputs.outlook.bought
    if label is Label.FUTURE_LOYAL:
        return np.zeros(len(bought))
    days = np.array([horizon_days, 2 * horizon_days])
    if label is Label.CHURN:
        leaves = 1.0 - inputs.outlook.purchase_probability(days)[:, 0]
        return np.where(bought, logit(leaves), logit(np.array(pooled.prospect_mean)))
    log_count = np.log(np.maximum(inputs.outlook.expected_purchases(days)[:, 0], 1e-6))
    own = log_count + np.log(order_value(inputs.vectors, pooled)) if label is Label.SPEND else log_count
    return np.where(bought, own, np.log(max(pooled.prospect_mean, 1e-6)))
