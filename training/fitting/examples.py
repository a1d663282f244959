"""Training examples of one label: rows to learn from, held-out rows, and offsets.

Fit and tune share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import Instant, Label
from otokui.errors import NotEnoughData
from otokui.frames import Bools, Floats, Ints
from scoring.base_models.btyd import MbgNbd
from scoring.base_models.calibration import sigmoid
from scoring.model_files.booster_inputs import offset_of
from scoring.model_files.manifest import TrainingAverages
from training.boosting import cutoff_effects, survival_objective
from training.boosting.lightgbm_fit import TWEEDIE_POWER, Examples
from training.data.dataset import Rows, stack
from training.data.labels import Waiting, next_purchase
from training.data.minimum_data import shortage, span_shortage
from training.data.purchase_history import History
from training.data.time_splits import Split, split
from training.fitting.task import Task
from training.metrics import scores

LEAST_PROSPECTS = 20
THIRDS = 3


@dataclass(frozen=True, slots=True)
class SurvivalTargets:
    """Survival targets of the next purchase: waits, periods and intercepts.

    Periods as they are, and with each cut-off's level.
    """

    waiting: Waiting
    edges: tuple[float, ...]
    periods: survival_objective.Periods
    levelled: survival_objective.Periods
    intercepts: Floats


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Rows ready to boost, with pooled values, level trust and survival targets.

    examples: with each cut-off's level in their offset; pooled: for customers not on record; intercept: the shop's average departure from
    the base model; trust: share of a level seen once that counts; curve: the next purchase's targets.
    """

    rows: Rows
    examples: Examples
    pooled: TrainingAverages
    intercept: float
    trust: float
    curve: SurvivalTargets | None


@dataclass(frozen=True, slots=True)
class PreparedLabel:
    """Prepared label: training rows, held-out rows and the baseline's held-out loss.

    not_enough: what there was and what is needed; "" = there is enough.
    """

    label: Label
    split: Split
    rhythm: MbgNbd
    learn: TrainingRows
    held_out: TrainingRows
    baseline: float
    not_enough: str

    @property
    def enough(self) -> bool:
        """Whether trees may be grown."""
        return not self.not_enough


def _pooled(task: Task, label: Label, rows: Rows) -> TrainingAverages:
    value, weight = task.order_value()
    mean = float(rows.target.mean())
    never = ~rows.inputs.btyd.bought
    # Half an event more, so that a shop whose prospects never bought is not promised that they never will.
    prospect = (float(rows.target[never].sum()) + 0.5 * mean) / (float(never.sum()) + 0.5)
    if label in (Label.CHURN, Label.FUTURE_LOYAL):
        mean, prospect = float(np.clip(mean, 1e-6, 1 - 1e-6)), float(np.clip(prospect, 1e-6, 1 - 1e-6))
    return TrainingAverages(mean=mean, prospect_mean=prospect, order_value=value, order_value_weight=weight)


def _curve_part(
    task: Task, rows: Rows, until: Instant, history: History, edges: tuple[float, ...], learnt: TrainingRows | None
) -> TrainingRows:
    waiting = next_purchase(history, rows.customers, rows.cutoffs, until)
    observed = survival_objective.observed_days(rows.cutoffs, until)
    if learnt is None:
        everybody = survival_objective.pooled_hazards(waiting.days, waiting.bought, observed, edges)
        never = ~rows.inputs.btyd.bought
        enough = int(never.sum()) >= LEAST_PROSPECTS
        prospects = (
            survival_objective.pooled_hazards(waiting.days[never], waiting.bought[never], observed[never], edges) if enough else everybody
        )
        pooled = _pooled(task, Label.NEXT_PURCHASE, rows).model_copy(
            update={"hazards": tuple(map(float, everybody)), "prospect_hazards": tuple(map(float, prospects))}
        )
    else:
        pooled = learnt.pooled
    periods = survival_objective.periods_of(
        waiting.days, waiting.bought, observed, rows.inputs.btyd, edges, np.asarray(pooled.prospect_hazards)
    )
    intercepts = survival_objective.fit_intercepts(periods) if learnt is None or learnt.curve is None else learnt.curve.intercepts
    levelled, effects = survival_objective.without_levels(periods, intercepts, rows.cutoffs)
    examples = Examples(
        rows.inputs.matrix,
        np.zeros(len(rows)),
        None,
        survival_objective.objective(levelled, intercepts),
        survival_objective.held_out_loss(levelled, intercepts),
        rows.cutoffs,
    )
    trust = cutoff_effects.trust(cutoff_effects.scatter(effects, rows.cutoffs))
    return TrainingRows(rows, examples, pooled, 0.0, trust, SurvivalTargets(waiting, edges, periods, levelled, intercepts))


def _scalar_part(task: Task, label: Label, rows: Rows, learnt: TrainingRows | None) -> TrainingRows:
    pooled = _pooled(task, label, rows) if learnt is None else learnt.pooled
    if label is Label.FUTURE_LOYAL:
        # How many are loyal grows with age, which is no season: no rhythm, no level of the cut-off.
        return TrainingRows(rows, _plain(rows), pooled, 0.0, cutoff_effects.trust(cutoff_effects.USUAL_SCATTER), None)
    # Money in units of one average purchase, so that regularisation does not depend on the currency.
    unit = pooled.order_value if label is Label.SPEND else 1.0
    offset = offset_of(label, rows.inputs, pooled, task.horizon(label)) - np.log(unit)
    target, logistic = rows.target / unit, label is Label.CHURN
    intercept = cutoff_effects.shift(offset, target, 0.0, logistic=logistic) if learnt is None else learnt.intercept
    effects = cutoff_effects.shifts(offset, target, rows.cutoffs, intercept, logistic=logistic)
    trust = cutoff_effects.trust(cutoff_effects.scatter(effects, rows.cutoffs))
    examples = replace(_plain(rows), target=target, offset=offset + intercept + effects)
    return TrainingRows(rows, examples, pooled, intercept, trust, None)


def _plain(rows: Rows) -> Examples:
    return Examples(rows.inputs.matrix, rows.target, None, cutoffs=rows.cutoffs)


def part_of(
    task: Task, label: Label, rows: Rows, until: Instant, history: History, edges: tuple[float, ...], learnt: TrainingRows | None
) -> TrainingRows:
    """Return rows ready to boost, with their pooled values and intercepts.

    They are learnt here, or taken from ``learnt``.
    """
    if label is Label.NEXT_PURCHASE:
        return _curve_part(task, rows, until, history, edges, learnt)
    return _scalar_part(task, label, rows, learnt)


def stacked(
    task: Task, label: Label, cutoffs: Sequence[Instant], history: History, rhythm: MbgNbd, *, thirds: tuple[int, ...] | None = None
) -> Rows:
    """Return the rows of some cut-offs; ``thirds`` keeps only customers of those thirds."""

    def keep(groups: Ints) -> Bools:
        return np.isin(groups % THIRDS, np.array(thirds or (), dtype=np.int64))

    return stack(
        task.at(cutoffs),
        history,
        lambda known, customers, cutoff: task.target(label, known, customers, cutoff),
        rhythm,
        seed=task.settings.seed,
        keep=keep if thirds is not None else None,
    )


def edges_of(task: Task, rows: Rows) -> tuple[float, ...]:
    """Return the periods that the rows can show."""
    waiting = next_purchase(task.history, rows.customers, rows.cutoffs, task.train_through)
    return survival_objective.choose_edges(waiting.days, waiting.bought, survival_objective.observed_days(rows.cutoffs, task.train_through))


def split_of(task: Task, label: Label) -> Split:
    """Return the cut-offs of a label.

    The next purchase learns from every earlier cut-off, censored or not.
    """
    division = split(task.cutoffs, task.train_through, task.horizon(label))
    if label is not Label.NEXT_PURCHASE:
        return division
    earlier = tuple(at for at in task.cutoffs if at < division.held_out)
    return Split(earlier or division.learn, division.held_out, task.cutoffs, by_customer=not earlier)


def prepare(task: Task, label: Label, *, third: int = 0) -> PreparedLabel:
    """Return the training and held-out rows of a label.

    third: of the customers, held out where no cut-off can be.

    Raises:
        NotEnoughData: no window, or nobody to learn from or to judge on; or, where no rhythm can stand in (future loyal), fewer
            customers than ``min_customers`` or fewer than ``min_positives`` examples of an outcome.
    """
    if task.cutoffs[0] >= task.train_through:  # the plan found no room for a window (`training.data.time_splits`)
        raise NotEnoughData(span_shortage(task.observed_days), fix="wait, or bring older records")
    division = split_of(task, label)
    rhythm = task.rhythm(division.held_out)
    until = task.train_through if division.by_customer else division.held_out
    before = task.history.known_before(until)
    others = tuple(each for each in range(THIRDS) if each != third)
    learn_rows = stacked(task, label, division.learn, before, rhythm, thirds=others if division.by_customer else None)
    held_rows = stacked(task, label, [division.held_out], task.history, rhythm, thirds=(third,) if division.by_customer else None)
    not_enough = shortage(label, learn_rows, held_rows, task.settings)
    if not len(held_rows) or not len(learn_rows) or (not_enough and label is Label.FUTURE_LOYAL):
        raise NotEnoughData(not_enough, fix="bring more customers or older records; [definitions] and [training] say what is asked for")
    edges = edges_of(task, stacked(task, label, division.final, task.history, rhythm)) if label is Label.NEXT_PURCHASE else ()
    learn = part_of(task, label, learn_rows, until, before, edges, None)
    held_out = part_of(task, label, held_rows, task.train_through, task.history, edges, learn)
    return PreparedLabel(label, division, rhythm, learn, held_out, _baseline(label, learn, held_out), not_enough)


def row_losses(label: Label, part: TrainingRows, raw: Floats) -> Floats:
    """Return the proper loss of each row from raw scores, shape (n,).

    Levels of cut-offs count as known.
    """
    if part.curve is not None:
        return survival_objective.row_losses(part.curve.levelled, part.curve.levelled.odds(part.curve.intercepts, raw))
    score = raw if part.examples.offset is None else raw + part.examples.offset
    return losses_of(label, score, part.examples.target)


def losses_of(label: Label, score: Floats, target: Floats) -> Floats:
    """Return the proper loss of each row from log means or log odds, shape (n,)."""
    if label is Label.PURCHASE_COUNT:
        return scores.poisson_losses(np.exp(np.minimum(score, 30.0)), target)
    if label is Label.SPEND:
        return scores.tweedie_losses(np.exp(np.minimum(score, 60.0)), target, TWEEDIE_POWER)
    return scores.log_losses(sigmoid(score), target)


def _baseline(label: Label, learn: TrainingRows, held_out: TrainingRows) -> float:
    """Return the held-out loss of the offset alone; of the learnt share for future loyal, which has no offset."""
    if label is Label.FUTURE_LOYAL:
        return scores.log_loss(np.full(len(held_out.rows), learn.pooled.mean), held_out.rows.target)
    zero = np.zeros((len(held_out.rows), 2)) if held_out.curve is not None else np.zeros(len(held_out.rows))
    return float(row_losses(label, held_out, zero).mean())
