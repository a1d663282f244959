"""Behaviour other than buying."""

import math

import pytest

from features.summaries.summary import summarise
from otokui.domain import CutoffDate
from tests.builders import Row, day, event, line, records, table, vector


def behaved(*events: Row, as_of: float = 30, bought: float = 10) -> dict[str, float]:
    """Return the features of somebody with these events and one purchase."""
    row = table(summarise(records(events=events, order_lines=[line(day(bought))]), CutoffDate(day(as_of))))["ada"]
    return vector(day(as_of), **{name: value for name, value in row.items() if isinstance(value, float)})


def test_counts_and_ages() -> None:
    """A view, a search, a cart, a favourite and an enquiry."""
    features = behaved(
        event(day(20), "product_view"), event(day(16), "product_view"), event(day(0), "search"), event(day(25), "cart_add"),
        event(day(26), "cart_remove"), event(day(0), "favourite"), event(day(29), "enquiry"), event(day(28), "store_visit"),
        event(day(28), "app_open"), event(day(2), "event_attendance"), event(day(3), "download"), event(day(4), "something_else"),
    )  # fmt: skip

    assert features["visit_count"] == 11.0
    assert features["days_since_last_visit"] == 2.0
    assert features["days_since_product_view"] == 10.0
    assert features["product_view_decay_14"] == pytest.approx(0.5 ** (10 / 14) + 0.5)
    assert features["views_per_purchase"] == 2.0
    assert features["search_decay_30"] == pytest.approx(0.5)
    assert features["days_since_cart_add"] == 5.0
    assert features["cart_add_decay_30"] == pytest.approx(0.5 ** (5 / 30))
    assert features["cart_removal_share"] == 1.0
    assert features["favourite_decay_90"] == pytest.approx(0.5 ** (1 / 3))
    assert features["enquiry_count"] == 1.0
    assert features["days_since_enquiry"] == 1.0
    assert features["enquiry_decay_30"] == pytest.approx(0.5 ** (1 / 30))
    assert features["store_visit_share"] == pytest.approx(1 / 11)
    assert features["app_open_share"] == pytest.approx(1 / 11)
    assert features["attendance_count"] == 2.0


def test_a_sudden_drop_shows() -> None:
    """Visits that stopped read below one, visits that began above."""
    stopped = behaved(*(event(day(at)) for at in range(5)), as_of=60)
    began = behaved(*(event(day(at)) for at in range(55, 60)), as_of=60)

    assert stopped["visit_trend"] < 1.0
    assert began["visit_trend"] > 1.0
    assert stopped["visit_decay_14"] < stopped["visit_decay_90"]
    assert math.isnan(stopped["product_view_trend"])


def test_an_abandoned_cart_is_later_than_the_purchase() -> None:
    """A cart before the purchase was bought, one after it was not."""
    assert behaved(event(day(9), "cart_add"))["cart_since_purchase"] == 0.0
    assert behaved(event(day(11), "cart_add"))["cart_since_purchase"] == 1.0
    assert behaved(event(day(11), "product_view"))["viewed_since_purchase"] == 1.0


def test_without_behaviour_records_nothing_is_known() -> None:
    """A shop without events has nulls, not quiet customers."""
    row = table(summarise(records(order_lines=[line(day(0))]), CutoffDate(day(1))))["ada"]

    assert row["visit_count"] is None
    assert row["last_visit_at"] is None
