"""What chance alone explains of a figure: much on few rows, nothing on many."""

from __future__ import annotations

import numpy as np
import pytest

from training.metrics.sampling_bounds import bias_by_chance, calibration_by_chance
from training.metrics.scores import calibration_error


@pytest.mark.parametrize(("rows", "least", "most"), [(30, 0.2, 0.35), (100, 0.1, 0.2), (20_000, 0.0, 0.02)])
def test_fewer_rows_are_further_off_by_chance(rows: int, least: float, most: float) -> None:
    """Chances around one in four that are all right."""
    chance = np.random.default_rng(1).beta(2.0, 6.0, rows)

    assert least < calibration_by_chance(chance, seed=1) < most


def test_of_a_hundred_models_that_are_right_some_five_come_out_above() -> None:
    """200 sets of outcomes drawn from the chances of 60 customers: between 1% and 10% are off by more."""
    rng = np.random.default_rng(2)
    chance = rng.beta(1.0, 3.0, 60)
    limit = calibration_by_chance(chance, seed=1)

    above = np.mean([calibration_error(chance, (rng.random(60) < chance).astype(float)) > limit for _ in range(200)])

    assert 0.01 <= above <= 0.10


def test_the_total_of_three_purchases_is_known_to_a_factor_of_about_two() -> None:
    """60 customers, three of whom bought once: half the 95% interval of the ratio is a little above one."""
    bought = np.zeros(60)
    bought[:3] = 1.0

    assert 0.9 < bias_by_chance(np.full(60, 0.05), bought) < 1.3
    assert bias_by_chance(np.full(60, 0.05), np.zeros(60)) == 0.0


def test_nobody_is_off_by_nothing() -> None:
    """No rows, no division by them."""
    assert calibration_by_chance(np.empty(0), seed=1) == 0.0
