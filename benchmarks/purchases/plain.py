"""Plain LightGBM as peer: RFM features at rolling cut-offs, one model a question.

Early stopping in time.

Where the question reaches further than the history permits a label for, it learns the longest horizon that fits three times, and the
count is
scaled in proportion to time, which is what its users do.
"""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np

from benchmarks.purchases.forecast import Forecast
from benchmarks.purchases.rows import Rows, rows_from
from otokui.domain import DAY, Instant
from otokui.frames import Floats

NAME = "plain LightGBM"
CUTOFFS = 6
SEED = 7
USUAL: dict[str, Any] = {
    "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 50, "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1,
    "seed": SEED, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip
TARGETS = {"chance": "binary", "mean": "poisson", "money": "tweedie", "days": "regression_l1"}


def _features(rows: Rows) -> Floats:
    """Recency, frequency, money, age, mean gap, recency over gap, and purchases and money of the last 30, 60 and 90 days."""
    gap = rows.last_days / np.maximum(rows.repeats, 1.0)
    columns = [rows.recency_days, rows.repeats, rows.paid, rows.age_days, rows.last_days, gap, rows.recency_days / np.maximum(gap, 1.0)]
    known = rows.known()
    before = known.before(rows.customers, rows.at)
    lately = [(before - known.before(rows.customers, rows.at - days * DAY)).astype(np.float64) for days in (30, 60, 90)]
    return np.stack([*columns, *lately, rows.paid / (rows.repeats + 1.0)], axis=1)


def plain(rows: Rows) -> Forecast:
    """Learn at cut-offs whose windows end before the origin, and predict at the origin."""
    known = rows.known()
    first = Instant(int(known.purchased_at.min()))
    observed = (rows.at - first) / DAY
    horizon = min(rows.horizon_days, int(observed // 3))
    latest = rows.at - horizon * DAY
    room = (latest - first) / DAY - max(28.0, 0.2 * observed)
    step = max(7.0, min(30.0, room / CUTOFFS))
    cutoffs = [Instant(int(latest - k * step * DAY)) for k in range(CUTOFFS) if k * step <= room]
    parts = [rows_from(known, at, horizon) for at in reversed(cutoffs)]
    matrix = np.concatenate([_features(part) for part in parts])
    newest = np.concatenate([np.full(len(part), k == len(parts) - 1) for k, part in enumerate(parts)])
    targets = {
        "chance": np.concatenate([part.bought.astype(np.float64) for part in parts]),
        "mean": np.concatenate([part.count for part in parts]),
        "money": np.concatenate([part.spend for part in parts]),
        "days": np.concatenate([part.days for part in parts]),
    }
    asked = _features(rows)
    said = {name: _fitted(matrix, target, newest, TARGETS[name], asked) for name, target in targets.items()}
    longer = rows.horizon_days / horizon
    chance = 1.0 - (1.0 - said["chance"]) ** longer
    median = np.round(said["mean"] * longer)
    return Forecast(NAME, chance, chance, said["mean"] * longer, median, said["money"], said["days"] if longer == 1.0 else None)


def _fitted(matrix: Floats, target: Floats, newest: Floats, objective: str, asked: Floats) -> Floats:
    params = USUAL | {"objective": objective}
    learn, held = lightgbm.Dataset(matrix[~newest], target[~newest]), lightgbm.Dataset(matrix[newest], target[newest])
    stopped = lightgbm.train(params, learn, 600, valid_sets=[held], callbacks=[lightgbm.early_stopping(40, verbose=False)])
    whole = lightgbm.train(params, lightgbm.Dataset(matrix, target), max(1, stopped.best_iteration))
    return np.asarray(whole.predict(asked), dtype=np.float64)
