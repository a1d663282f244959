"""Recency, frequency, money and their changes."""

import math

import pytest

from features.summaries.summary import summarise
from otokui.domain import CutoffDate
from tests.builders import day, line, records, table, vector


def bought(*purchases: tuple[float, float], as_of: float = 100) -> dict[str, float]:
    """Return the features of somebody who paid so much on those days."""
    lines = [line(day(at), paid_amount=paid) for at, paid in purchases]
    row = table(summarise(records(order_lines=lines), CutoffDate(day(as_of))))["ada"]
    return vector(day(as_of), **{name: value for name, value in row.items() if isinstance(value, float)})


def test_recency_frequency_money() -> None:
    """Two purchases, ninety days between them, ten days ago."""
    features = bought((0, 100.0), (90, 300.0))

    assert features["recency_days"] == 10.0
    assert features["tenure_days"] == 100.0
    assert features["purchase_count"] == 2.0
    assert features["paid_sum"] == 400.0
    assert features["mean_order_value"] == 200.0
    assert features["largest_order_value"] == 300.0
    assert features["order_value_std"] == 100.0
    assert features["last_order_value"] == 300.0
    assert features["last_order_value_ratio"] == 1.5
    assert features["purchases_per_year"] == pytest.approx(7.305)


def test_what_one_purchase_cannot_tell_is_null() -> None:
    """No spread, no trend from a single purchase."""
    features = bought((90, 300.0))

    assert math.isnan(features["order_value_std"])
    assert math.isnan(features["order_value_trend"])
    assert features["repeat_count"] == 0.0
    assert features["last_repeat_age_days"] == 0.0


def test_order_value_trend_compares_two_with_two() -> None:
    """The last two against the two before."""
    assert bought((1, 100.0), (2, 100.0), (3, 150.0), (4, 150.0))["order_value_trend"] == 1.5


def test_decayed_rates_halve() -> None:
    """A purchase thirty days ago counts a half at a half-life of thirty days."""
    features = bought((70, 80.0))

    assert features["purchase_decay_30"] == pytest.approx(0.5)
    assert features["spend_decay_30"] == pytest.approx(40.0)
    assert features["purchase_decay_90"] == pytest.approx(0.5 ** (1 / 3))
    assert features["purchase_decay_14"] == pytest.approx(0.5 ** (30 / 14))
    assert features["purchase_decay_365"] == pytest.approx(0.5 ** (30 / 365))
    assert features["spend_decay_90"] == pytest.approx(80 * 0.5 ** (1 / 3))
    assert features["spend_decay_365"] == pytest.approx(80 * 0.5 ** (30 / 365))


def test_acceleration_tells_waking_from_falling_asleep() -> None:
    """Only lately is above one, only long ago is below."""
    waking, asleep = bought((99, 10.0), (98, 10.0)), bought((0, 10.0), (1, 10.0), as_of=400)

    for name in ("purchase_acceleration", "purchase_acceleration_short", "spend_acceleration"):
        assert waking[name] > 1.0 > asleep[name]


def test_share_of_tenure_in_which_somebody_was_active() -> None:
    """Bought for fifty days of a hundred."""
    assert bought((0, 1.0), (50, 1.0))["active_share_of_tenure"] == 0.5


def test_a_customer_without_a_record_has_no_features() -> None:
    """An unknown customer is unknown, not a customer of zero purchases."""
    features = vector(day(1))

    assert math.isnan(features["purchase_count"])
    assert math.isnan(features["recency_days"])
    assert math.isnan(features["undelivered_orders"])
