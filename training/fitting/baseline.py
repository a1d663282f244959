"""Baseline of a label: the base model shrunk to its priors, without trees.

It serves where a label cannot be learnt or judged.

A shop that has just opened asks on its first day. Refusing it would send it back to training, which refuses it too; the same road
with a model that says what it rests on does not. Where not even a rhythm can stand in, the model is there to say why.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from otokui import __version__
from otokui.domain import Label
from otokui.frames import Floats
from otokui.ports.models import ModelFiles
from otokui.wording.i18n import NP_
from otokui.wording.stored_text import JOINT
from scoring.base_models.btyd import DAYS_EXPECTED, BtydPrediction, btyd_from_counts
from scoring.base_models.calibration import Affine, logit
from scoring.model_files.manifest import Manifest, TrainingAverages, digest_of
from scoring.next_purchase.opening_hours import shares_by_hour
from scoring.next_purchase.survival import TAIL, period_hazards
from training.boosting import lightgbm_fit, survival_objective
from training.btyd.mbg_nbd import sufficient
from training.btyd.purchase_times import fit_habits
from training.fitting.manifest import COUNT_TAIL, ONE_HORIZON
from training.fitting.task import Task

UNJUDGED: Final = NP_("kept", "the customers' own rhythm speaks, drawn to the field's and not judged on this shop yet")
NOTHING: Final = NP_("kept", "no chance is given")
EDGES: Final = (0.0, 7.0, 14.0, 30.0, 60.0, 90.0)
"""Days at which the curve of the next purchase is kept; in between it is straight."""


def pooled_files(task: Task, label: Label, why: str) -> ModelFiles:
    """Return the files of a label's baseline model.

    why: what there was too little of, present and needed.
    """
    rhythm, speaks = task.rhythm(task.train_through), label is not Label.FUTURE_LOYAL
    curve, pooled = label is Label.NEXT_PURCHASE, _averages(task, label)
    params = lightgbm_fit.parameters(label, task.settings, 0, 1)
    text = lightgbm_fit.text_of(lightgbm_fit.silent(task.names, params))
    manifest = Manifest(
        label=label,
        features=task.names,
        categorical=lightgbm_fit.categorical(task.names),
        fingerprint=task.fingerprint,
        cutoffs=(),
        trained_through=task.train_through,
        horizon_days=EDGES[-1] if curve else task.horizon(label),
        periods=EDGES if curve else (),
        basis=tuple(map(float, survival_objective.basis_of(EDGES))) if curve else (),
        intercepts=(0.0,) * (len(EDGES) - 1) if curve else (0.0,),
        rhythm=rhythm,
        habits=fit_habits(task.history, task.timezone, seed=task.settings.seed) if curve else None,
        calibration=(Affine(),) * (len(EDGES) - 1) if curve else (Affine(),),
        pooled=pooled,
        offset_mean=_centre(label, pooled),
        hours=shares_by_hour(task.history.purchased_at) if curve else (),
        tail=TAIL if curve else COUNT_TAIL if label in (Label.PURCHASE_COUNT, Label.SPEND) else ONE_HORIZON,
        loyal_rule=None if speaks else task.definitions.loyal,
        params=dict(params),
        best_iteration=0,
        data_digest="",
        sha256=digest_of(text),
        otokui_version=__version__,
        not_enough=JOINT.format(first=why, second=UNJUDGED if speaks else NOTHING),
        speaks=speaks,
    )
    return ModelFiles(manifest.to_json(), text)


def _averages(task: Task, label: Label) -> TrainingAverages:
    """Return what is said of those who never bought: what is expected of the mean of the buyers and of one fresh from a purchase."""
    value, weight = task.order_value()
    everybody = _buyers(task)
    days = task.horizon(label)
    horizons = np.array([days, 2.0 * days])
    if label is Label.NEXT_PURCHASE:
        chance: Floats = everybody.purchase_probability(np.array(EDGES[1:])).mean(axis=0, keepdims=True)
        hazards = tuple(map(float, period_hazards(chance)[0]))
        return TrainingAverages(hazards=hazards, prospect_hazards=hazards, order_value=value, order_value_weight=weight)
    if label is Label.CHURN:
        mean = float(1.0 - everybody.purchase_probability(horizons)[:, 0].mean())
    else:
        mean = float(everybody.expected_purchases(horizons)[:, 0].mean()) * (value if label is Label.SPEND else 1.0)
    return TrainingAverages(mean=mean, prospect_mean=mean, order_value=value, order_value_weight=weight)


def _centre(label: Label, pooled: TrainingAverages) -> float:
    """Return the score of the mean buyer: what a customer's own rhythm is told against."""
    if label is Label.NEXT_PURCHASE:
        waits = math.prod(1.0 - each for each in pooled.hazards[: EDGES.index(DAYS_EXPECTED)])
        return float(logit(np.array(1.0 - waits)))
    return float(logit(np.array(pooled.mean)) if label is Label.CHURN else np.log(max(pooled.mean, 1e-9)))


def _buyers(task: Task) -> BtydPrediction:
    at = task.train_through
    known = sufficient(task.history, task.history.buyers(at), at)
    return btyd_from_counts(task.rhythm(at), *(np.append(each, 0.0) for each in known))
