"""Several boosters in one text say the average of what each says, to the last digits, and count for one model everywhere."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from training.boosting.bagging import averaged


def booster(seed: int, **params: object) -> tuple[lightgbm.Booster, np.ndarray]:
    """Return a booster of noise, and rows to ask it of."""
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(300, 4))
    target = matrix[:, 0] + rng.normal(size=300)
    usual = {"verbosity": -1, "bagging_fraction": 0.5, "bagging_freq": 1, "num_leaves": 5, "seed": seed, "num_threads": 1}
    made = lightgbm.train({**usual, **params}, lightgbm.Dataset(matrix, target if not params else (target > 0).astype(int)), 7)
    return made, matrix


class TestAveraged:
    def test_says_the_average_after_the_rounds_of_each(self) -> None:
        """Seven rounds of one and three of the other, in one text that LightGBM reads back."""
        (first, matrix), (second, _) = booster(1), booster(2)

        together = averaged([(first, 7), (second, 3)])
        read = lightgbm.Booster(model_str=together.model_to_string())

        expected = (first.predict(matrix) + second.predict(matrix, num_iteration=3)) / 2.0
        assert together.num_trees() == 10
        assert np.abs(expected - first.predict(matrix)).max() > 0.01
        assert together.predict(matrix) == pytest.approx(expected, abs=1e-12)
        assert (read.predict(matrix) == together.predict(matrix)).all()

    def test_keeps_the_outputs_of_a_model_of_two(self) -> None:
        """Trees of the next purchase's level and slope alternate, and stay where they belong."""
        two = {"objective": "multiclass", "num_class": 2}
        (first, matrix), (second, _) = booster(1, **two), booster(2, **two)

        together = averaged([(first, 7), (second, 7)])

        expected = (first.predict(matrix, raw_score=True) + second.predict(matrix, raw_score=True)) / 2.0
        assert together.predict(matrix, raw_score=True) == pytest.approx(expected, abs=1e-12)

    def test_explanations_add_up(self) -> None:
        """SHAP values of the average sum to its score."""
        (first, matrix), (second, _) = booster(1), booster(2)
        together = averaged([(first, 7), (second, 7)])

        assert together.predict(matrix, pred_contrib=True).sum(axis=1) == pytest.approx(together.predict(matrix), abs=1e-9)

    def test_one_booster_stays_as_it_is(self) -> None:
        """Nothing is averaged, nothing is rounded."""
        first, matrix = booster(1)

        assert (averaged([(first, 7)]).predict(matrix) == first.predict(matrix)).all()
