"""What is in the basket."""

import math

import pytest

from tests.builders import day, vector


def test_basket_and_price() -> None:
    """Per order, per piece, against list price."""
    features = vector(
        day(0), purchase_count=2, quantity_sum=6, line_count=3, paid_sum=300, list_sum=400, discount_sum=100, listed_paid_sum=300,
        discounted_paid_sum=75, returned_quantity_sum=3, costed_paid_sum=200, margin_sum=50, new_arrival_paid_sum=30,
        replenish_due_at=day(-3),
    )  # fmt: skip

    assert features["pieces_per_order"] == 3.0
    assert features["lines_per_order"] == 1.5
    assert features["mean_unit_price"] == 50.0
    assert features["discount_share"] == 0.25
    assert features["list_price_share"] == 0.75
    assert features["discount_depth"] == 0.25
    assert features["return_share"] == 0.5
    assert features["margin_rate"] == 0.25
    assert features["new_arrival_share"] == 0.1
    assert features["days_to_replenishment"] == -3.0


@pytest.mark.parametrize(("kind", "buckets"), [("category", 12), ("taste", 8), ("brand", 8)])
def test_spread_over_buckets(kind: str, buckets: int) -> None:
    """Three quarters in one bucket, a quarter in another."""
    spend = {f"{kind}_spend_{i}": 0.0 for i in range(buckets)} | {f"{kind}_spend_3": 75.0, f"{kind}_spend_5": 25.0}

    features = vector(day(0), **spend)

    assert features[f"top_{kind}_share"] == 0.75
    assert features[f"{kind}_breadth"] == 2.0
    assert features[f"{kind}_entropy"] == 0.375
    if kind == "category":
        assert features["favourite_category"] == 3.0


def test_without_list_prices_nothing_is_said_of_discounts() -> None:
    """No list price is not full price."""
    features = vector(day(0), purchase_count=1, paid_sum=100, list_sum=0, discount_sum=0, listed_paid_sum=0, discounted_paid_sum=0)

    assert math.isnan(features["discount_share"])
    assert math.isnan(features["list_price_share"])
    assert math.isnan(features["discount_depth"])
