"""How large trees are is asked of the held-out rows, unless somebody has tuned it."""

from __future__ import annotations

from typing import Any, cast

import lightgbm
import pytest

from otokui.domain import Label
from tests.unit.training import small_shop
from training.boosting import lightgbm_fit
from training.boosting.lightgbm_fit import Boosted
from training.fitting import tree_size
from training.fitting.cross_fitting import alone, crossed
from training.fitting.examples import PreparedLabel, prepare
from training.fitting.held_out_fit import hold_out
from training.fitting.task import Task
from training.fitting.tree_size import FEW_LEAVES, TWO_LEAVES, sized


@pytest.fixture(scope="module")
def task() -> Task:
    """The task of the small shop, with many customers, so that its usual trees are larger than the small ones."""
    return small_shop.task(small_shop.purchases(customers=900))


@pytest.fixture(scope="module")
def prepared(task: Task) -> PreparedLabel:
    """Churn of that shop."""
    return prepare(task, Label.CHURN)


def boosted(loss: float) -> Boosted:
    """Return what boosting would, had it come to such a held-out loss."""
    return Boosted(cast(lightgbm.Booster, None), 1, (loss,))


@pytest.mark.parametrize(("small_is", "leaves"), [(0.1, FEW_LEAVES), (0.3, 8)])
def test_the_size_with_the_lower_held_out_loss_is_taken(
    task: Task, prepared: PreparedLabel, monkeypatch: pytest.MonkeyPatch, small_is: float, leaves: int
) -> None:
    """The usual trees lose 0.2 here; the booster that was fitted with the winner comes along."""
    monkeypatch.setattr(
        tree_size, "_stopped", lambda _task, _prepared, params: boosted(small_is if params["num_leaves"] == FEW_LEAVES else 0.2)
    )

    params, begun = sized(task, [prepared])

    assert params["num_leaves"] == leaves
    assert [each.learning for each in begun] == [(min(small_is, 0.2),)]


def test_what_was_fitted_to_choose_is_the_first_of_the_bag(task: Task, prepared: PreparedLabel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sizes, then the other two of a bag of three: four boosters, and the bytes of three that were fitted from nothing."""
    asked: list[int] = []
    boost_once = lightgbm_fit.boost

    def counted(*args: Any, **named: Any) -> Boosted:
        asked.append(args[2]["seed"])
        return boost_once(*args, **named)

    bagged: list[Boosted] = []
    bag = lightgbm_fit.bagged

    def kept(*args: Any, **named: Any) -> Boosted:
        bagged.append(bag(*args, **named))
        return bagged[-1]

    monkeypatch.setattr(lightgbm_fit, "boost", counted)
    monkeypatch.setattr(lightgbm_fit, "bagged", kept)
    tried = hold_out(task, alone(prepared), pictures=False)
    monkeypatch.undo()
    fresh = lightgbm_fit.bagged(prepared.learn.examples, task.names, tried.params, [task.settings.rounds] * 3, prepared.held_out.examples)

    seed = task.settings.seed
    assert asked == [seed, seed, seed + 1, seed + 2]
    assert tried.rounds == fresh.parts
    assert tried.learning == fresh.learning
    assert lightgbm_fit.text_of(bagged[0]) == lightgbm_fit.text_of(fresh)


def test_two_leaves_are_tried_where_everybody_is_held_out_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each size on each third; the sum over the thirds chooses, and its three boosters come along."""
    young = small_shop.task(small_shop.purchases(customers=900, days=120), 120)
    folds = crossed(young, prepare(young, Label.CHURN)).folds
    loss = {4: 0.3, TWO_LEAVES: 0.2}
    asked: list[int] = []

    def stopped(_task: Task, _prepared: PreparedLabel, params: lightgbm_fit.Params) -> Boosted:
        asked.append(int(params["num_leaves"]))
        return boosted(loss.get(asked[-1], 0.4))

    monkeypatch.setattr(tree_size, "_stopped", stopped)
    params, begun = sized(young, folds)

    assert len(asked) == 9
    assert params["num_leaves"] == TWO_LEAVES
    assert [each.learning for each in begun] == [(0.2,)] * 3


def test_what_was_tuned_stays(task: Task, prepared: PreparedLabel, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search has asked the same rows more thoroughly."""
    monkeypatch.setattr(tree_size, "_stopped", lambda *_: pytest.fail("nothing was to be asked"))

    params, begun = sized(task, [prepared], {"num_leaves": 9})

    assert (params["num_leaves"], begun) == (9, ())


def test_purchases_are_not_asked(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their trees follow the size of the shop alone."""
    monkeypatch.setattr(tree_size, "_stopped", lambda *_: pytest.fail("nothing was to be asked"))

    params, begun = sized(task, [prepare(task, Label.SPEND)])

    assert int(params["num_leaves"]) > FEW_LEAVES
    assert begun == ()
