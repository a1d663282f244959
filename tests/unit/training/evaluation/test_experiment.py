"""An idea is judged as the gate would judge it: what knows the answer wins, what is noise does not, shapes are checked."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.domain import Label
from otokui.errors import BadInput
from tests.unit.training import small_shop
from training.evaluation.experiment import try_feature, try_params, try_scores, with_feature
from training.fitting.examples import prepare
from training.fitting.task import Task


@pytest.fixture(scope="module")
def task() -> Task:
    """The task of the small shop."""
    return small_shop.task(small_shop.purchases())


def test_a_feature_that_knows_the_answer_is_better_beyond_chance(task: Task) -> None:
    """The outcome itself as a column: the whole interval lies below nothing."""
    outcome = {}
    for each in task.datasets:
        index = task.history.index_of(each.vectors.customer_ids)
        outcome[id(each.vectors)] = task.target(Label.CHURN, task.history, index, each.cutoff.at)

    found = try_feature(task, Label.CHURN, "oracle", lambda vectors: outcome[id(vectors)])

    assert found.high < 0.0
    assert "better beyond chance" in str(found)


def test_a_constant_feature_changes_nothing(task: Task) -> None:
    """It cannot be split on, and the same columns are drawn for the rest often enough to be told apart from nothing."""
    found = try_feature(task, Label.CHURN, "nothing", lambda vectors: np.full(len(vectors), np.nan))

    assert found.low <= 0.0 <= found.high
    assert "cannot be told apart" in str(found)


def test_parameters_that_cannot_learn_are_not_better(task: Task) -> None:
    """A learning rate of a millionth leaves the offset as it is."""
    found = try_params(task, Label.CHURN, {"learning_rate": 1e-6})

    assert found.difference > 0.0


def test_scores_of_a_learner_that_is_wrong_are_worse_beyond_chance(task: Task) -> None:
    """Confident and upside down; and the best scores there are beat ours."""
    prepared = prepare(task, Label.CHURN)
    target = prepared.held_out.rows.target

    wrong = try_scores(task, prepared, np.where(target > 0, -3.0, 3.0))
    right = try_scores(task, prepared, np.where(target > 0, 3.0, -3.0))

    assert wrong.low > 0.0
    assert right.high < 0.0
    assert right.idea == pytest.approx(0.0485873516)


def test_what_does_not_fit_is_refused(task: Task) -> None:
    """A name that is taken, a column or scores of another length, a label that is no score."""
    with pytest.raises(BadInput, match="already"):
        with_feature(task, "recency_days", lambda vectors: vectors.column("recency_days"))
    with pytest.raises(BadInput, match="shape"):
        with_feature(task, "half", lambda vectors: vectors.column("recency_days")[::2])
    with pytest.raises(BadInput, match="shape"):
        try_scores(task, prepare(task, Label.CHURN), np.zeros(3))
    with pytest.raises(BadInput, match="curve"):
        try_scores(task, prepare(task, Label.NEXT_PURCHASE), np.zeros(3))
