"""NaN means unknown, and stays so."""

import numpy as np
import pytest

from features.anchored import ANCHOR
from features.arithmetic import (
    added,
    after,
    breadth,
    days_since,
    decay,
    entropy,
    greatest,
    how_many,
    largest_at,
    least,
    per_day,
    positive,
    ratio,
    smoothed,
    top_share,
)
from otokui.domain import DAY

NAN = np.nan


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


class TestDivision:
    def test_positive_keeps_what_can_divide(self) -> None:
        """Zero, negative and unknown denominators become unknown."""
        np.testing.assert_array_equal(positive(column(2.0, 0.0, -1.0, NAN)), [2.0, NAN, NAN, NAN])

    def test_ratio_of_unknown_is_unknown(self) -> None:
        """Nothing of nothing is unknown, not zero."""
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(ratio(column(1.0, 0.0, NAN), column(4.0, 0.0, 1.0)), [0.25, NAN, NAN])

    def test_smoothed_starts_at_the_prior(self) -> None:
        """Without trials the prior stands; with many it is forgotten; more successes than trials do not exceed one."""
        np.testing.assert_allclose(smoothed(column(0, 10, 30), column(0, 10, 10), 0.2, 5.0), [0.2, 11 / 15, 11 / 15])


class TestTime:
    def test_days_since_is_never_below_zero(self) -> None:
        """What lies ahead of the vector's instant counts as now."""
        np.testing.assert_array_equal(days_since(column(0.0, 2.0 * DAY, NAN), float(DAY)), [1.0, 0.0, NAN])

    def test_decay_halves(self) -> None:
        """One event at the anchor counts a half after one half-life."""
        assert decay(column(1.0), float(ANCHOR + 30 * DAY), 30)[0] == 0.5

    def test_per_day_of_one_a_day_is_one(self) -> None:
        """One a day for ever decays to h / ln 2, which reads as one a day."""
        assert per_day(column(30 / 0.6931471805599453), 30)[0] == pytest.approx(1.0)

    def test_after_tells_apart_later_never_and_unknown(self) -> None:
        """Something happened after what never happened; nothing did not."""
        np.testing.assert_array_equal(after(column(2.0, 1.0, 1.0, NAN), column(1.0, 2.0, NAN, NAN)), [1.0, 0.0, 1.0, 0.0])


class TestFamilies:
    SPREAD = np.array([[1.0, 4.0, 0.0, NAN], [1.0, 0.0, 0.0, NAN], [2.0, 0.0, 0.0, NAN]])

    def test_folds_over_the_family(self) -> None:
        """Sum, least, greatest and count go down each column."""
        np.testing.assert_array_equal(added(self.SPREAD), [4.0, 4.0, 0.0, NAN])
        np.testing.assert_array_equal(least(self.SPREAD), [1.0, 0.0, 0.0, NAN])
        np.testing.assert_array_equal(greatest(self.SPREAD), [2.0, 4.0, 0.0, NAN])
        np.testing.assert_array_equal(how_many(self.SPREAD > 0.0), [3.0, 1.0, 0.0, 0.0])

    def test_shares_of_nothing_are_unknown(self) -> None:
        """Who spent nothing has no favourite."""
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(top_share(self.SPREAD), [0.5, 1.0, NAN, NAN])
            np.testing.assert_array_equal(largest_at(self.SPREAD), [2.0, 0.0, NAN, NAN])

    def test_breadth_counts_what_is_above_zero(self) -> None:
        """Zero is a known breadth, unknown is not."""
        np.testing.assert_array_equal(breadth(self.SPREAD), [3.0, 1.0, 0.0, NAN])

    def test_entropy_runs_from_one_to_even(self) -> None:
        """All in one is 0; half in one and a quarter in each of two is 1 - 3/8."""
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(entropy(self.SPREAD), [0.625, 0.0, NAN, NAN])
