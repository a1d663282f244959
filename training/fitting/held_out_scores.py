"""Metrics and plots of one label on held-out rows, calibrated on other rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.domain import Label
from otokui.frames import Bools, Floats, Ints
from scoring.base_models.calibration import sigmoid
from scoring.model_files.booster_inputs import BoosterInputs, inputs_of
from scoring.model_files.loader import Model
from scoring.predict import next_purchase, score
from training.data.labels import Waiting
from training.fitting.examples import PreparedLabel, TrainingRows, losses_of
from training.metrics import label_metrics, plots, survival
from training.metrics.label_metrics import CurveForecast, Metrics
from training.metrics.sampling_bounds import bias_by_chance, calibration_by_chance

HORIZONS = (7, 14, 30, 60, 90)
SEED = 1
"""Of the outcomes drawn to see what chance explains: the same rows, the same limit."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Held-out metrics, slices, plots by file name, and the loss of each row (n,).

    Plots are PNG, and the tables behind them JSON.
    """

    metrics: Metrics
    slices: Mapping[str, Metrics]
    plots: dict[str, bytes]
    losses: Floats


def _inputs(model: Model, part: TrainingRows) -> BoosterInputs:
    """Return the rows as this model wants them; a champion has a rhythm of its own."""
    ready, manifest = part.rows.inputs, model.manifest
    if manifest.rhythm == ready.btyd.rhythm and manifest.features == ready.vectors.names:
        return ready
    return inputs_of(ready.vectors, manifest.rhythm, manifest.features)


def scored(model: Model, part: TrainingRows) -> Floats:
    """Return calibrated scores (n,) of a label other than the next purchase."""
    return score(model, _inputs(model, part), np.ones(len(part.rows), dtype=np.bool_))


def curve_losses(model: Model, part: TrainingRows, until_days: float) -> Floats:
    """Return the negative log likelihood of each wait under the survival curve, shape (n,).

    By period, up to ``until_days``.

    The periods are those of the rows, not of the model, so that two models are asked the same.
    """
    assert part.curve is not None
    whole = tuple(int(e) for e in part.curve.edges[1:] if e <= until_days)
    chance, _ = next_purchase(model, _inputs(model, part), np.ones(len(part.rows), dtype=np.bool_), whole)
    stays = np.concatenate([np.ones((len(chance), 1)), 1.0 - chance, np.zeros((len(chance), 1))], axis=1)
    waiting = part.curve.waiting
    period = np.searchsorted(np.array(whole, dtype=np.float64), waiting.days, side="right")
    period = np.where(waiting.bought, period, len(whole))
    rows = np.arange(len(chance))
    mass = np.where(period == len(whole), stays[rows, len(whole)], stays[rows, period] - stays[rows, period + 1])
    loss: Floats = -np.log(np.maximum(mass, 1e-9))
    return loss


def losses(model: Model, prepared: PreparedLabel) -> Floats:
    """Return the proper loss of each held-out row for the promotion gate, shape (n,).

    Under a model of the same label.
    """
    part, label = prepared.held_out, prepared.label
    if label is Label.NEXT_PURCHASE:
        return curve_losses(model, part, _observed(prepared))
    unit = np.log(part.pooled.order_value) if label is Label.SPEND else 0.0
    return losses_of(label, scored(model, part) - unit, part.examples.target)


def held_out_figures(prepared: PreparedLabel, models: Sequence[Model], judges: Ints, *, pictures: bool = True) -> Judged:
    """Return the figures; judges: (n,) by which of the models each held-out row is judged."""
    if prepared.label is Label.NEXT_PURCHASE:
        return _of_curve(prepared, models, judges, pictures)
    return _of_score(prepared, models, judges, pictures)


def _each_by_its_own(predictions: Sequence[Floats], judges: Ints) -> Floats:
    """Return of what each model said (n, ...) the row of the judge, (n, ...)."""
    return np.stack(predictions)[judges, np.arange(len(judges))]


def _observed(prepared: PreparedLabel) -> float:
    curve = prepared.held_out.curve
    assert curve is not None
    seen = curve.periods.at_risk.any(axis=0)
    last = int(np.nonzero(seen)[0][-1]) if seen.any() else 0
    return curve.edges[last + 1]


def _of_score(prepared: PreparedLabel, models: Sequence[Model], judges: Ints, pictures: bool) -> Judged:
    label, part = prepared.label, prepared.held_out
    whole = _each_by_its_own([scored(model, part) for model in models], judges)
    unit = np.log(part.pooled.order_value) if label is Label.SPEND else 0.0
    target, loss = part.rows.target, losses_of(label, whole - unit, part.examples.target)
    name = str(label)
    chances = label in (Label.CHURN, Label.FUTURE_LOYAL)
    predicted = sigmoid(whole) if chances else np.exp(np.minimum(whole, 60.0))
    measure: Callable[[Floats, Floats], Metrics] = label_metrics.of_chance if chances else label_metrics.of_mean
    drawn = {}
    if pictures:
        kind = "reliability" if chances else "totals"
        draw = plots.reliability if chances else plots.totals
        drawn[f"{name}_{kind}.png"] = draw(predicted, target, f"{name}: said against came true")
        drawn[f"{name}_gain.png"] = plots.gain(predicted, target, f"{name}: gain")
        if chances:
            drawn[f"{name}_reliability.json"] = survival.reliability_table({"all": (predicted, target)})
    vectors = part.rows.inputs.vectors
    if chances:
        by_chance = {"calibration_by_chance": calibration_by_chance(predicted, seed=SEED)}
    else:
        by_chance = {"bias_by_chance": bias_by_chance(predicted, target)}
    metrics = (
        measure(predicted, target) | by_chance | label_metrics.of_not_yet_loyal(models[0].manifest.loyal_rule, vectors, predicted, target)
    )
    return Judged(metrics, label_metrics.by_slice(vectors, lambda selected: measure(predicted[selected], target[selected])), drawn, loss)


def _of_curve(prepared: PreparedLabel, models: Sequence[Model], judges: Ints, pictures: bool) -> Judged:
    part = prepared.held_out
    assert part.curve is not None
    everybody = np.ones(len(part.rows), dtype=np.bool_)
    reach = _observed(prepared)
    horizons = tuple(h for h in HORIZONS if h <= reach) or (int(reach),)
    predictions = [next_purchase(model, _inputs(model, part), everybody, horizons, part.rows.cutoffs) for model in models]
    forecast = CurveForecast(
        horizons,
        _each_by_its_own([chance for chance, _ in predictions], judges),
        _each_by_its_own([days for _, days in predictions], judges),
    )
    waiting = part.curve.waiting
    loss = _each_by_its_own([curve_losses(model, part, reach) for model in models], judges)
    drawn = {}
    if pictures:
        longest = horizons[-1]
        came = (waiting.bought & (waiting.days < longest)).astype(np.float64)
        drawn = {
            "next_purchase_survival.png": plots.survival(
                horizons, forecast.chance.mean(axis=0), waiting, "next purchase: share that has bought"
            ),
            "next_purchase_reliability.png": plots.reliability(forecast.chance[:, -1], came, f"purchase within {longest} days"),
            "next_purchase_gain.png": plots.gain(forecast.chance[:, -1], came, f"purchase within {longest} days: gain"),
            "next_purchase_reliability.json": survival.reliability_table(
                {str(h): (forecast.chance[:, k], (waiting.bought & (waiting.days < h)).astype(np.float64)) for k, h in enumerate(horizons)}
            ),
        }

    def measure(selected: Bools) -> Metrics:
        return label_metrics.of_curve(forecast.rows(selected), Waiting(waiting.days[selected], waiting.bought[selected]), reach)

    by_chance = {f"calibration_by_chance_{h}d": calibration_by_chance(forecast.chance[:, k], seed=SEED) for k, h in enumerate(horizons)}
    return Judged(measure(everybody) | by_chance, label_metrics.by_slice(part.rows.inputs.vectors, measure), drawn, loss)
