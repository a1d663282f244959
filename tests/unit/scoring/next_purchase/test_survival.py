"""Curves, quantiles, counts: numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.next_purchase.horizon_counts import median_counts, non_decreasing
from scoring.next_purchase.survival import SurvivalCurve, curve_edges, period_hazards

HALF = np.log(2.0)


def test_log_survival_is_straight_within_a_period() -> None:
    """Half have bought by day 10, so 1 - 1/sqrt(2) by day 5, and three quarters by day 20."""
    curve = SurvivalCurve(np.array([0.0, 10.0, 20.0]), np.array([[0.0, HALF, 2 * HALF]]))

    assert curve.chance((5, 10, 20))[0] == pytest.approx([1 - 0.5**0.5, 0.5, 0.75])


def test_quantiles_invert_the_curve_and_stop_at_ten_years() -> None:
    """The median of that curve is day 10; one that ends before the share is reached says 3650 days at most."""
    curve = SurvivalCurve(np.array([0.0, 10.0, 3_650.0]), np.array([[0.0, HALF, 2 * HALF], [0.0, 0.01, 0.02]]))

    assert curve.quantile(0.5) == pytest.approx([10.0, 3_650.0])
    assert curve.quantile(0.1)[0] == pytest.approx(10.0 * np.log(0.9) / np.log(0.5))


def test_a_certain_stretch_without_hazard_is_no_division_by_zero() -> None:
    """A flat curve answers the cap."""
    assert SurvivalCurve(np.array([0.0, 10.0, 3_650.0]), np.zeros((1, 3))).quantile(0.5).tolist() == [3_650.0]


def test_horizons_beyond_the_periods_become_edges() -> None:
    """A horizon inside the periods needs none of its own."""
    assert curve_edges((0.0, 7.0, 2_000.0), (3, 2_500)).tolist() == [0.0, 7.0, 2_000.0, 2_500.0, 3_650.0]


def test_hazards_of_periods_from_cumulative_chances() -> None:
    """20% by the first bound, 60% by the second: half of those left."""
    assert period_hazards(np.array([[0.2, 0.6]]))[0] == pytest.approx([0.2, 0.5])


def test_median_counts_of_hurdle_and_tail() -> None:
    """None when half do not buy; one when buyers buy once; the mean's neighbourhood when many are sure."""
    chance = np.array([[0.4], [0.8], [1.0], [1.0], [np.nan]])
    mean = np.array([[0.6], [0.8], [5.0], [200.0], [1.0]])
    found = median_counts(mean, chance, np.array([[1.0], [1.0], [50.0], [1000.0], [1.0]]))

    assert found[:4, 0].tolist() == [0.0, 1.0, 5.0, 200.0]
    assert np.isnan(found[4, 0])


def test_rising_follows_days_not_the_order_asked() -> None:
    """Horizons asked as 30, 7: the 30-day value is raised to the 7-day one."""
    assert non_decreasing(np.array([[1.0, 2.0]]), (30, 7)).tolist() == [[2.0, 2.0]]
