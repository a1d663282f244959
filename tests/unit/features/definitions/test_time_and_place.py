"""Where, when, and what is on its way."""

import math

import pytest

from features.summaries.summary import summarise
from otokui.domain import CutoffDate
from tests.builders import Row, day, delivery, line, order, records, table, vector


def ordered(orders: list[Row], deliveries: list[Row], as_of: float = 20) -> float:
    """Return undelivered_orders of somebody with these orders and deliveries."""
    lines = [line(row["ordered_at"], cancelled_at=row.get("cancelled_at")) for row in orders]
    frames = records(orders=orders, order_lines=lines, deliveries=deliveries)
    row = table(summarise(frames, CutoffDate(day(as_of))))["ada"]
    return vector(day(as_of), **{k: v for k, v in row.items() if isinstance(v, float)})["undelivered_orders"]


class TestUndeliveredOrders:
    def test_an_order_without_delivery_is_on_its_way(self) -> None:
        """Ordered online a day ago."""
        assert ordered([order(day(19), place="ec")], []) == 1.0

    def test_it_arrives(self) -> None:
        """Its delivery is known."""
        assert ordered([order(day(10), place="ec")], [delivery(day(11), ordered_at=day(10))]) == 0.0

    def test_one_of_two(self) -> None:
        """The older arrived, the newer did not."""
        orders = [order(day(10), place="ec"), order(day(15), place="phone")]
        assert ordered(orders, [delivery(day(11), ordered_at=day(10))]) == 1.0

    def test_the_newer_overtakes_the_older(self) -> None:
        """The newer arrived, the older did not: still one on its way."""
        orders = [order(day(10), place="ec"), order(day(15), place="ec")]
        assert ordered(orders, [delivery(day(16), ordered_at=day(15))]) == 1.0

    def test_the_delivery_of_something_else_hides_nothing(self) -> None:
        """A delivery of a store's order does not stand for the newest online order."""
        orders = [order(day(10), place="store"), order(day(15), place="ec")]
        assert ordered(orders, [delivery(day(11), ordered_at=day(10), place="store")]) == 1.0

    def test_what_was_carried_home_meanwhile_hides_nothing(self) -> None:
        """A till calls a purchase delivered at once: newer than the online order that is still on its way, it is not that order."""
        orders = [order(day(15), place="ec"), order(day(16), place="store")]
        assert ordered(orders, [delivery(day(16), ordered_at=day(16), place="store")]) == 1.0

    def test_a_delivery_of_an_order_of_unknown_place_hides_nothing(self) -> None:
        """It may have been brought; it stands for no order that is known to be brought."""
        orders = [order(day(15), place="ec"), order(day(16), place=None)]
        assert ordered(orders, [delivery(day(17), ordered_at=day(16), place=None)]) == 1.0

    @pytest.mark.parametrize("changes", [{"place": "store"}, {"place": None}, {"place": "ec", "cancelled_at": day(11)}])
    def test_what_is_not_brought_is_not_awaited(self, changes: Row) -> None:
        """Carried home, unknown or cancelled."""
        assert ordered([order(day(10), **changes)], []) == 0.0

    def test_given_up_after_45_days(self) -> None:
        """Nobody waits for ever."""
        assert ordered([order(day(0), place="ec")], [], as_of=44) == 1.0
        assert ordered([order(day(0), place="ec")], [], as_of=46) == 0.0

    def test_old_orders_without_delivery_do_not_block_for_ever(self) -> None:
        """The shop began to record deliveries lately; the newest order arrived."""
        old = [order(day(at), place="ec") for at in (0, 30, 60)]
        new = order(day(200), place="ec")
        assert ordered([*old, new], [delivery(day(201), ordered_at=day(200))], as_of=202) == 0.0

    def test_unknown_without_an_order_table(self) -> None:
        """Null, so that a rule that permits on zero refuses."""
        row = table(summarise(records(order_lines=[line(day(1))]), CutoffDate(day(2))))["ada"]
        assert math.isnan(vector(day(2), **{k: v for k, v in row.items() if isinstance(v, float)})["undelivered_orders"])

    def test_without_deliveries_nothing_has_arrived(self) -> None:
        """A shop that never says when things arrive."""
        row = table(summarise(records(orders=[order(day(1), place="ec")]), CutoffDate(day(2))))["ada"]
        assert vector(day(2), **{k: v for k, v in row.items() if isinstance(v, float)})["undelivered_orders"] == 1.0


def test_shares() -> None:
    """Counts over counts."""
    features = vector(
        day(0), purchase_count=4, cancelled_count=1, coupon_count=2, place_ec_count=1, place_store_count=3, place_phone_count=0,
        weekend_purchase_count=1, purchase_quarter_1=3, purchase_quarter_2=0, purchase_quarter_3=1, purchase_quarter_4=0,
        delivered_count=2, delivery_days_sum=5, last_delivered_at=day(-2),
        **{f"active_hour_{k}": float(k in (2, 6, 7)) for k in range(8)},
    )  # fmt: skip

    assert features["cancelled_share"] == 0.2
    assert features["coupon_share"] == 0.5
    assert features["ec_share"] == 0.25
    assert features["store_share"] == 0.75
    assert features["weekend_share"] == 0.25
    assert features["season_share"] == 0.75
    assert features["season_concentration"] == 0.75
    assert features["mean_delivery_days"] == 2.5
    assert features["days_since_delivery"] == 2.0
    assert features["evening_share"] == pytest.approx(2 / 3)
    assert features["morning_share"] == pytest.approx(1 / 3)


def test_the_season_is_the_shops() -> None:
    """Midnight UTC before the first of April is April in Tokyo."""
    facts = {"purchase_count": 4, "purchase_quarter_1": 3, "purchase_quarter_2": 1, "purchase_quarter_3": 0, "purchase_quarter_4": 0}

    assert vector(day(89, 20), **facts)["season_share"] == 0.75
    assert vector(day(89, 20), local_offset_seconds=9 * 3600, **facts)["season_share"] == 0.25
