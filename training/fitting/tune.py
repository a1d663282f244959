"""Search LightGBM's parameters on the held-out cut-off: Optuna's TPE, unpromising trials stopped early.

Trials are kept under ``storage`` (an SQLAlchemy URL), so a search that was stopped goes on where it was.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import lightgbm
import optuna

from training.boosting import lightgbm_fit
from training.fitting.examples import PreparedLabel
from training.fitting.task import Task

REPORT_EVERY = 10


@dataclass(frozen=True, slots=True)
class Tuned:
    """Result of a parameter search: parameters, held-out losses, finished and pruned trials.

    The parameters replace the standing ones.

    params: as they stood where no trial was better; so that the defaults, which follow the shop's size, stay in force.
    loss, standing_loss: held-out loss of the best trial, and of the first, which is what stood before the search.
    """

    params: Mapping[str, str | int | float | bool]
    loss: float
    standing_loss: float
    finished: int
    pruned: int


def _suggest(trial: optuna.trial.BaseTrial) -> dict[str, str | int | float | bool]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.015, 0.12, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 63, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 600, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.25, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 1.0),
    }


def _reporter(trial: optuna.Trial) -> Callable[[lightgbm.callback.CallbackEnv], None]:
    """Report the best loss so far: a trial is worth its best round, so later rounds that overfit must not flatter the others."""
    best = math.inf

    def report(env: lightgbm.callback.CallbackEnv) -> None:
        nonlocal best
        if env.evaluation_result_list:
            best = min(best, float(env.evaluation_result_list[0][2]))
        if env.iteration % REPORT_EVERY == 0 and math.isfinite(best):
            trial.report(best, env.iteration)
            if trial.should_prune():
                raise optuna.TrialPruned

    return report


def tune(
    task: Task,
    prepared: PreparedLabel,
    trials: int,
    *,
    storage: str | None = None,
    start: lightgbm_fit.Params | None = None,
    bar: bool | None = None,
) -> Tuned:
    """Return the best of ``trials`` trials, those in ``storage`` included.

    The first trial is what stands now.

    ``bar`` shows progress on stderr (default: when it is a terminal).
    """
    label = prepared.label
    usual = lightgbm_fit.parameters(label, task.settings, len(prepared.learn.rows), len(prepared.split.learn), start)
    with _quietly():
        study = optuna.create_study(
            study_name=f"{label}-{int(task.train_through)}-{task.fingerprint[:12]}",
            storage=storage,
            load_if_exists=True,
            direction="minimize",
            sampler=optuna.samplers.TPESampler(seed=task.settings.seed, multivariate=False),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=30),
        )
    # Not only a new study: the first trial of one that was killed in the middle of it is still to be made.
    if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,)):
        study.enqueue_trial({name: usual[name] for name in _suggest(optuna.trial.FixedTrial(_middle()))})

    def loss(trial: optuna.Trial) -> float:
        params = {**usual, **_suggest(trial)}
        boosted = lightgbm_fit.boost(
            prepared.learn.examples, task.names, params, task.settings.rounds, prepared.held_out.examples, [_reporter(trial)]
        )
        trial.set_user_attr("rounds", boosted.rounds)
        return min(boosted.learning)

    left = trials - len([t for t in study.trials if t.state.is_finished()])
    if left > 0:
        with _quietly():
            study.optimize(loss, n_trials=left, show_progress_bar=sys.stderr.isatty() if bar is None else bar)
    states = [t.state for t in study.trials]
    standing = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))[0].values[0]
    return Tuned(
        {**(start or {}), **(study.best_params if study.best_value < standing else {})},
        float(study.best_value),
        float(standing),
        states.count(optuna.trial.TrialState.COMPLETE),
        states.count(optuna.trial.TrialState.PRUNED),
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Optuna's own lines, one a trial, off stderr: the bar and our report say it better."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)


def _middle() -> dict[str, float]:
    return {
        "learning_rate": 0.04,
        "num_leaves": 16,
        "min_data_in_leaf": 100,
        "lambda_l2": 10.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
    }
