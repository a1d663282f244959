"""How large trees are is asked of the held-out rows, unless somebody has tuned it."""

from __future__ import annotations

import pytest

from otokui.domain import Label
from tests.unit.training import small_shop
from training import tree_size
from training.prepare import Prepared, prepare
from training.task import Task
from training.tree_size import FEW_LEAVES, sized


@pytest.fixture(scope="module")
def task() -> Task:
    """The task of the small shop, with many customers, so that its usual trees are larger than the small ones."""
    return small_shop.task(small_shop.purchases(customers=900))


@pytest.fixture(scope="module")
def prepared(task: Task) -> Prepared:
    """Churn of that shop."""
    return prepare(task, Label.CHURN)


@pytest.mark.parametrize(("small_is", "leaves"), [(0.1, FEW_LEAVES), (0.3, 8)])
def test_the_size_with_the_lower_held_out_loss_is_taken(
    task: Task, prepared: Prepared, monkeypatch: pytest.MonkeyPatch, small_is: float, leaves: int
) -> None:
    """The usual trees lose 0.2 here."""
    monkeypatch.setattr(tree_size, "_loss", lambda _task, _prepared, params: small_is if params["num_leaves"] == FEW_LEAVES else 0.2)

    assert sized(task, prepared)["num_leaves"] == leaves


def test_what_was_tuned_stays(task: Task, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search has asked the same rows more thoroughly."""
    monkeypatch.setattr(tree_size, "_loss", lambda *_: pytest.fail("nothing was to be asked"))

    assert sized(task, prepared, {"num_leaves": 9})["num_leaves"] == 9


def test_purchases_are_not_asked(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their trees follow the size of the shop alone."""
    monkeypatch.setattr(tree_size, "_loss", lambda *_: pytest.fail("nothing was to be asked"))

    assert sized(task, prepare(task, Label.SPEND))["num_leaves"] > FEW_LEAVES
