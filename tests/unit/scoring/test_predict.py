"""What predict says, and what it says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.domain import DAY, Instant, Label
from otokui.errors import FeatureSetMismatch
from otokui.frames import Batch, Predictions, texts
from otokui.settings.definitions import Definitions, LoyalRule
from scoring.base_models.purchase_times import HOURS, WEEKDAYS
from scoring.model_files.loader import Model, ModelSet
from scoring.model_files.manifest import read_manifest
from scoring.predict import predict
from tests.unit.training import small_shop

NOW = Instant(small_shop.START + 300 * DAY)
DEFINITIONS = Definitions(churn_days=45, loyal_horizon_days=30)
HORIZONS = (7, 14, 30, 60, 90, 1_000)


@pytest.fixture(scope="module")
def models() -> ModelSet:
    """All five models of the small shop."""
    return small_shop.model_set(small_shop.trained(small_shop.purchases()))


@pytest.fixture(scope="module")
def everybody() -> Batch:
    """All customers of the small shop as of its last day."""
    return small_shop.vectors(small_shop.purchases(), NOW)


def told(batch: Batch, models: ModelSet, definitions: Definitions = DEFINITIONS) -> Predictions:
    return predict(batch, models, as_of=NOW, horizons_days=HORIZONS, definitions=definitions)


def test_the_five_forecasts_agree_with_one_another(models: ModelSet, everybody: Batch) -> None:
    """Chances rise with the horizon, a mean count is no less than the chance of one, quantiles are in order."""
    out = told(everybody, models)

    assert (np.diff(out.p_purchase, axis=1) >= 0).all()
    assert (out.expected_purchases >= out.p_purchase).all()
    assert (np.diff(out.expected_spend, axis=1) >= 0).all()
    assert (out.days_to_next_p10 <= out.days_to_next_median).all()
    assert (out.days_to_next_median <= out.days_to_next_p90).all()
    assert (out.days_to_next_p90 <= 3_650).all()
    assert out.missing == {}
    assert set(out.models) == {str(label) for label in Label}


def test_who_bought_often_and_lately_buys_sooner_than_who_left(models: ModelSet) -> None:
    """A weekly buyer of yesterday against a one-time buyer of nine months ago."""
    nan = np.nan
    rows = np.array([[1, 280, 40, 80_000, 0.14, 7.0, 1, 0], [270, 270, 1, 2_000, nan, nan, 1, 0]], dtype=np.float64)
    out = told(Batch(texts(["weekly", "gone"]), small_shop.NAMES, rows), models)

    assert out.p_purchase[0, 2] > 0.8 > 0.2 > out.p_purchase[1, 2]
    assert out.churn_probability[0] < 0.3 < 0.8 < out.churn_probability[1]
    assert out.days_to_next_median[0] < 15


def test_an_unknown_customer_gets_the_pooled_prediction(models: ModelSet) -> None:
    """Marked as not known; every value finite, the same for everybody unknown."""
    out = told(Batch(texts(["x", "y"]), small_shop.NAMES, np.full((2, len(small_shop.NAMES)), np.nan)), models)

    assert out.known.tolist() == [False, False]
    for values in (out.p_purchase, out.expected_purchases, out.expected_spend, out.median_purchases):
        assert np.isfinite(values).all()
        assert (values[0] == values[1]).all()
    assert out.churn_probability[0] == pytest.approx(models.models[Label.CHURN].manifest.pooled.mean)


def test_own_saturdays_tell_and_the_unknown_get_the_shops(models: ModelSet, everybody: Batch) -> None:
    """Twenty purchases on Saturdays at noon against nothing known; an unknown customer gets what the shop's habits say."""
    two = everybody.rows(slice(0, 2))
    counts = np.zeros((2, 15))
    counts[0, [5, 11]] = 20.0
    summaries = Batch(two.customer_ids, (*WEEKDAYS, *HOURS), counts)
    out = predict(two, models, as_of=NOW, horizons_days=HORIZONS, definitions=DEFINITIONS, summaries=summaries)
    shop = told(two, models)

    assert out.moments()[0][0].argmax() == 5
    assert out.moments()[1][0].argmax() == 4
    for said, of_shop in zip(out.moments(), shop.moments(), strict=True):
        assert said[1].tolist() == of_shop[1].tolist()


def test_today_is_the_shops_own(models: ModelSet, everybody: Batch) -> None:
    """Where it is another day already, the chances move on by a weekday."""
    there = predict(everybody, models, as_of=NOW, horizons_days=HORIZONS, definitions=DEFINITIONS, local_offset_seconds=12 * 3_600)

    assert not np.allclose(there.moments()[0], told(everybody, models).moments()[0])


def test_a_model_of_before_names_no_weekday(models: ModelSet, everybody: Batch) -> None:
    """Its manifest has no habits; everything else is said as before."""
    old = models.models[Label.NEXT_PURCHASE]
    text = old.manifest.model_copy(update={"habits": None}).model_dump_json(exclude_none=True)
    before = Model(read_manifest(text), old.digest, old.booster)
    out = told(everybody, ModelSet({**models.models, Label.NEXT_PURCHASE: before}))

    assert np.isnan(out.columns()["p_next_purchase_weekday_1"]).all()
    assert np.isnan(out.columns()["p_next_purchase_hours_21"]).all()
    assert out.p_purchase.tobytes() == told(everybody, models).p_purchase.tobytes()


def test_without_models_everything_is_missing_and_nothing_is_guessed(everybody: Batch) -> None:
    """NaN throughout, a reason for each label, and still a state for everybody."""
    out = told(everybody, ModelSet({}))

    assert np.isnan(out.p_purchase).all()
    assert np.isnan(out.churn_probability).all()
    assert sorted(out.missing) == ["churn", "future_loyal", "next_purchase", "purchase_count", "spend"]
    assert len(out.state) == len(everybody)


def test_another_churn_horizon_is_read_off_the_curve(models: ModelSet, everybody: Batch) -> None:
    """No retraining: churn over 60 days is one minus the chance of a purchase within 60 days."""
    out = told(everybody, models, Definitions(churn_days=60, loyal_horizon_days=30))

    assert out.churn_probability == pytest.approx(1 - out.p_purchase[:, 3])
    assert out.models["churn"] == out.models["next_purchase"]


def test_another_loyal_rule_is_not_answered_by_the_old_model(models: ModelSet, everybody: Batch) -> None:
    """A model of three purchases says nothing of five."""
    out = told(everybody, models, Definitions(churn_days=45, loyal=LoyalRule(purchases_at_least=5)))

    assert np.isnan(out.future_loyal_probability).all()
    assert "another rule" in out.missing["future_loyal"]


def test_vectors_without_a_feature_are_refused(models: ModelSet, everybody: Batch) -> None:
    """By name, not by a wrong column."""
    fewer = Batch(everybody.customer_ids, everybody.names[:-1], everybody.values[:, :-1])

    with pytest.raises(FeatureSetMismatch, match="month"):
        told(fewer, models)


def test_columns_are_taken_by_name_not_by_place(models: ModelSet, everybody: Batch) -> None:
    """The same columns in another order give the same predictions."""
    back = Batch(everybody.customer_ids, everybody.names[::-1], np.ascontiguousarray(everybody.values[:, ::-1]))

    assert told(back, models).p_purchase.tobytes() == told(everybody, models).p_purchase.tobytes()


def test_nobody_gives_no_rows(models: ModelSet, everybody: Batch) -> None:
    """An empty batch is an answer too."""
    assert len(told(everybody.rows(slice(0, 0)), models)) == 0
