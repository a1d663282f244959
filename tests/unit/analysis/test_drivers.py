"""What customers of a kind share, and who lacks one of it, in a base where the truth is planted."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from analysis.drivers import Driver, ThresholdSide, actionable, lacking, shared_factors
from otokui.frames import Floats

NAMES = ("categories", "wait", "noise", "same_as_categories", "app", "code")


def base(n: int = 3_000) -> tuple[Floats, Floats, Floats]:
    """Values, pushes of a real booster, and who is loyal: those with three categories or more, who wait less than 20 days;
    whoever has no app on record is likelier still. ``noise`` and ``code`` mean nothing; one column repeats another.
    """
    draw = np.random.default_rng(5)
    categories = draw.integers(1, 7, n).astype(np.float64)
    wait, noise, code = draw.uniform(0, 60, n), draw.normal(size=n), draw.integers(0, 32, n).astype(np.float64)
    app = np.where(draw.random(n) < 0.3, np.nan, draw.uniform(0, 1, n))
    odds = -2.5 + 2.5 * (categories >= 3) + 1.5 * (wait < 20) + 1.0 * np.isnan(app)
    loyal = (draw.random(n) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    values = np.stack([categories, wait, noise, categories * 2.0, app, code], axis=1)
    settings = {"objective": "binary", "num_leaves": 8, "learning_rate": 0.1, "verbose": -1, "num_threads": 1, "seed": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(values, loyal), num_boost_round=40)
    return values, np.asarray(booster.predict(values, pred_contrib=True))[:, :-1], loyal


@pytest.fixture(scope="module")
def planted() -> tuple[Floats, Floats, Floats]:
    """The base, once."""
    return base()


class TestSharedFactors:
    def test_the_planted_ones_are_found_with_side_and_threshold(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """Three categories or more, below 20 days, nothing on record of the app: in the order of their strength."""
        found = {f.feature: f for f in shared_factors(NAMES, *planted, without=("code",))}

        first = next(iter(found.values()))
        assert (first.feature, first.side, first.threshold) == ("categories", ThresholdSide.HIGH, 3.0)
        assert found["wait"].side is ThresholdSide.LOW
        assert found["wait"].threshold == pytest.approx(20.0, abs=2.0)
        assert found["app"].side is ThresholdSide.UNKNOWN

    def test_they_are_shared_by_those_of_the_kind(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """The shares are those of the data: more among the loyal than elsewhere, and literally so for the first."""
        values, _, loyal = planted
        factor = shared_factors(NAMES, *planted)[0]

        assert factor.among == pytest.approx((values[loyal == 1, 0] >= 3).mean())
        assert factor.elsewhere == pytest.approx((values[loyal == 0, 0] >= 3).mean())
        assert all(each.among > each.elsewhere for each in shared_factors(NAMES, *planted))

    @pytest.mark.parametrize(
        ("among", "elsewhere", "customers", "told"),
        [
            (0.28, 0.26, 100_000, False),
            (0.40, 0.26, 2_000, True),
            (0.40, 0.26, 100, False),
            (0.08, 0.03, 4_000, True),
            (0.04, 0.03, 100_000, False),
            (0.26, 0.40, 2_000, False),
        ],
    )
    def test_only_a_difference_that_is_one_is_told(self, among: float, elsewhere: float, customers: int, told: bool) -> None:
        """Ten points or half as often again, and beyond chance; half of the customers are of the kind, and nobody is in doubt."""
        half = customers // 2
        values = np.concatenate([np.arange(half) < among * half, np.arange(half) < elsewhere * half]).astype(np.float64)[:, None]
        belongs = np.repeat([1.0, 0.0], half)

        assert bool(shared_factors(("app",), values, values - 0.2, belongs)) is told

    def test_customers_who_hardly_differ_in_belonging_share_little(self) -> None:
        """65% against 35% among those who surely are of the kind; of chances of 45% and 55% hardly anything is left to be told."""
        values = np.tile(np.repeat([1.0, 0.0], [13, 7]), 50)[:, None]
        values = np.concatenate([values, 1.0 - values])
        sure, unsure = np.repeat([1.0, 0.0], 1_000), np.repeat([0.55, 0.45], 1_000)

        assert len(shared_factors(("app",), values, values, sure)) == 1
        assert shared_factors(("app",), values, values, unsure) == ()

    def test_one_thing_is_told_once(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """A column that repeats another asks the same question."""
        found = {f.feature for f in shared_factors(NAMES, *planted)}

        assert len(found & {"categories", "same_as_categories"}) == 1

    def test_what_means_nothing_is_no_question(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """Codes are left out as asked; noise is weaker than every planted factor."""
        found = [f.feature for f in shared_factors(NAMES, *planted, without=("code",))]

        assert "code" not in found
        assert "noise" not in found[:3]

    @pytest.mark.parametrize("rows", [0, 30])
    def test_few_customers_share_nothing_that_can_be_told(self, planted: tuple[Floats, Floats, Floats], rows: int) -> None:
        """Below fifty, an empty list and no guess."""
        values, pushes, loyal = (each[:rows] for each in planted)

        assert shared_factors(NAMES, values, pushes, loyal) == ()

    def test_questions_are_made_of_those_it_is_about(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """Of customers below three categories none can be told apart by three; the shares stay those of everybody."""
        values, pushes, loyal = planted
        found = {f.feature: f for f in shared_factors(NAMES, values, pushes, loyal, of=values[:, 0] < 3)}

        assert "categories" not in found or found["categories"].threshold < 3.0
        assert found["wait"].among == pytest.approx((values[loyal == 1, 1] < found["wait"].threshold).mean())

    def test_a_model_that_moves_nobody_has_no_factors(self, planted: tuple[Floats, Floats, Floats]) -> None:
        """A booster without trees pushes by zero."""
        values, pushes, loyal = planted

        assert shared_factors(NAMES, values, np.zeros_like(pushes), loyal) == ()


class TestLacking:
    MORE = Driver("categories", ThresholdSide.HIGH, 3.0, 2.0, 0.5, 0.9, 0.3)
    SOON = Driver("wait", ThresholdSide.LOW, 20.0, 1.0, 0.3, 0.6, 0.3)
    VALUES = np.array([[3.0, 10.0], [1.0, 10.0], [1.0, 40.0], [4.0, 50.0], [3.0, 10.0]])
    PUSHES = np.array([[1.0, 0.5], [-1.0, 0.5], [-1.0, -0.5], [1.0, -0.5], [1.0, 0.5]])

    def test_only_what_can_be_asked_for_in_that_direction_counts(self) -> None:
        """More categories can be asked for; waiting less is asked for only if its declaration says less."""
        assert actionable((self.MORE, self.SOON), {"categories": True, "wait": True}) == (self.MORE,)
        assert actionable((self.MORE, self.SOON), {"wait": False}) == (self.SOON,)

    def test_each_customer_is_asked_for_the_one_thing_that_moves_most(self) -> None:
        """Who has all is left out; who lacks both is asked for the stronger; the loyal are not asked."""
        asked = np.array([True, True, True, True, False])

        found = lacking((self.MORE, self.SOON), ("categories", "wait"), self.VALUES, self.PUSHES, np.full(5, 0.2), asked)

        told = {int(row): (found.factors[f].feature, int(m)) for row, f, m in zip(found.rows, found.factor, found.missing, strict=True)}
        assert told == {1: ("categories", 1), 2: ("categories", 2), 3: ("wait", 1)}

    def test_the_chance_with_it_is_moved_by_the_models_own_push(self) -> None:
        """From -1 to the mean of those who have it, +1, in log odds: .2 becomes .649; half of it under a slope of one half."""
        asked = np.array([True, True, False, False, False])
        whole, half = (
            lacking((self.MORE,), ("categories", "wait"), self.VALUES, self.PUSHES, np.full(5, 0.2), asked, slope) for slope in (1.0, 0.5)
        )

        assert whole.chance_with[0] == pytest.approx(0.6487, abs=1e-3)
        assert half.chance_with[0] == pytest.approx(0.4046, abs=1e-3)
        assert whole.value.tolist() == [1.0]

    def test_what_the_loyal_already_have_is_no_measure_of_a_gain(self) -> None:
        """Nobody who is asked has it: nothing is promised from those who are loyal already."""
        asked = np.array([False, True, True, False, False])

        found = lacking((self.MORE,), ("categories", "wait"), self.VALUES, self.PUSHES, np.full(5, 0.2), asked)

        assert len(found.rows) == 0

    def test_nothing_to_ask_for_is_an_empty_list(self) -> None:
        """No actionable factor, no rows, no error."""
        found = lacking((), ("categories", "wait"), self.VALUES, self.PUSHES, np.full(5, 0.2), np.ones(5, dtype=np.bool_))

        assert len(found.rows) == 0
