"""A model's metrics for people who do not know their names."""

from __future__ import annotations

import pytest

from pipelines.report.wording.metrics import in_words, usual


@pytest.mark.parametrize(
    ("metrics", "told"),
    [
        (
            {"auc": 0.8254, "log_loss": 0.45, "calibration_error": 0.0636},
            "of two customers it ranks the right one higher 83 times in 100, its chances are off by 6.4 points",
        ),
        (
            {"auc_7d": 0.6, "auc_30d": 0.71, "calibration_error_30d": 0.01, "coverage_80": 0.812},
            "of two customers it ranks the right one higher 71 times in 100, its chances are off by 1.0 points, "
            "its 80% range of days held 81%",
        ),
        ({"rmse": 0.54, "bias": -0.098}, "its total was 10% below what came"),
        ({"bias": 0.02}, "its total was 2% above what came"),
        ({"auc": float("nan"), "rmse": 1.0}, ""),
    ],
)
def test_in_words(metrics: dict[str, float], told: str) -> None:
    """What each kind of model has; a figure that is no number is not told."""
    assert in_words(metrics) == told


def test_the_horizon_nearest_to_a_month_speaks() -> None:
    """Of several horizons one is enough for a sentence."""
    assert usual({"auc_7d": 0.6, "auc_14d": 0.65, "auc_90d": 0.8}, "auc") == 0.65
