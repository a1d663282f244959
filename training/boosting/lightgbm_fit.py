"""LightGBM fits with reproducible bytes: parameters by shop size, early stopping, empty models.

Boosting starts from the rhythm's offset, so each tree is a correction; where corrections do not
help on the held-out rows, none are made, and the pooled rhythm stands (mission P9).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import lightgbm
import numpy as np

from otokui.domain import Label
from otokui.frames import Floats, Floats32, Ints
from otokui.settings.training import Training
from scoring.base_models.btyd import EXTRA
from training.boosting.bagging import averaged

Params = Mapping[str, str | int | float | bool]
PATIENCE = 40
ROWS_A_THREAD = 20_000
"""Fewer rows than this a thread are boosted faster by fewer threads: on a busy machine they wait for one another 15 times as long."""
TWEEDIE_POWER = 1.4
OBJECTIVES: dict[Label, dict[str, str | int | float | bool]] = {
    Label.NEXT_PURCHASE: {"num_class": 2, "metric": "None"},
    Label.PURCHASE_COUNT: {"objective": "poisson", "metric": "poisson", "poisson_max_delta_step": 0.7},
    Label.SPEND: {"objective": "tweedie", "metric": "tweedie", "tweedie_variance_power": TWEEDIE_POWER},
    Label.CHURN: {"objective": "binary", "metric": "binary_logloss"},
    Label.FUTURE_LOYAL: {"objective": "binary", "metric": "binary_logloss"},
}


@dataclass(frozen=True, slots=True)
class Examples:
    """Input of a booster: matrix (n, F), target (n,), offset (n,).

    For the hazard, also its custom objective and evaluation.
    """

    matrix: Floats32
    target: Floats
    offset: Floats | None
    gradients: Callable[[Floats, lightgbm.Dataset], tuple[Floats, Floats]] | None = None
    evaluation: Callable[[Floats, lightgbm.Dataset], tuple[str, float, bool]] | None = None
    cutoffs: Ints | None = None


@dataclass(frozen=True, slots=True)
class Boosted:
    """Booster with its rounds, held-out losses by round, and the rounds of its parts.

    Losses are empty without early stopping.
    """

    booster: lightgbm.Booster
    rounds: int
    learning: tuple[float, ...] = field(default=())
    parts: tuple[int, ...] = field(default=())


def categorical(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the features that are codes without order."""
    return tuple(name for name in names if name.endswith("_code"))


def parameters(
    label: Label, settings: Training, rows: int, cutoffs: int, tuned: Params | None = None
) -> dict[str, str | int | float | bool]:
    """Return LightGBM's parameters for so many rows.

    The same customer stands at every cut-off, so a leaf needs more rows than one cut-off would ask for, and a
    small shop gets small trees.
    """
    customers = rows / max(1, cutoffs)
    least = int(np.clip(5.0 * math.sqrt(rows / 100.0), 20, 400))
    return {
        **OBJECTIVES[label],
        "learning_rate": settings.learning_rate,
        "num_leaves": int(np.clip(customers / 60.0, 4, settings.num_leaves)),
        "min_data_in_leaf": least,
        "min_sum_hessian_in_leaf": 1.0,
        "lambda_l2": 10.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "max_bin": 127,
        "cat_smooth": 30.0,
        "cat_l2": 30.0,
        "max_cat_threshold": 16,
        "min_data_per_group": least,
        "extra_trees": False,
        **(tuned or {}),
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": int(np.clip(rows // ROWS_A_THREAD, 1, settings.threads)),
        "verbosity": -1,
    }


def _dataset(examples: Examples, names: tuple[str, ...], reference: lightgbm.Dataset | None, params: Params) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        examples.matrix,
        label=examples.target,
        init_score=examples.offset,
        reference=reference,
        feature_name=[*names, *EXTRA],
        categorical_feature=[names.index(name) for name in categorical(names)],
        params=dict(params),
        free_raw_data=True,
    )


def boost(
    examples: Examples,
    names: tuple[str, ...],
    params: Params,
    rounds: int,
    held_out: Examples | None = None,
    callbacks: list[Callable[[lightgbm.callback.CallbackEnv], None]] | None = None,
) -> Boosted:
    """Fit a booster, with early stopping where there are ``held_out`` rows."""
    using = dict(params)
    if examples.gradients is not None:
        using["objective"] = examples.gradients  # type: ignore[assignment]
    learning: dict[str, dict[str, list[float]]] = {}
    extra: list[Callable[[lightgbm.callback.CallbackEnv], None]] = list(callbacks or [])
    data = _dataset(examples, names, None, params)
    valid = []
    if held_out is not None:
        valid = [_dataset(held_out, names, data, params)]
        extra += [lightgbm.early_stopping(PATIENCE, verbose=False), lightgbm.record_evaluation(learning)]
    using["feature_contri"] = usable(examples)  # type: ignore[assignment]
    booster = lightgbm.train(
        using, data, num_boost_round=rounds, valid_sets=valid, feval=held_out.evaluation if held_out is not None else None, callbacks=extra
    )
    curve = next(iter(next(iter(learning.values())).values())) if learning else []
    best = booster.best_iteration if held_out is not None and booster.best_iteration > 0 else booster.current_iteration()
    return Boosted(booster, int(best), tuple(map(float, curve)))


def bagged(
    examples: Examples,
    names: tuple[str, ...],
    params: Params,
    rounds: Sequence[int],
    held_out: Examples | None = None,
    *,
    begun: Sequence[Boosted] = (),
) -> Boosted:
    """Fit one booster for each of ``rounds`` by consecutive seeds, and average them.

    ``rounds`` are the most that each may have.

    begun: the first of them, where they have been fitted already.
    """
    left = list(enumerate(rounds))[len(begun) :]
    each = [*begun, *(boost(examples, names, {**params, "seed": int(float(params["seed"])) + k}, limit, held_out) for k, limit in left)]
    parts = tuple(one.rounds for one in each)
    booster = averaged([(one.booster, one.rounds) for one in each])
    return Boosted(booster, sum(max(1, part) for part in parts), each[0].learning, parts)


def usable(examples: Examples) -> list[float]:
    """Return the factor of LightGBM's gain by column: 1.0 or 0.0.

    It is 1.0 for each column that differs between customers of a cut-off.

    What is the same for everybody at a cut-off (the month) tells cut-offs apart, not customers, and a dozen
    cut-offs teach no season.
    """
    columns = examples.matrix.shape[1]
    if examples.cutoffs is None:
        return [1.0] * columns
    varies = np.zeros(columns, dtype=np.bool_)
    for cutoff in np.unique(examples.cutoffs):
        part = examples.matrix[examples.cutoffs == cutoff]
        same = (part == part[0]) | (np.isnan(part) & np.isnan(part[0]))
        varies |= ~same.all(axis=0)
    return [float(v) for v in varies]


def silent(names: tuple[str, ...], params: Params) -> Boosted:
    """Return a booster of one tree with score 0, so that the offset stands."""
    # LightGBM wants rows even for nothing, of columns that vary: two that differ in every one, whoever the customers are.
    rows = np.repeat(np.arange(2, dtype=np.float32)[:, None], len(names) + len(EXTRA), axis=1)
    nothing = Examples(rows, np.zeros(2), None, _no_gradients(1 if params.get("num_class") is None else 2))
    quiet = {k: v for k, v in params.items() if k not in ("objective", "metric")} | {"metric": "None", "num_leaves": 2}
    return Boosted(boost(nothing, names, quiet, 1).booster, 0)


def _no_gradients(outputs: int) -> Callable[[Floats, lightgbm.Dataset], tuple[Floats, Floats]]:
    def gradients(scores: Floats, data: lightgbm.Dataset) -> tuple[Floats, Floats]:
        shape = (data.num_data(),) if outputs == 1 else (data.num_data(), outputs)
        return np.zeros(shape), np.ones(shape)

    return gradients


def text_of(boosted: Boosted) -> str:
    """Return the booster as LightGBM text, cut at its rounds."""
    text: str = boosted.booster.model_to_string(num_iteration=max(1, boosted.rounds), importance_type="gain")
    return text
