"""Fit without held-out rows: parameters, rounds, calibration and metrics that they give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import Label
from otokui.frames import Bools, Floats
from scoring.base_models.calibration import Affine
from scoring.model_files.booster_inputs import offset_of
from scoring.model_files.loader import Model
from training.boosting import lightgbm_fit
from training.boosting.calibration import calibrate_chance, calibrate_mean, calibrate_periods
from training.fitting.cross_fitting import Crossed
from training.fitting.examples import PreparedLabel, TrainingRows, row_losses
from training.fitting.held_out_scores import Judged, held_out_figures
from training.fitting.manifest import model_of, with_calibration
from training.fitting.purchase_time_scores import of_moment
from training.fitting.task import Task
from training.fitting.tree_size import sized


@dataclass(frozen=True, slots=True)
class Tried:
    """Result of held-out rows for a label: parameters, rounds, calibration, metrics.

    rounds: of each booster of the final bag (none: nothing was gained); learning: the held-out loss of one booster by round, with its
    best round.
    """

    params: lightgbm_fit.Params
    rounds: tuple[int, ...]
    calibration: tuple[Affine, ...]
    judged: Judged
    learning: tuple[float, ...]
    best: int


def hold_out(task: Task, crossed: Crossed, tuned: lightgbm_fit.Params | None = None, *, pictures: bool = True) -> Tried:
    """Return the held-out result of a label.

    Each row is judged with a calibration learnt from others.
    """
    params, begun = sized(task, crossed.folds, tuned)
    boosted = _stopped(task, crossed, params, begun)
    models = [
        model_of(task, fold, fold.learn, each, params, _no_calibration(fold.learn), {}, ())
        for fold, each in zip(crossed.folds, boosted, strict=True)
    ]
    scores, judges = _scores(crossed, models), crossed.judges
    by_fold = models if len(models) > 1 else models * (int(judges.max()) + 1)
    judging = [with_calibration(model, _calibrated(crossed.whole, scores, judges != k)) for k, model in enumerate(by_fold)]
    judged = held_out_figures(crossed.whole, judging, judges, pictures=pictures)
    if crossed.whole.label is Label.NEXT_PURCHASE:
        judged = replace(judged, metrics=judged.metrics | of_moment(task, crossed.whole, judging, judges))
    return Tried(
        params,
        _rounds(task, boosted),
        _calibrated(crossed.whole, scores, np.ones(len(judges), dtype=np.bool_)),
        judged,
        boosted[0].learning,
        boosted[0].parts[0] if boosted[0].parts else 0,
    )


def _stopped(
    task: Task, crossed: Crossed, params: lightgbm_fit.Params, begun: Sequence[lightgbm_fit.Boosted]
) -> list[lightgbm_fit.Boosted]:
    """Boost each fold until its held-out rows gain no more; keep nothing where nothing was gained over all of them.

    A fold alone gets the whole bag; of several each gets one booster, since the bag's others stop on other rows.
    """
    limits = [task.settings.rounds] * (task.settings.bags if len(crossed.folds) == 1 else 1)
    boosters: list[lightgbm_fit.Boosted] = []
    gained = 0.0
    for k, fold in enumerate(crossed.folds if crossed.whole.enough else ()):
        held = fold.held_out.examples
        boosted = lightgbm_fit.bagged(fold.learn.examples, task.names, params, limits, held, begun=begun[k : k + 1])
        raw = np.asarray(boosted.booster.predict(held.matrix, raw_score=True, num_iteration=boosted.rounds))
        gained += len(raw) * (fold.baseline - float(row_losses(fold.label, fold.held_out, raw).mean()))
        boosters.append(boosted)
    if gained > 0.0 or (boosters and crossed.whole.label is Label.FUTURE_LOYAL):
        return boosters
    return [lightgbm_fit.silent(task.names, params)] * len(crossed.folds)


def _rounds(task: Task, boosted: Sequence[lightgbm_fit.Boosted]) -> tuple[int, ...]:
    """Return the rounds of each booster of the final bag: those found; of several folds each fold's in its turn."""
    rounds = [part for each in boosted for part in each.parts]
    if len(boosted) == 1:
        return tuple(rounds)
    return tuple(rounds[k % len(rounds)] for k in range(max(task.settings.bags, len(rounds)) if rounds else 0))


def _no_calibration(part: TrainingRows) -> tuple[Affine, ...]:
    return (Affine(),) * (len(part.curve.edges) - 1 if part.curve is not None else 1)


def _scores(crossed: Crossed, models: Sequence[Model]) -> Floats:
    """Return what each fold's model says of the rows it has not seen, without calibration: (n,), or log odds by period (n, K)."""
    curve, rows = crossed.whole.held_out.curve, len(crossed.fold)
    out = np.empty(rows if curve is None else (rows, len(curve.edges) - 1))
    for k, (fold, model) in enumerate(zip(crossed.folds, models, strict=True)):
        part = fold.held_out
        raw = model.raw(part.rows.inputs.matrix)
        if part.curve is not None:
            out[crossed.fold == k] = part.curve.periods.odds(part.curve.intercepts, raw)
        else:
            offset = offset_of(fold.label, part.rows.inputs, part.pooled, model.manifest.horizon_days)
            out[crossed.fold == k] = raw + part.intercept + offset
    return out


def _calibrated(prepared: PreparedLabel, scores: Floats, selected: Bools) -> tuple[Affine, ...]:
    part, trust = prepared.held_out, prepared.learn.trust
    if part.curve is not None:
        bought, at_risk = part.curve.periods.bought[selected], part.curve.periods.at_risk[selected]
        corrections = calibrate_periods(scores[selected], bought.astype(np.float64), at_risk.astype(np.float64), trust)
        seen = at_risk.any(axis=0)
        # Periods the held-out rows could not show keep the correction of the last one they could.
        last = int(np.nonzero(seen)[0][-1]) if seen.any() else 0
        return tuple(corrections[min(k, last)] for k in range(len(corrections)))
    if prepared.label in (Label.PURCHASE_COUNT, Label.SPEND):
        return (calibrate_mean(scores[selected], part.rows.target[selected], trust),)
    return (calibrate_chance(scores[selected], part.rows.target[selected], trust),)
