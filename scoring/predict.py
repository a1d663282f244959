"""Predictions from vectors: five forecasts of each customer that are consistent.

Rows go through in chunks of fixed size, every step is row-wise, and no sum runs over rows, so one customer predicted online gets the same
bytes as in the nightly run of a million.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import Instant, Label
from otokui.frames import Batch, Bools, Floats, Ints, Predictions
from otokui.settings.definitions import Definitions
from scoring.base_models.calibration import sigmoid
from scoring.base_models.purchase_times import HOURS, WEEKDAYS
from scoring.customer_state import loyal_now, states
from scoring.model_files.booster_inputs import BoosterInputs, inputs_of, known_customers, offset_of
from scoring.model_files.loader import Model, ModelSet
from scoring.model_files.shortage import sentence
from scoring.next_purchase.horizon_counts import growth_shares, median_counts, non_decreasing
from scoring.next_purchase.opening_hours import at_opening_hours
from scoring.next_purchase.survival import SurvivalCurve, curve_edges, curve_of
from scoring.next_purchase.time_of_week import weekday_and_hours

CHUNK = 16_384
"""Rows at once: bounds memory, and keeps the working set near the processor's cache."""
NO_MODEL = "no model of it is live; run `otokui train`, which says why where it cannot be trained"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Chunk of rows with the inputs of its models.

    Models of the same base model and features share their inputs.
    """

    vectors: Batch
    known: Bools
    horizons: tuple[int, ...]
    ready: dict[tuple[object, ...], BoosterInputs]

    def inputs(self, model: Model) -> BoosterInputs:
        key = (model.manifest.rhythm, model.manifest.features)
        if key not in self.ready:
            self.ready[key] = inputs_of(self.vectors, *key)
        return self.ready[key]


def score(model: Model, inputs: BoosterInputs, known: Bools) -> Floats:
    """Return the calibrated score (n,) of a label other than the next purchase.

    It is a log mean, or log odds.
    """
    manifest = model.manifest
    offset = offset_of(manifest.label, inputs, manifest.pooled, manifest.horizon_days) + manifest.intercepts[0]
    out = manifest.calibration[0].apply(model.raw(inputs.matrix) + offset)
    mean = manifest.pooled.mean
    if manifest.label in (Label.PURCHASE_COUNT, Label.SPEND):
        out[~known] = np.log(max(mean, 1e-9))
    else:
        out[~known] = np.log(max(mean, 1e-9)) - np.log(max(1.0 - mean, 1e-9))
    return out


def next_purchase(
    model: Model, inputs: BoosterInputs, known: Bools, horizons: tuple[int, ...], as_of: int | Ints | None = None
) -> tuple[Floats, Floats]:
    """Return purchase chances by horizon (n, H) and quantiles of days (n, 3).

    The quantiles are 10%, 50% and 90%, counted from ``as_of``: of all rows or (n,) of each; None = not known, and days ignore the time of
    day.
    """
    return _chances_and_quantiles(model, curves(model, inputs, known, horizons), horizons, as_of)


def curves(model: Model, inputs: BoosterInputs, known: Bools, horizons: tuple[int, ...]) -> SurvivalCurve:
    """Return the survival curves of the next purchase, with all horizons as edges."""
    edges = curve_edges(model.manifest.periods, horizons)
    chance = np.zeros((len(known), len(edges)))
    chance[:, 1:] = inputs.btyd.purchase_probability(edges[1:])
    return curve_of(model.manifest, model.raw(inputs.matrix), chance, edges, inputs.btyd.bought, known)


def _chances_and_quantiles(
    model: Model, curve: SurvivalCurve, horizons: tuple[int, ...], as_of: int | Ints | None
) -> tuple[Floats, Floats]:
    days = np.stack([curve.quantile(q) for q in (0.1, 0.5, 0.9)], axis=1)
    return curve.chance(horizons), days if as_of is None else at_opening_hours(days, model.manifest.hours, as_of)


def _means(chunk: _Chunk, model: Model, chance: Floats | None) -> Floats:
    """Return expected counts or spend by horizon (n, H).

    A count is never below the chance of one purchase.
    """
    inputs, manifest = chunk.inputs(model), model.manifest
    at_reference = np.exp(np.minimum(score(model, inputs, chunk.known), 60.0))
    with_btyd = inputs.btyd.bought & chunk.known
    means = at_reference[:, None] * growth_shares(inputs.btyd, manifest.growth, manifest.horizon_days, chunk.horizons, with_btyd)
    if chance is not None:
        means = np.fmax(means, chance)
    return non_decreasing(means, chunk.horizons)


def _spread(chunk: _Chunk, model: Model) -> Floats:
    """Return the gamma shape of each customer's purchase rate, (n, 1)."""
    btyd = chunk.inputs(model).btyd
    return np.nan_to_num(btyd.repeats, nan=0.0) + float(np.mean(btyd.rhythm.shape))


def predict(
    vectors: Batch,
    models: ModelSet,
    *,
    as_of: Instant,
    horizons_days: tuple[int, ...],
    definitions: Definitions,
    summaries: Batch | None = None,
    local_offset_seconds: int = 0,
) -> Predictions:
    """Return one prediction per row of ``vectors``, in that order.

    ``summaries`` (the same rows) are needed only for a loyal rule ``within_days`` and for the customers' own weekdays and hours, which
    without them are the shop's; local_offset_seconds: the shop's offset from UTC at ``as_of``. A label without a model is NaN, and
    ``missing`` states why; churn over other days than trained, or untrained, is read off the next-purchase curve.

    Raises:
        FeatureSetMismatch: the vectors lack a feature that a model was trained on.
    """
    n, h = len(vectors), len(horizons_days)
    by_horizon = {name: np.full((n, h), np.nan) for name in ("chance", "counts", "medians", "spend")}
    days, churn, future = np.full((n, 3), np.nan), np.full(n, np.nan), np.full(n, np.nan)
    weekday, hours = np.full((n, len(WEEKDAYS)), np.nan), np.full((n, len(HOURS)), np.nan)
    known = known_customers(vectors, summaries)
    by_label, missing = _models_by_label(models, definitions)

    for start in range(0, n, CHUNK):
        rows = slice(start, start + CHUNK)
        chunk = _Chunk(vectors.rows(rows), known[rows], horizons_days, {})
        chance = None
        if model := by_label.get(Label.NEXT_PURCHASE):
            curve = curves(model, chunk.inputs(model), chunk.known, horizons_days)
            chance, days[rows] = _chances_and_quantiles(model, curve, horizons_days, as_of)
            by_horizon["chance"][rows] = chance
            own_summaries = None if summaries is None else summaries.rows(rows)
            weekday[rows], hours[rows] = weekday_and_hours(model.manifest.habits, curve, own_summaries, as_of + local_offset_seconds)
        if model := by_label.get(Label.PURCHASE_COUNT):
            by_horizon["counts"][rows] = counts = _means(chunk, model, chance)
            if chance is not None:
                by_horizon["medians"][rows] = non_decreasing(median_counts(counts, chance, _spread(chunk, model)), horizons_days)
        if model := by_label.get(Label.SPEND):
            by_horizon["spend"][rows] = _means(chunk, model, None)
        if model := by_label.get(Label.CHURN):
            if model.manifest.label is Label.CHURN:
                churn[rows] = sigmoid(score(model, chunk.inputs(model), chunk.known))
            elif definitions.churn_days is not None:
                churn_days = (definitions.churn_days,)
                churn[rows] = 1.0 - curves(model, chunk.inputs(model), chunk.known, churn_days).chance(churn_days)[:, 0]
        if model := by_label.get(Label.FUTURE_LOYAL):
            future[rows] = sigmoid(score(model, chunk.inputs(model), chunk.known))

    loyal = loyal_now(definitions.loyal, vectors, as_of=as_of, summaries=summaries)
    return Predictions(
        customer_ids=vectors.customer_ids,
        as_of=as_of,
        horizons_days=horizons_days,
        p_purchase=by_horizon["chance"],
        days_to_next_p10=days[:, 0],
        days_to_next_median=days[:, 1],
        days_to_next_p90=days[:, 2],
        expected_purchases=by_horizon["counts"],
        median_purchases=by_horizon["medians"],
        expected_spend=by_horizon["spend"],
        churn_probability=churn,
        future_loyal_probability=future,
        state=states(vectors, loyal, definitions),
        known=known,
        missing=missing,
        models={str(label): model.digest for label, model in by_label.items()},
        weekday=weekday,
        hours=hours,
    )


def _models_by_label(models: ModelSet, definitions: Definitions) -> tuple[dict[Label, Model], dict[str, str]]:
    """Return the model of each label that has one, and why the others have none."""
    by_label = dict(models.models)
    missing = {
        str(label): sentence([label], models.unavailable[label]) if label in models.unavailable else NO_MODEL
        for label in Label
        if label not in by_label
    }
    curve = by_label.get(Label.NEXT_PURCHASE)
    churn = by_label.get(Label.CHURN)
    churn_days = definitions.churn_days
    if curve is not None and churn_days is not None and (churn is None or churn.manifest.horizon_days != churn_days):
        by_label[Label.CHURN] = curve
        missing.pop(str(Label.CHURN), None)
    elif churn is not None and churn_days is not None and churn.manifest.horizon_days != churn_days:
        del by_label[Label.CHURN]
        missing[str(Label.CHURN)] = f"trained for {churn.manifest.horizon_days:g} days, now {churn_days} are asked for; run `otokui train`"
    loyal = by_label.get(Label.FUTURE_LOYAL)
    if loyal is not None and loyal.manifest.loyal_rule != definitions.loyal:
        del by_label[Label.FUTURE_LOYAL]
        missing[str(Label.FUTURE_LOYAL)] = "trained on another rule of who is loyal; run `otokui train`"
    return by_label, missing
