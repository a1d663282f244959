"""Boosted residual of an effect: LightGBM beyond the linear part, confirmed out of fold.

Pseudo-outcomes are nearly all noise, so trees are small, leaves are large, and the number of rounds is what held-out
rows ask for; that is often none. What is returned for the rows learnt from is always of a booster that has not seen
their customer, so the weight it gets afterwards is judged fairly.
"""

from __future__ import annotations

import lightgbm
import numpy as np

from otokui.frames import Floats, Ints

STEPS = (10, 20, 40, 80)
LEAST_ROWS = 2_000
_LEAF_SHARE = 0.04
_PARAMS: dict[str, object] = {
    "objective": "regression",
    "num_leaves": 6,
    "learning_rate": 0.05,
    "lambda_l2": 100.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


def boosted_beyond(scaled: Floats, rest: Floats, weight: Floats, fold: Ints, seed: int) -> tuple[lightgbm.Booster | None, Floats | None]:
    """Return a booster of the residual ``rest`` (n,), and its out-of-fold predictions.

    None where no booster helps.
    """
    if len(rest) < LEAST_ROWS:
        return None, None
    predicted = np.zeros((len(STEPS), len(rest)))
    for held in np.unique(fold):
        there = fold == held
        booster = _fit(scaled[~there], rest[~there], weight[~there], STEPS[-1], seed)
        for step, rounds in enumerate(STEPS):
            predicted[step, there] = np.asarray(booster.predict(scaled[there], num_iteration=rounds, num_threads=1))
    losses = (weight * (rest - predicted) ** 2).mean(axis=1)
    best = int(losses.argmin())
    if losses[best] >= float((weight * rest**2).mean()):
        return None, None
    return _fit(scaled, rest, weight, STEPS[best], seed), predicted[best]


def _fit(scaled: Floats, rest: Floats, weight: Floats, rounds: int, seed: int) -> lightgbm.Booster:
    params = _PARAMS | {"seed": seed, "min_data_in_leaf": max(50, round(_LEAF_SHARE * len(rest)))}
    return lightgbm.train(params, lightgbm.Dataset(scaled, rest, weight=weight, params=params), num_boost_round=rounds)
