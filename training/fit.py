"""One label, from prepared rows to a model that says of itself how good it is.

First without the held-out cut-off: rounds, calibration and every figure come from there. Then once more on all
rows with those rounds, because the newest cut-off teaches most about what comes next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from otokui import __version__
from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.frames import Bools
from otokui.ports import ModelFiles
from scoring.calibration import Affine, logit
from scoring.inputs import offset_of
from scoring.manifest import Growth, Manifest, digest_of
from scoring.model import Model, load
from scoring.opening import shares_by_hour
from scoring.rhythm import DAYS_EXPECTED
from scoring.survival import TAIL
from training import boost, hazard, plots
from training.calibrate import calibrate_chance, calibrate_mean, calibrate_periods
from training.dataset import data_digest
from training.growth import growth_of
from training.habit_fit import fit_habits
from training.judged import Judged, held_out_figures, losses
from training.prepare import Part, Prepared, part_of, row_losses, stacked
from training.promote import HeldOut, Verdict, judge
from training.task import Task
from training.tree_size import sized

COUNT_TAIL = (
    "other horizons follow the customer's rhythm (MBG/NBD mixture: customers leave), times a factor by horizon "
    "measured in training and held constant beyond the last; for those who never bought, log(1 + days/90)"
)
ONE_HORIZON = "one horizon, the one it was trained for"


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model with what speaks for and against it.

    metrics and slices are of rows held out at ``held_out_at``; plots are PNG by name; held_out feeds the gate.
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


def fit(
    task: Task,
    prepared: Prepared,
    tuned: boost.Params | None = None,
    *,
    champion: ModelFiles | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Return the model of one label, trained on every cut-off its windows permit, and the gate's verdict on it.

    The gate compares like with like on the held-out rows: with a ``champion`` that was trained before them, the model
    as it was before it saw them; with one that has learnt from them, the final model, which has too. Otherwise a
    shop that trains every week could never promote.
    """
    label = prepared.label
    params, boosted, calibration, judged = hold_out(task, prepared, tuned)
    if progress is not None:
        progress(f"{label}: {' + '.join(map(str, boosted.parts)) or 'no'} rounds, held-out loss {float(judged.losses.mean()):.5f}")

    rhythm = task.rhythm(task.train_through)
    rows = stacked(task, label, prepared.split.final, task.history, rhythm)
    edges = prepared.learn.curve.edges if prepared.learn.curve is not None else ()
    whole = part_of(task, label, rows, task.train_through, task.history, edges, None)
    final_params = {**params, "min_data_in_leaf": int(float(params["min_data_in_leaf"]))}
    final = (
        boost.bagged(whole.examples, task.names, final_params, boosted.parts)
        if boosted.rounds
        else boost.silent(whole.examples, task.names, final_params)
    )
    metrics = dict(judged.metrics) | {
        "rows_learnt": float(len(rows)),
        "rows_held_out": float(len(prepared.held_out.rows)),
        "loss": float(judged.losses.mean()),
        "level_trust": prepared.learn.trust,
        "rounds": float(boosted.rounds),
        "held_out_by_customer": float(prepared.split.by_customer),
    }
    without = _model(task, prepared, whole, final, params, calibration, metrics, ())
    growth = growth_of(task, whole, without) if label in (Label.PURCHASE_COUNT, Label.SPEND) else ()
    done = _model(task, prepared, whole, final, params, calibration, metrics, growth)
    gains = _gains(done)
    groups = prepared.held_out.rows.groups
    live = comparable(task, prepared, champion)
    fair = losses(done, prepared) if live is not None and live.manifest.trained_through > prepared.split.held_out else judged.losses
    opponent = None if live is None else HeldOut(losses(live, prepared), groups)
    verdict = judge(label, HeldOut(fair, groups), judged.metrics, opponent, seed=task.settings.seed)
    return TrainedModel(
        label,
        ModelFiles(done.manifest.to_json(), boost.text_of(final)),
        metrics,
        judged.slices,
        judged.plots | _pictures(label, gains, boosted),
        HeldOut(judged.losses, groups),
        prepared.split.held_out,
        verdict,
        gains,
    )


def hold_out(
    task: Task, prepared: Prepared, tuned: boost.Params | None = None, *, pictures: bool = True
) -> tuple[boost.Params, boost.Boosted, tuple[Affine, ...], Judged]:
    """Return the parameters, the booster that has not seen the held-out rows, the calibration learnt from them, and its figures there."""
    params, begun = sized(task, prepared, tuned)
    boosted = _stopped(task, prepared, params, begun)
    provisional = _model(task, prepared, prepared.learn, boosted, params, _no_calibration(prepared.learn), {}, ())
    calibration, first, second, halves = _cross_fitted(prepared, provisional)
    models = (_with(provisional, first), _with(provisional, second))
    return params, boosted, calibration, held_out_figures(prepared, models, halves, pictures=pictures)


def comparable(task: Task, prepared: Prepared, champion: ModelFiles | None) -> Model | None:
    """Return the live model; None where it cannot be compared on the held-out rows.

    It cannot when it does not load, knows other features, or answers another question (churn days, loyal rule).
    """
    if champion is None:
        return None
    try:
        model = load(champion, threads=task.settings.threads, fingerprint=task.fingerprint, names=task.names)
    except (BrokenModel, FeatureSetMismatch):
        return None
    manifest = model.manifest
    other = manifest.label is not prepared.label or (
        prepared.label is not Label.NEXT_PURCHASE and manifest.horizon_days != task.horizon(prepared.label)
    )
    if other or (prepared.label is Label.FUTURE_LOYAL and manifest.loyal_rule != task.definitions.loyal):
        return None
    return model


def _stopped(task: Task, prepared: Prepared, params: boost.Params, begun: Sequence[boost.Boosted]) -> boost.Boosted:
    """Boost until the held-out rows gain no more; keep nothing where nothing was gained."""
    learn, held = prepared.learn.examples, prepared.held_out.examples
    if not prepared.enough:
        return boost.silent(learn, task.names, params)
    boosted = boost.bagged(learn, task.names, params, [task.settings.rounds] * task.settings.bags, held, begun=begun)
    raw = np.asarray(boosted.booster.predict(held.matrix, raw_score=True, num_iteration=boosted.rounds))
    gained = float(row_losses(prepared.label, prepared.held_out, raw).mean()) < prepared.baseline
    if gained or prepared.label is Label.FUTURE_LOYAL:
        return boosted
    return boost.silent(learn, task.names, params)


def _no_calibration(part: Part) -> tuple[Affine, ...]:
    return (Affine(),) * (len(part.curve.edges) - 1 if part.curve is not None else 1)


def _calibrated(prepared: Prepared, model: Model, kept: Bools) -> tuple[Affine, ...]:
    part, trust = prepared.held_out, prepared.learn.trust
    raw = model.raw(part.rows.inputs.matrix)
    if part.curve is not None:
        periods = part.curve.periods
        odds = periods.odds(part.curve.intercepts, raw).astype(np.float64)
        found = calibrate_periods(odds[kept], periods.bought[kept].astype(np.float64), periods.at_risk[kept].astype(np.float64), trust)
        seen = part.curve.periods.at_risk[kept].any(axis=0)
        # Periods the held-out rows could not show keep the correction of the last one they could.
        last = int(np.nonzero(seen)[0][-1]) if seen.any() else 0
        return tuple(found[min(k, last)] for k in range(len(found)))
    score = raw + part.intercept + offset_of(prepared.label, part.rows.inputs, part.pooled, model.manifest.horizon_days)
    if prepared.label in (Label.PURCHASE_COUNT, Label.SPEND):
        return (calibrate_mean(score[kept], part.rows.target[kept], trust),)
    return (calibrate_chance(score[kept], part.rows.target[kept], trust),)


def _cross_fitted(prepared: Prepared, model: Model) -> tuple[tuple[Affine, ...], tuple[Affine, ...], tuple[Affine, ...], Bools]:
    """Return the calibration of all held-out rows, and of each half of the customers for judging the other."""
    half = (prepared.held_out.rows.groups // 3) % 2 == 0
    return (
        _calibrated(prepared, model, np.ones(len(half), dtype=np.bool_)),
        _calibrated(prepared, model, ~half),
        _calibrated(prepared, model, half),
        half,
    )


def _with(model: Model, calibration: tuple[Affine, ...]) -> Model:
    return Model(model.manifest.model_copy(update={"calibration": calibration}), model.digest, model.booster, model.threads)


def _model(
    task: Task,
    prepared: Prepared,
    part: Part,
    boosted: boost.Boosted,
    params: boost.Params,
    calibration: tuple[Affine, ...],
    metrics: Mapping[str, float],
    growth: tuple[Growth, ...],
) -> Model:
    label, text = prepared.label, boost.text_of(boosted)
    curve = part.curve
    outlook = part.rows.inputs.outlook
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
        categorical=boost.categorical(task.names),
        fingerprint=task.fingerprint,
        cutoffs=cutoffs,
        trained_through=task.train_through,
        horizon_days=curve.edges[-1] if curve is not None else task.horizon(label),
        periods=curve.edges if curve is not None else (),
        basis=tuple(map(float, hazard.basis_of(curve.edges))) if curve is not None else (),
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
    )
    return Model(manifest, digest_of(manifest.to_json()), lightgbm.Booster(model_str=text), task.settings.threads)


def _gains(model: Model) -> dict[str, float]:
    gains = model.booster.feature_importance(importance_type="gain")
    names = (*model.manifest.features, "rhythm_alive", "rhythm_expected")
    return {name: float(gain) for name, gain in zip(names, gains, strict=True) if gain > 0.0}


def _pictures(label: Label, gains: Mapping[str, float], boosted: boost.Boosted) -> dict[str, bytes]:
    out = {}
    if gains:
        out[f"{label}_importance.png"] = plots.importance(list(gains), np.array(list(gains.values())), f"{label}: what it looks at")
    if boosted.learning:
        out[f"{label}_learning.png"] = plots.learning(boosted.learning, boosted.parts[0], f"{label}: held-out loss")
    return out
