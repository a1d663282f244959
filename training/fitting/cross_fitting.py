"""Cross-fitting by customer: each third is held out in turn, where no cut-off can be.

One third alone is a few thousand rows in a small shop, and a model of the other two is another than the one that is served: rounds,
sizes of trees and calibration learnt so fit badly what has learnt from all. Out-of-fold scores of everybody are three times the
evidence and come from three models (Stone, J. R. Stat. Soc. B 1974). Where a cut-off is held out, it is the newest, and there is but one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from otokui.errors import NotEnoughData
from otokui.frames import Ints
from training.fitting.examples import THIRDS, PreparedLabel, part_of, prepare, stacked
from training.fitting.task import Task


@dataclass(frozen=True, slots=True)
class Crossed:
    """One or three folds of a label, and their held-out rows together.

    whole: as the first fold, but what it holds out (n rows) are the held-out rows of all; fold: (n,) which fold holds a row out.
    """

    folds: tuple[PreparedLabel, ...]
    whole: PreparedLabel
    fold: Ints

    @property
    def judges(self) -> Ints:
        """Return the fold that judges each held-out row, (n,).

        With a single fold it is one half of the customers.
        """
        return self.fold if len(self.folds) > 1 else (self.whole.held_out.rows.groups // THIRDS) % 2


def alone(prepared: PreparedLabel) -> Crossed:
    """Return one fold as it stands."""
    return Crossed((prepared,), prepared, np.zeros(len(prepared.held_out.rows), dtype=np.int64))


def crossed(task: Task, prepared: PreparedLabel) -> Crossed:
    """Return the folds of a label for cross-fitting.

    The label itself where a cut-off is held out, else one fold for each third of the customers.

    Alone as well where another third leaves too few to learn from.
    """
    if not prepared.split.by_customer:
        return alone(prepared)
    try:
        folds = (prepared, *(prepare(task, prepared.label, third=third) for third in range(1, THIRDS)))
    except NotEnoughData:
        return alone(prepared)
    label, division = prepared.label, prepared.split
    edges = prepared.learn.curve.edges if prepared.learn.curve is not None else ()
    rows = stacked(task, label, [division.held_out], task.history, prepared.rhythm)
    part = part_of(task, label, rows, task.train_through, task.history, edges, prepared.learn)
    return Crossed(folds, replace(prepared, held_out=part), rows.groups % THIRDS)
