"""Gaps between purchases."""

import math

import pytest

from tests.builders import day, vector


def rhythm(*days: float, as_of: float = 100) -> dict[str, float]:
    """Return the features of somebody who bought on these days, newest first."""
    facts = {f"purchase_at_{k}": day(at) for k, at in enumerate(days[:8], 1)}
    return vector(day(as_of), purchase_count=len(days), first_purchase_at=day(days[-1]), last_purchase_at=day(days[0]), **facts)


def test_gaps_of_four_purchases() -> None:
    """Gaps of 20, 10 and 30 days, the last purchase 40 days ago."""
    features = rhythm(60, 40, 30, 0)

    assert features["mean_gap_days"] == 20.0
    assert features["recent_gap_mean_days"] == 20.0
    assert features["recent_gap_min_days"] == 10.0
    assert features["recent_gap_max_days"] == 30.0
    assert features["recent_gap_std_days"] == pytest.approx(8.16496580927726)
    assert features["last_gap_days"] == 20.0
    assert features["second_last_gap_days"] == 10.0
    assert features["gap_trend"] == 1.0
    assert features["gap_variation"] == pytest.approx(0.408248290463863)
    assert features["overdue_ratio"] == 2.0
    assert features["recent_overdue_ratio"] == 2.0
    assert features["longest_gap_ratio"] == pytest.approx(40 / 30)
    assert features["overdue_deviations"] == pytest.approx(2.449489742783178)
    assert features["days_to_expected_purchase"] == -20.0


def test_recent_gaps_look_at_eight_purchases_only() -> None:
    """The lifetime mean remembers what the recent one has forgotten."""
    features = rhythm(97, 96, 95, 94, 93, 92, 91, 90, 0)

    assert features["recent_gap_mean_days"] == 1.0
    assert features["mean_gap_days"] == pytest.approx(97 / 8)


def test_one_purchase_has_no_rhythm() -> None:
    """No gap: every feature of rhythm is null."""
    features = rhythm(50)

    for name in ("mean_gap_days", "recent_gap_mean_days", "recent_gap_min_days", "overdue_ratio", "gap_variation", "last_gap_days"):
        assert math.isnan(features[name])


def test_two_purchases_have_a_gap_but_no_spread() -> None:
    """One gap says nothing about regularity."""
    features = rhythm(50, 40)

    assert features["recent_gap_mean_days"] == 10.0
    assert math.isnan(features["recent_gap_std_days"])
    assert math.isnan(features["overdue_deviations"])


def test_purchases_of_one_moment_are_no_rhythm() -> None:
    """A gap of nothing cannot be overdue; infinity never leaves."""
    features = rhythm(50, 50)

    assert features["recent_gap_mean_days"] == 0.0
    assert math.isnan(features["overdue_ratio"])
    assert math.isnan(features["gap_trend"])
