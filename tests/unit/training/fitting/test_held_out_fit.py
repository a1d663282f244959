"""Where customers are held out, each third is judged by who has not seen it, and everybody's scores make the calibration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from otokui.domain import Label
from otokui.errors import NotEnoughData
from otokui.settings.definitions import Definitions
from scoring.model_files.booster_inputs import offset_of
from tests.unit.training import small_shop
from training.boosting.calibration import calibrate_chance
from training.boosting.lightgbm_fit import Boosted, boost, parameters
from training.fitting import cross_fitting as crossed_module
from training.fitting import held_out_fit as hold_out_module
from training.fitting.cross_fitting import alone, crossed
from training.fitting.examples import PreparedLabel, prepare
from training.fitting.held_out_fit import hold_out
from training.fitting.task import Task


@pytest.fixture(scope="module")
def young() -> Task:
    """A shop of 120 days: no window of 45 days, nor of 60, has ended before the newest whole one begins."""
    task = small_shop.task(small_shop.purchases(customers=600, days=120), 120)
    return replace(task, definitions=Definitions(churn_days=45, loyal_horizon_days=60))


@pytest.fixture(scope="module")
def churn(young: Task) -> PreparedLabel:
    """Its churn."""
    return prepare(young, Label.CHURN)


def test_each_customer_is_held_out_once_by_a_fold_that_learns_from_the_others(young: Task, churn: PreparedLabel) -> None:
    """Three folds; together they hold out every row of the cut-off, in the order of the whole."""
    found = crossed(young, churn)

    assert len(found.folds) == 3
    for k, fold in enumerate(found.folds):
        assert not np.isin(fold.learn.rows.groups, fold.held_out.rows.groups).any()
        assert fold.held_out.rows.groups.tolist() == found.whole.held_out.rows.groups[found.fold == k].tolist()
        assert fold.held_out.rows.target.tolist() == found.whole.held_out.rows.target[found.fold == k].tolist()
    assert len(found.whole.held_out.rows) == sum(len(fold.held_out.rows) for fold in found.folds)
    assert found.judges.tolist() == found.fold.tolist()


def test_where_a_cutoff_is_held_out_there_is_one_fold() -> None:
    """300 days: what was prepared stands as it is, and halves of the customers judge one another."""
    task = small_shop.task(small_shop.purchases())
    prepared = prepare(task, Label.CHURN)
    found = crossed(task, prepared)

    assert found.folds == (prepared,)
    assert found.whole is prepared
    assert set(found.judges.tolist()) == {0, 1}


def test_a_third_that_cannot_be_learnt_without_leaves_the_first_alone(
    young: Task, churn: PreparedLabel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run does not fail for it."""

    def refused(*_: object, **__: object) -> PreparedLabel:
        raise NotEnoughData("too few", fix="bring more")

    monkeypatch.setattr(crossed_module, "prepare", refused)

    assert crossed(young, churn).folds == (churn,)


def test_the_calibration_is_that_of_everybody_out_of_fold(young: Task) -> None:
    """Boosted by hand on two thirds, stopped on the other, one after another: the same correction of all scores together."""
    label, usual = Label.FUTURE_LOYAL, {"num_leaves": 4}
    found = crossed(young, prepare(young, label))
    tried = hold_out(young, found, usual, pictures=False)
    scores = np.empty(len(found.fold))
    for k, fold in enumerate(found.folds):
        params = parameters(label, young.settings, len(found.folds[0].learn.rows), len(fold.split.learn), usual)
        one = boost(fold.learn.examples, young.names, params, young.settings.rounds, fold.held_out.examples)
        part = fold.held_out
        offset = offset_of(label, part.rows.inputs, part.pooled, young.horizon(label)) + part.intercept
        scores[found.fold == k] = offset + one.booster.predict(part.examples.matrix, raw_score=True, num_iteration=one.rounds)

    expected = calibrate_chance(scores, found.whole.held_out.rows.target, found.whole.learn.trust)

    assert len(tried.rounds) == 3
    assert tried.calibration[0].slope == pytest.approx(expected.slope, abs=1e-9)
    assert tried.calibration[0].intercept == pytest.approx(expected.intercept, abs=1e-9)


def test_no_row_is_judged_by_its_own_outcome(young: Task, churn: PreparedLabel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calibration by which a third is judged is asked of the other two."""
    asked: list[int] = []
    calibrate = calibrate_chance

    def counted(scores: np.ndarray, outcome: np.ndarray, trust: float) -> object:  # type: ignore[type-arg]
        asked.append(len(outcome))
        return calibrate(scores, outcome, trust)

    monkeypatch.setattr(hold_out_module, "calibrate_chance", counted)
    found = crossed(young, churn)
    hold_out(young, found, pictures=False)

    sizes = [len(fold.held_out.rows) for fold in found.folds]
    assert asked == [sum(sizes) - size for size in sizes] + [sum(sizes)]


@pytest.mark.parametrize(
    ("bags", "parts", "rounds"),
    [
        (3, [(8,), (10,), (24,)], (8, 10, 24)),
        (1, [(8,), (10,), (24,)], (8, 10, 24)),
        (4, [(8,), (10,), (24,)], (8, 10, 24, 8)),
        (3, [()], ()),
    ],
)
def test_the_rounds_of_each_third_are_those_of_a_booster_of_the_bag(
    bags: int, parts: list[tuple[int, ...]], rounds: tuple[int, ...]
) -> None:
    """Three boosters at least, and more by going round; none where nothing was gained."""
    task = small_shop.task(small_shop.purchases(customers=100, days=120), 120, bags=bags)
    boosted = [Boosted(None, 1, (), part) for part in parts]  # type: ignore[arg-type]

    assert hold_out_module._rounds(task, boosted) == rounds


def test_rounds_of_a_held_out_cutoff_stay() -> None:
    """They were found on nearly as many rows as there are."""
    task = small_shop.task(small_shop.purchases(customers=100, days=120), 120)

    assert hold_out_module._rounds(task, [Boosted(None, 9, (), (8, 1))]) == (8, 1)  # type: ignore[arg-type]


def test_a_young_shop_is_judged_on_everybody() -> None:
    """The figures say that customers were held out, and are of all of them; the same data give the same bytes."""
    bought = small_shop.purchases(customers=600, days=120)
    model = small_shop.trained(bought, 120, labels=(Label.CHURN,)).models[Label.CHURN]
    again = small_shop.trained(bought, 120, labels=(Label.CHURN,)).models[Label.CHURN]

    known = len(crossed(young_task := small_shop.task(bought, 120), prepare(young_task, Label.CHURN)).fold)
    assert model.metrics["held_out_by_customer"] == 1.0
    assert model.metrics["rows_held_out"] == known == len(model.held_out.losses)
    assert model.files == again.files


def test_alone_is_one_fold_whatever_was_held_out(churn: PreparedLabel) -> None:
    """An idea is compared on the third that was prepared, since its scores are of those rows."""
    assert alone(churn).folds == (churn,)
    assert len(alone(churn).fold) == len(churn.held_out.rows)
