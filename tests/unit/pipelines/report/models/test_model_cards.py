"""What the report reads off a model without loading it."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pytest

from pipelines.report.models.model_cards import split_gains
from pipelines.report.wording.metrics import by_horizon, ranked_right


def test_split_gains_are_those_of_lightgbm() -> None:
    """Summed from the text, they are what the Booster says."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(300, 3))
    target = (values[:, 0] + 0.5 * values[:, 1] > 0).astype(float)
    data = lgb.Dataset(values, target, feature_name=["recency_days", "paid_sum", "noise"])
    booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 1}, data, 5)

    gains = split_gains(booster.model_to_string())

    assert [gains.get(name, 0.0) for name in booster.feature_name()] == pytest.approx(list(booster.feature_importance("gain")))
    assert max(gains, key=gains.__getitem__) == "recency_days"


def test_a_damaged_text_tells_nothing_and_kills_nobody() -> None:
    """LightGBM's own loader would end the process on such a text."""
    assert split_gains("split_feature=0 1 9\nsplit_gain=1 2 3\n\x00garbage") == {}


def test_metrics_are_laid_out_by_horizon() -> None:
    """Thirty figures of a curve are a table, not a list."""
    once, days, several = by_horizon({"concordance": 0.7, "auc_7d": 0.8, "auc_30d": 0.75, "brier_30d": 0.1})

    assert once == {"concordance": 0.7}
    assert days == [7, 30]
    assert several == {"auc": {7: 0.8, 30: 0.75}, "brier": {30: 0.1}}


@pytest.mark.parametrize(
    ("metrics", "right"), [({"auc": 0.834}, 83), ({"auc_7d": 0.9, "auc_60d": 0.8, "auc_14d": 0.71}, 71), ({"rmse": 3.0}, None), ({}, None)]
)
def test_the_ranking_is_said_where_there_is_one(metrics: dict[str, float], right: int | None) -> None:
    """By the horizon nearest to a month; money and counts are not ranked by it."""
    assert ranked_right(metrics) == right
