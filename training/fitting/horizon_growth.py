"""Growth of counts by horizon, measured against the base model at the reference horizon."""

from __future__ import annotations

import numpy as np

from otokui.domain import DAY
from otokui.frames import Bools, Floats
from scoring.model_files.loader import Model
from scoring.model_files.manifest import HorizonGrowth
from scoring.next_purchase.horizon_counts import growth_shares
from scoring.predict import score
from training.data.labels import purchase_count
from training.fitting.examples import TrainingRows
from training.fitting.task import Task

HORIZONS = (7, 14, 30, 60, 90, 180, 365)
PRIOR_EVENTS = 100.0
BOUNDS = (0.5, 2.0)


def growth_of(task: Task, part: TrainingRows, model: Model) -> tuple[HorizonGrowth, ...]:
    """Return a growth factor for each horizon that some cut-offs observed whole.

    It is 1 at the reference horizon.

    Said and done are compared on the same rows at both horizons, so a model that is off as a whole does not show up
    here; few purchases move a factor little.
    """
    rows = part.rows
    outlook = rows.inputs.btyd
    mean = np.exp(np.minimum(score(model, rows.inputs, np.ones(len(rows), dtype=np.bool_)), 60.0))
    count_like = mean / part.pooled.order_value if model.manifest.label.value == "spend" else mean
    reference = float(model.manifest.horizon_days)
    growth = []
    for horizon in HORIZONS:
        if horizon == reference:
            growth.append(HorizonGrowth(days=reference, factor=1.0))
            continue
        seen = (rows.cutoffs + max(horizon, reference) * DAY <= task.train_through) & outlook.bought
        if not seen.any():
            continue
        shares = growth_shares(outlook, (), reference, (horizon,), outlook.bought)[:, 0]
        weight = count_like[seen]
        factor = _ratio(task, part, seen, float(horizon), weight * shares[seen]) / _ratio(task, part, seen, reference, weight)
        growth.append(HorizonGrowth(days=float(horizon), factor=float(np.clip(factor, *BOUNDS))))
    return tuple(sorted(growth, key=lambda g: g.days))


def _ratio(task: Task, part: TrainingRows, seen: Bools, days: float, predicted: Floats) -> float:
    """Return done over said, drawn towards 1 by PRIOR_EVENTS."""
    done = purchase_count(task.history, part.rows.customers[seen], part.rows.cutoffs[seen], days)
    scale = float(done.sum()) / max(float(predicted.sum()), 1e-9)
    trust = float(done.sum()) / (float(done.sum()) + PRIOR_EVENTS)
    return float(np.exp(trust * np.log(max(scale, 1e-3))))
