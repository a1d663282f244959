"""A search for parameters: it goes on where it was, keeps what stands where nothing is better, and prunes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from otokui.domain import Label
from tests.unit.training import small_shop
from training.boosting import lightgbm_fit
from training.fitting.examples import PreparedLabel, prepare
from training.fitting.task import Task
from training.fitting.tune import Tuned, tune


@pytest.fixture(scope="module")
def task() -> Task:
    """The task of the small shop."""
    return small_shop.task(small_shop.purchases())


@pytest.fixture(scope="module")
def prepared(task: Task) -> PreparedLabel:
    """Its churn label."""
    return prepare(task, Label.CHURN)


def test_the_first_trial_is_what_stands(task: Task, prepared: PreparedLabel) -> None:
    """One trial finds nothing better than the defaults, so no parameter is replaced and no loss gained."""
    found = tune(task, prepared, 1, bar=False)

    assert found == Tuned({}, found.loss, found.loss, 1, 0)


def test_what_is_found_is_better_on_the_held_out_rows_or_not_kept(task: Task, prepared: PreparedLabel) -> None:
    """The loss said is the loss that boosting with those parameters reaches."""
    found = tune(task, prepared, 12, bar=False)

    assert found.loss < found.standing_loss
    usual = lightgbm_fit.parameters(Label.CHURN, task.settings, len(prepared.learn.rows), len(prepared.split.learn))
    again = lightgbm_fit.boost(
        prepared.learn.examples, task.names, {**usual, **found.params}, task.settings.rounds, prepared.held_out.examples
    )
    assert min(again.learning) == found.loss


def test_a_search_that_was_stopped_goes_on(task: Task, prepared: PreparedLabel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed in its first trial: the standing parameters are tried after all, and five trials in all are finished."""
    storage = f"sqlite:///{tmp_path / 'optuna.db'}"

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(lightgbm_fit, "boost", kill)
    with pytest.raises(Killed):
        tune(task, prepared, 5, storage=storage, bar=False)
    monkeypatch.undo()
    found = tune(task, prepared, 5, storage=storage, bar=False)
    again = tune(task, prepared, 5, storage=storage, bar=False)

    [name] = optuna.get_all_study_names(storage)
    finished = [t for t in optuna.load_study(study_name=name, storage=storage).trials if t.state == optuna.trial.TrialState.COMPLETE]
    assert found == again
    assert found.finished + found.pruned == 5
    assert finished[0].params["learning_rate"] == task.settings.learning_rate


def test_unpromising_trials_are_pruned(task: Task, prepared: PreparedLabel) -> None:
    """Of thirty trials some are given up before their last round."""
    patient = task.settings.model_copy(update={"rounds": 60})
    found = tune(replace(task, settings=patient), prepared, 30, bar=False)

    assert found.pruned > 0
    assert found.finished + found.pruned == 30
