"""Scores of predicted weekday and hours on held-out customers, beside the shop's shares.

Judged by the function that serves (`scoring.next_purchase.time_of_week`): the curve of a model that has not seen them, and habits learnt
from the purchases known before their cut-off, customers' own counts included. Later purchases only tell what came. No booster is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from otokui.domain import DAY, offset_seconds
from otokui.frames import Batch, Floats, Ints
from scoring.base_models.purchase_times import HOURS, WEEKDAYS
from scoring.model_files.booster_inputs import inputs_of
from scoring.model_files.loader import Model
from scoring.next_purchase.time_of_week import WITHIN_DAYS, weekday_and_hours
from scoring.predict import curves
from training.btyd.purchase_times import cells_of, counts_of, fit_habits
from training.fitting.examples import PreparedLabel
from training.fitting.task import Task
from training.metrics import scores
from training.metrics.label_metrics import LEAST_SLICE, Metrics

MOST_CUSTOMERS = 5_000
"""Customers whose habits are looked at here, so that judging costs seconds; the model's own come from ten times as many."""
SMOOTHING = 0.5
"""Purchases added to each weekday and span of the shop, so that none is impossible."""


def of_moment(task: Task, prepared: PreparedLabel, models: Sequence[Model], judges: Ints) -> Metrics:
    """Return the log loss of weekday and hours, beside that of the shop's shares.

    Over customers who bought within WITHIN_DAYS.

    judges: (n,) by which of the models each held-out row is judged. Nothing where the cut-off was not observed for so long, or where
    fewer than LEAST_SLICE customers bought.
    """
    part, at = prepared.held_out, prepared.split.held_out
    assert part.curve is not None
    waiting = part.curve.waiting
    came = np.nonzero(waiting.bought & (waiting.days < WITHIN_DAYS))[0]
    if at + WITHIN_DAYS * DAY > task.train_through or len(came) < LEAST_SLICE:
        return {}
    before = task.history.known_before(at)
    counts = counts_of(before, task.timezone)
    chance = _probabilities(task, prepared, models, judges[came], came, np.hstack(counts)[part.rows.customers[came]])
    first = task.history.purchased_at[task.history.before(part.rows.customers[came], at)]
    out: Metrics = {"moment_rows": float(len(came))}
    for name, probabilities, cell, counted in zip(("weekday", "hours"), chance, cells_of(first, task.timezone), counts, strict=True):
        shares = counted.sum(axis=0) + SMOOTHING
        out[f"{name}_log_loss"] = scores.log_loss(probabilities, cell)
        out[f"{name}_log_loss_of_shares"] = scores.log_loss(np.tile(shares / shares.sum(), (len(cell), 1)), cell)
    return out


def _probabilities(
    task: Task, prepared: PreparedLabel, models: Sequence[Model], judges: Ints, rows: Ints, counts: Floats
) -> tuple[Floats, Floats]:
    """Return the chances of weekday (c, 7) and hours (c, 8) of some held-out rows (c,), whose own counts are (c, 15)."""
    at, names = prepared.split.held_out, (*WEEKDAYS, *HOURS)
    habits = fit_habits(task.history.known_before(at), task.timezone, seed=task.settings.seed, most=MOST_CUSTOMERS)
    vectors = prepared.held_out.rows.inputs.vectors.rows(rows)
    weekday, hours = np.empty((len(rows), len(WEEKDAYS))), np.empty((len(rows), len(HOURS)))
    for k, model in enumerate(models):
        mine = np.nonzero(judges == k)[0]
        selected = vectors.rows(mine)
        curve = curves(
            model, inputs_of(selected, model.manifest.rhythm, model.manifest.features), np.ones(len(mine), dtype=np.bool_), (WITHIN_DAYS,)
        )
        summaries = Batch(selected.customer_ids, names, counts[mine])
        weekday[mine], hours[mine] = weekday_and_hours(habits, curve, summaries, at + offset_seconds(task.timezone, at))
    return weekday, hours
