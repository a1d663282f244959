"""Uplift as an estimator: the effect that was drawn, differences only where proved, and errors that name the row."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from otokui.errors import BadInput, NotEnoughData
from pipelines.api import uplift_estimator
from pipelines.api.uplift_estimator import UpliftEstimator
from tests.unit.pipelines.api.estimators import bare_manners


def trial(rows: int, effect: float, *, seed: int = 1, share: float = 0.5) -> tuple[Any, Any, Any]:
    """X, y and treatment of a trial in which everybody gains the same."""
    chance = np.random.default_rng(seed)
    X = chance.normal(size=(rows, 2))
    treatment = chance.random(rows) < share
    return X, (chance.random(rows) < 0.3 + effect * treatment).astype(float), treatment


class TestEffects:
    def test_the_examples_run(self) -> None:
        """What the docstring shows is what comes out."""
        found = doctest.testmod(uplift_estimator)
        assert (found.failed, found.attempted > 5) == (0, True)

    def test_the_effect_that_was_drawn_is_found(self) -> None:
        """Ten points for everybody, and no difference between customers where there is none."""
        X, y, treatment = trial(6_000, 0.1)
        model = UpliftEstimator().fit(X, y, treatment)
        effect, deviation = model.predict(X, return_std=True)
        assert effect.shape == deviation.shape == (6_000,)
        assert model.average_ == pytest.approx(0.1, abs=0.035)
        assert effect.std() < 0.02
        assert (deviation > 0.0).all()

    def test_a_logged_chance_takes_out_whom_it_favoured(self) -> None:
        """Who buys anyway was treated more often: the plain difference is twice too large, the effect is not."""
        chance = np.random.default_rng(5)
        X = chance.normal(size=(8_000, 1))
        given = np.where(X[:, 0] > 0, 0.8, 0.2)
        treatment = chance.random(8_000) < given
        y = (chance.random(8_000) < 0.2 + 0.3 * (X[:, 0] > 0) + 0.1 * treatment).astype(float)
        plain = y[treatment].mean() - y[~treatment].mean()
        assert plain > 0.2
        assert UpliftEstimator(boost=False).fit(X, y, treatment, chance=given).average_ == pytest.approx(0.1, abs=0.04)

    def test_the_same_rows_and_seed_give_the_same(self) -> None:
        """Byte for byte, and whether the matrix is an array or a frame."""
        X, y, treatment = trial(500, 0.1)
        first = UpliftEstimator().fit(X, y, treatment).predict(X)
        for frame in (pd.DataFrame(X, columns=["a", "b"]), pl.DataFrame(X, schema=["a", "b"])):
            model = UpliftEstimator().fit(frame, y, treatment)
            assert model.feature_names_in_.tolist() == ["a", "b"]
            assert np.array_equal(model.predict(frame), first)

    def test_what_is_not_known_is_no_error(self) -> None:
        """NaN stands in the middle and moves nothing."""
        X, y, treatment = trial(500, 0.1)
        X[::3, 0] = np.nan
        assert np.isfinite(UpliftEstimator().fit(X, y, treatment).predict(X)).all()


class TestErrors:
    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"y": np.ones(3)}, "y has 3 values, and X has 500 rows"),
            ({"treatment": np.arange(500)}, "treatment of row 3 is 2, neither 0 nor 1"),
            ({"y": np.r_[np.zeros(499), np.nan]}, "y of row 500 is no finite number"),
            ({"treatment": ["a"] * 500}, "treatment holds something that is no number"),
            ({"chance": 1.0}, "chance of being contacted is not between 0 and 1"),
            ({"customers": [1, 2]}, "customers has 2 values"),
        ],
        ids=["length", "arms", "nan", "text", "chance", "customers"],
    )
    def test_what_cannot_be_meant_is_named(self, changed: dict[str, Any], says: str) -> None:
        """Row and rule; nothing is fitted."""
        X, y, treatment = trial(500, 0.1)
        model = UpliftEstimator()
        with pytest.raises(BadInput, match=says):
            model.fit(X, **({"y": y, "treatment": treatment} | changed))
        with pytest.raises(NotFittedError):
            model.predict(X)

    @pytest.mark.parametrize("share", [0.02, 0.98])
    def test_few_of_one_kind_are_too_few(self, share: float) -> None:
        """Both groups need fifty."""
        with pytest.raises(NotEnoughData, match="50 of each are the least"):
            UpliftEstimator().fit(*trial(500, 0.1, share=share))

    def test_other_columns_are_refused(self) -> None:
        """By scikit-learn, with its own words."""
        X, y, treatment = trial(500, 0.1)
        model = UpliftEstimator(boost=False).fit(pd.DataFrame(X, columns=["a", "b"]), y, treatment)
        with pytest.raises(ValueError, match="feature names"):
            model.predict(pd.DataFrame(X, columns=["b", "a"]))

    def test_it_has_the_manners_of_scikit_learn(self) -> None:
        """Parameters are read, set and cloned."""
        bare_manners(UpliftEstimator())
        assert clone(UpliftEstimator(seed=4)).get_params() == {"boost": True, "seed": 4}
