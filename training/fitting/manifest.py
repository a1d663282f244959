"""Manifest of a model, filled in one place from booster, rows and calibration.

The model that judges and the model that serves are made here alike, so what is judged is what is served.
"""

from __future__ import annotations

from collections.abc import Mapping

import lightgbm
import numpy as np

from otokui import __version__
from otokui.domain import Label
from otokui.wording.i18n import NP_
from otokui.wording.stored_text import JOINT
from scoring.base_models.btyd import DAYS_EXPECTED
from scoring.base_models.calibration import Affine, logit
from scoring.model_files.booster_inputs import offset_of
from scoring.model_files.loader import Model
from scoring.model_files.manifest import HorizonGrowth, Manifest, digest_of
from scoring.next_purchase.opening_hours import shares_by_hour
from scoring.next_purchase.survival import TAIL
from training.boosting import lightgbm_fit, survival_objective
from training.btyd.purchase_times import fit_habits
from training.data.dataset import data_digest
from training.fitting.examples import PreparedLabel, TrainingRows
from training.fitting.task import Task

COUNT_TAIL = NP_(
    "kept",
    "other horizons follow the customer's rhythm (MBG/NBD mixture: customers leave), times a factor by horizon "
    "measured in training and held constant beyond the last; for those who never bought, log(1 + days/90)",
)
ONE_HORIZON = NP_("kept", "one horizon, the one it was trained for")
BY_RHYTHM = NP_("kept", "the customers' own rhythm speaks, without trees")


def model_of(
    task: Task,
    prepared: PreparedLabel,
    part: TrainingRows,
    boosted: lightgbm_fit.Boosted,
    params: lightgbm_fit.Params,
    calibration: tuple[Affine, ...],
    metrics: Mapping[str, float],
    growth: tuple[HorizonGrowth, ...],
) -> Model:
    """Return the model of a label with its manifest.

    With ``metrics`` it is the final one, learnt from every cut-off, with purchase times and a digest of its data.
    """
    label, text = prepared.label, lightgbm_fit.text_of(boosted)
    curve = part.curve
    outlook = part.rows.inputs.btyd
    rhythm = outlook.rhythm
    final = bool(metrics)
    cutoffs = tuple(prepared.split.final if final else prepared.split.learn)
    if curve is not None:
        chance = outlook.purchase_probability(np.array([DAYS_EXPECTED, 2 * DAYS_EXPECTED]))[:, 0]
        offset = logit(chance[outlook.bought])
    else:
        offset = offset_of(label, part.rows.inputs, part.pooled, task.horizon(label))
    manifest = Manifest(
        label=label,
        features=task.names,
        categorical=lightgbm_fit.categorical(task.names),
        fingerprint=task.fingerprint,
        cutoffs=cutoffs,
        trained_through=task.train_through,
        horizon_days=curve.edges[-1] if curve is not None else task.horizon(label),
        periods=curve.edges if curve is not None else (),
        basis=tuple(map(float, survival_objective.basis_of(curve.edges))) if curve is not None else (),
        intercepts=tuple(map(float, curve.intercepts)) if curve is not None else (part.intercept,),
        rhythm=rhythm,
        habits=fit_habits(task.history, task.timezone, seed=task.settings.seed) if final and curve is not None else None,
        growth=growth,
        calibration=calibration,
        pooled=part.pooled,
        hours=shares_by_hour(task.history.purchased_at[task.history.purchased_at < max(cutoffs)]) if curve is not None else (),
        offset_mean=float(offset.mean()) if len(offset) else 0.0,
        tail=TAIL if curve is not None else COUNT_TAIL if label in (Label.PURCHASE_COUNT, Label.SPEND) else ONE_HORIZON,
        loyal_rule=task.definitions.loyal if label is Label.FUTURE_LOYAL else None,
        params=dict(params),
        best_iteration=boosted.rounds,
        data_digest=data_digest(part.rows, label) if final else "",
        metrics=dict(metrics),
        sha256=digest_of(text),
        otokui_version=__version__,
        not_enough=JOINT.format(first=prepared.not_enough, second=BY_RHYTHM) if prepared.not_enough else "",
    )
    return Model(manifest, digest_of(manifest.to_json()), lightgbm.Booster(model_str=text), task.settings.threads)


def with_calibration(model: Model, calibration: tuple[Affine, ...]) -> Model:
    """Return the same model with another calibration."""
    return Model(model.manifest.model_copy(update={"calibration": calibration}), model.digest, model.booster, model.threads)
