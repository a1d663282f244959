"""Reward model: expected reward of each action, for doubly robust evaluation.

Cross-fitted: nobody's reward is predicted by a model that saw it, or that of the same customer; else the correction
would look smaller than it is (Chernozhukov et al. 2018). The model may be wrong, for it is corrected; the better it
is, the narrower the interval.
"""

from __future__ import annotations

from typing import Final

import lightgbm
import numpy as np

from otokui.frames import Bools, Floats, Ints

_PARAMS: Final = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 10.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_SHRINKAGE: Final = 50.0  # decisions that an action's own mean has to outweigh
_CELLS: Final = 500_000  # rows predicted at once


def cross_fitted(
    features: Floats,
    actions: Ints,
    rewards: Floats,
    groups: Ints,
    count: int,
    *,
    seed: int,
    cells: Bools | None = None,
    folds: int = 5,
    rounds: int = 100,
    threads: int = 1,
) -> Floats:
    """Return cross-fitted expected rewards of every action, (n, count).

    Each by a model that did not see the customer.

    Args:
        features: (n, F) what was known when it was decided, NaN where nothing was.
        actions: (n,) what was done; rewards: (n,) what came of it.
        groups: (n,) whose decision it was: a customer falls into one fold whole.
        count: actions in all.
        seed: of the folds.
        cells: (n, count) where a prediction is needed; elsewhere 0 is returned.
        folds: models made; rounds: trees of each; threads: LightGBM's.
    """
    _, place = np.unique(groups, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(int(place.max()) + 1)[place] % folds
    out = np.zeros((len(rewards), count))
    needed = np.ones(out.shape, dtype=bool) if cells is None else cells
    for held in range(folds):
        seen, rows = fold != held, np.flatnonzero(fold == held)
        if not seen.any() or not len(rows):
            continue
        offset, effect = _effects(actions[seen], rewards[seen], count)
        table = lightgbm.Dataset(
            np.column_stack([features[seen], effect[actions[seen]], actions[seen]]),
            label=rewards[seen] - offset,
            categorical_feature=[features.shape[1] + 1],
            params={"verbosity": -1, "max_bin": 127},
            free_raw_data=True,
        )
        model = lightgbm.train({**_PARAMS, "num_threads": threads, "seed": seed}, table, num_boost_round=rounds)
        which, action = np.nonzero(needed[rows])
        for begin in range(0, len(which), _CELLS):
            part = slice(begin, begin + _CELLS)
            at, what = rows[which[part]], action[part]
            matrix = np.column_stack([features[at], effect[what], what])
            out[at, what] = offset + np.asarray(model.predict(matrix, num_threads=threads))
    return out


def _effects(actions: Ints, rewards: Floats, count: int) -> tuple[float, Floats]:
    """Return the mean reward, and by how much each action's own mean departs from it, shrunk where there is little of it."""
    mean = float(rewards.mean())
    times = np.bincount(actions, minlength=count).astype(np.float64)
    effect: Floats = np.bincount(actions, weights=rewards - mean, minlength=count) / (times + _SHRINKAGE)
    return mean, effect
