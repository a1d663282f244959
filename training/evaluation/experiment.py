"""Experiments of a data scientist on training's own rows and held-out customers.

A feature, parameters or another learner altogether: each is fitted without the held-out cut-off and compared there with what
stands, customer by customer, by the loss and the interval that the promotion gate uses. Nothing is registered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import Label
from otokui.errors import BadInput
from otokui.frames import Batch, Floats
from training.boosting.lightgbm_fit import Params
from training.fitting.cross_fitting import alone
from training.fitting.examples import PreparedLabel, losses_of, prepare
from training.fitting.held_out_fit import hold_out
from training.fitting.task import Task
from training.promotion_gate import paired_difference


@dataclass(frozen=True, slots=True)
class ExperimentResult:
    """Held-out losses of the standing model and of an experiment, with their difference.

    The difference has its 95% interval over customers; negative = better.
    """

    label: Label
    rows: int
    standing: float
    idea: float
    difference: float
    low: float
    high: float

    def __str__(self) -> str:
        says = "better beyond chance" if self.high < 0.0 else "worse beyond chance" if self.low > 0.0 else "cannot be told apart"
        return (
            f"{self.label}, {self.rows:,} held-out rows: loss {self.standing:.5f} -> {self.idea:.5f}, "
            f"difference {self.difference:+.5f} [{self.low:+.5f}, {self.high:+.5f}]: {says}"
        )


def with_feature(task: Task, name: str, column: Callable[[Batch], Floats]) -> Task:
    """Return the task with one more feature.

    ``column`` makes it (n,) from the vectors of a cut-off, NaN = unknown.

    Raises:
        BadInput: there is a feature of that name, or the column has another shape.
    """
    if name in task.names:
        raise BadInput(f"{name!r} is a feature already", fix="choose another name")
    return replace(task, datasets=tuple(replace(each, vectors=_beside(each.vectors, name, column)) for each in task.datasets))


def try_feature(task: Task, label: Label, name: str, column: Callable[[Batch], Floats], params: Params | None = None) -> ExperimentResult:
    """Return the comparison of the same method with and without one more feature."""
    prepared = prepare(task, label)
    richer = with_feature(task, name, column)
    return _compared(prepared, _losses(task, prepared, params), _losses(richer, prepare(richer, label), params), task)


def try_params(task: Task, label: Label, params: Params, standing: Params | None = None) -> ExperimentResult:
    """Return the comparison of the same method with other LightGBM parameters."""
    prepared = prepare(task, label)
    return _compared(prepared, _losses(task, prepared, standing), _losses(task, prepared, params), task)


def try_scores(task: Task, prepared: PreparedLabel, scores: Floats, params: Params | None = None) -> ExperimentResult:
    """Return the comparison with another learner by its scores on ``prepared.held_out.rows``, shape (n,).

    scores: log odds of churn and future loyal; log mean of counts, and of spend in money.

    Raises:
        BadInput: the label is the next purchase, whose prediction is a curve; or the scores have another shape.
    """
    if prepared.label is Label.NEXT_PURCHASE:
        raise BadInput("the next purchase is predicted as a curve, not as one score", fix="try churn, whose score is a chance")
    if scores.shape != (len(prepared.held_out.rows),):
        raise BadInput(f"scores have the shape {scores.shape}, not ({len(prepared.held_out.rows)},)", fix="score prepared.held_out.rows")
    unit = np.log(prepared.held_out.pooled.order_value) if prepared.label is Label.SPEND else 0.0
    theirs = losses_of(prepared.label, scores - unit, prepared.held_out.examples.target)
    return _compared(prepared, _losses(task, prepared, params), theirs, task)


def _losses(task: Task, prepared: PreparedLabel, params: Params | None) -> Floats:
    return hold_out(task, alone(prepared), params, pictures=False).judged.losses


def _compared(prepared: PreparedLabel, standing: Floats, idea: Floats, task: Task) -> ExperimentResult:
    difference, low, high = paired_difference(idea, standing, prepared.held_out.rows.groups, seed=task.settings.seed)
    return ExperimentResult(prepared.label, len(standing), float(standing.mean()), float(idea.mean()), difference, low, high)


def _beside(vectors: Batch, name: str, column: Callable[[Batch], Floats]) -> Batch:
    values = np.asarray(column(vectors), dtype=np.float64)
    if values.shape != (len(vectors),):
        raise BadInput(f"the column {name!r} has the shape {values.shape}, not ({len(vectors)},)", fix="return one value a customer")
    return Batch(vectors.customer_ids, (*vectors.names, name), np.column_stack([vectors.values, values]))
