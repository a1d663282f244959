"""Rolling-origin evaluation: figures of a label's models at successive cut-offs.

A single held-out month says little about the next.

Two questions with one answer's shape. `rolling_origins` asks how the method does: at each of the newest cut-offs
the model is fitted anew on what was known by the end of that cut-off's window, the window held out. `at_cutoffs`
asks how given models do, and says of each cut-off whether the model had learnt from records after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import DAY, Instant, Label
from otokui.errors import NotEnoughData
from otokui.ports.models import ModelFiles
from training.boosting.lightgbm_fit import Params
from training.fitting.cross_fitting import alone
from training.fitting.examples import part_of, prepare, stacked
from training.fitting.fit import comparable
from training.fitting.held_out_fit import hold_out
from training.fitting.held_out_scores import Judged, held_out_figures
from training.fitting.task import Task
from training.metrics.label_metrics import Metrics


@dataclass(frozen=True, slots=True)
class AtCutoff:
    """Figures of a model on the customers of one cut-off, and by kind of customer.

    seen: the model has learnt from records at or after the cut-off, so its figures flatter it.
    """

    cutoff: Instant
    rows: int
    seen: bool
    metrics: Metrics
    slices: Mapping[str, Metrics]


def rolling_origins(task: Task, label: Label, params: Params | None, origins: int) -> list[AtCutoff]:
    """Return metrics at up to ``origins`` earlier cut-offs, oldest first.

    They lie before the one that `fit` holds out.

    Each time only cut-offs and purchases known by the end of the window are there, as if training had been run then.
    Fewer come back where the history does not reach so far.
    """
    window = int(task.horizon(label) * DAY)
    whole = [at for at in task.cutoffs if at + window <= task.train_through]
    results: list[AtCutoff] = []
    for origin in reversed(whole[max(0, len(whole) - 1 - origins) : -1]):
        then = _as_of(task, Instant(origin + window))
        try:
            prepared = prepare(then, label)
        except NotEnoughData:
            break
        if prepared.split.by_customer:
            break  # no earlier window has ended: that would be another question
        results.append(_at(origin, hold_out(then, alone(prepared), params, pictures=False).judged, seen=False))
    return results[::-1]


def at_cutoffs(task: Task, label: Label, files: Mapping[str, ModelFiles]) -> dict[str, list[AtCutoff]]:
    """Return the figures of each model at every cut-off whose window has ended, oldest first.

    A model that cannot be compared is left out: it does not load, knows other features, or answers another question.

    Raises:
        NotEnoughData: the label cannot be judged on this history.
    """
    prepared = prepare(task, label)
    models = {name: model for name, each in files.items() if (model := comparable(task, label, each)) is not None}
    edges = prepared.learn.curve.edges if prepared.learn.curve is not None else ()
    out: dict[str, list[AtCutoff]] = {name: [] for name in models}
    for cutoff in prepared.split.final:
        rows = stacked(task, label, [cutoff], task.history, prepared.rhythm)
        if not len(rows):
            continue
        here = replace(prepared, held_out=part_of(task, label, rows, task.train_through, task.history, edges, prepared.learn))
        for name, model in models.items():
            judged = held_out_figures(here, [model], np.zeros(len(rows), dtype=np.int64), pictures=False)
            out[name].append(_at(cutoff, judged, seen=model.manifest.trained_through > cutoff))
    return out


def _as_of(task: Task, through: Instant) -> Task:
    """Return the task as it would have been at ``through``."""
    datasets = tuple(each for each in task.datasets if each.cutoff.at < through)
    return replace(task, datasets=datasets, history=task.history.known_before(through), train_through=through, rhythms={})


def _at(cutoff: Instant, judged: Judged, *, seen: bool) -> AtCutoff:
    return AtCutoff(cutoff, len(judged.losses), seen, dict(judged.metrics) | {"loss": float(judged.losses.mean())}, judged.slices)
