"""Fit of one label: from prepared rows to a model with its held-out metrics.

First without the held-out rows (`training.fitting.held_out_fit`): rounds, calibration and every figure come from there. Then once more on
all rows with those rounds, because the newest cut-off teaches most about what comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.ports.models import ModelFiles
from scoring.model_files.loader import Model, load
from scoring.model_files.manifest import read_manifest
from training.boosting import lightgbm_fit
from training.fitting.baseline import pooled_files
from training.fitting.cross_fitting import crossed
from training.fitting.examples import PreparedLabel, part_of, stacked
from training.fitting.held_out_fit import Tried, hold_out
from training.fitting.held_out_scores import losses
from training.fitting.horizon_growth import growth_of
from training.fitting.manifest import model_of
from training.fitting.task import Task
from training.metrics import plots
from training.promotion_gate import HeldOut, Verdict, judge, judge_unjudged


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model with what speaks for and against it.

    metrics and slices are of rows held out at ``held_out_at``; plots are PNG by name; held_out feeds the gate. Of a model that could
    not be judged (`training.fitting.baseline`) all of them are empty. not_enough: as in its manifest.
    """

    label: Label
    files: ModelFiles
    metrics: Mapping[str, float]
    slices: Mapping[str, Mapping[str, float]]
    plots: Mapping[str, bytes]
    held_out: HeldOut
    held_out_at: Instant
    verdict: Verdict
    gains: Mapping[str, float]
    not_enough: str = ""


def unjudged(task: Task, label: Label, why: str, *, champion: ModelFiles | None = None) -> TrainedModel:
    """Return the baseline model of a label that cannot be learnt or judged.

    It replaces no model that was judged.

    why: what there was too little of, had and needed.
    """
    files = pooled_files(task, label, why)
    live = comparable(task, label, champion)
    nobody = HeldOut(np.empty(0), np.empty(0, dtype=np.int64))
    verdict = judge_unjudged(label, judged_before=live is not None and bool(live.manifest.metrics))
    not_enough = read_manifest(files.manifest).not_enough
    return TrainedModel(label, files, {}, {}, {}, nobody, task.cutoffs[-1], verdict, {}, not_enough)


def fit(
    task: Task,
    prepared: PreparedLabel,
    tuned: lightgbm_fit.Params | None = None,
    *,
    champion: ModelFiles | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Return the trained model of one label and the promotion gate's verdict.

    It is trained on every cut-off that its windows permit.

    The gate compares like with like on the held-out rows: with a ``champion`` that was trained before them, the model
    as it was before it saw them; with one that has learnt from them, the final model, which has too. Otherwise a
    shop that trains every week could never promote.
    """
    label, folds = prepared.label, crossed(task, prepared)
    folded = folds.whole
    tried = hold_out(task, folds, tuned)
    judged, groups = tried.judged, folded.held_out.rows.groups
    if progress is not None:
        progress(f"{label}: {' + '.join(map(str, tried.rounds)) or 'no'} rounds, held-out loss {float(judged.losses.mean()):.5f}")

    rows = stacked(task, label, prepared.split.final, task.history, task.rhythm(task.train_through))
    edges = prepared.learn.curve.edges if prepared.learn.curve is not None else ()
    whole = part_of(task, label, rows, task.train_through, task.history, edges, None)
    final = (
        lightgbm_fit.bagged(whole.examples, task.names, tried.params, tried.rounds)
        if tried.rounds
        else lightgbm_fit.silent(task.names, tried.params)
    )
    metrics = dict(judged.metrics) | {
        "rows_learnt": float(len(rows)),
        "rows_held_out": float(len(groups)),
        "loss": float(judged.losses.mean()),
        "level_trust": prepared.learn.trust,
        "rounds": float(sum(tried.rounds)),
        "held_out_by_customer": float(prepared.split.by_customer),
    }
    done = model_of(task, prepared, whole, final, tried.params, tried.calibration, metrics, ())
    if label in (Label.PURCHASE_COUNT, Label.SPEND):
        done = model_of(task, prepared, whole, final, tried.params, tried.calibration, metrics, growth_of(task, whole, done))
    gains = _gains(done)
    live = comparable(task, label, champion)
    fair = losses(done, folded) if live is not None and live.manifest.trained_through > prepared.split.held_out else judged.losses
    opponent = None if live is None else HeldOut(losses(live, folded), groups)
    verdict = judge(label, HeldOut(fair, groups), judged.metrics, opponent, seed=task.settings.seed)
    return TrainedModel(
        label,
        ModelFiles(done.manifest.to_json(), lightgbm_fit.text_of(final)),
        metrics,
        judged.slices,
        judged.plots | _pictures(label, gains, tried),
        HeldOut(judged.losses, groups),
        prepared.split.held_out,
        verdict,
        gains,
        done.manifest.not_enough,
    )


def comparable(task: Task, label: Label, champion: ModelFiles | None) -> Model | None:
    """Return the live model; None where it cannot be compared on the held-out rows.

    It cannot when it does not load, knows other features, answers another question (churn days, loyal rule), or says nothing.
    """
    if champion is None:
        return None
    try:
        model = load(champion, threads=task.settings.threads, fingerprint=task.fingerprint, names=task.names)
    except (BrokenModel, FeatureSetMismatch):
        return None
    manifest = model.manifest
    other = manifest.label is not label or (label is not Label.NEXT_PURCHASE and manifest.horizon_days != task.horizon(label))
    if other or not manifest.speaks or (label is Label.FUTURE_LOYAL and manifest.loyal_rule != task.definitions.loyal):
        return None
    return model


def _gains(model: Model) -> dict[str, float]:
    gains = model.booster.feature_importance(importance_type="gain")
    names = (*model.manifest.features, "rhythm_alive", "rhythm_expected")
    return {name: float(gain) for name, gain in zip(names, gains, strict=True) if gain > 0.0}


def _pictures(label: Label, gains: Mapping[str, float], tried: Tried) -> dict[str, bytes]:
    out = {}
    if gains:
        out[f"{label}_importance.png"] = plots.importance(list(gains), np.array(list(gains.values())), f"{label}: what it looks at")
    if tried.learning:
        out[f"{label}_learning.png"] = plots.learning(tried.learning, tried.best, f"{label}: held-out loss")
    return out
