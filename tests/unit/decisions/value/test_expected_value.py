"""What a contact is worth, in money."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.compiler.compile_policy import compile_policy
from tests.unit.decisions.builders import channel, evidence, message, people, policy, settings


def _value(under: Any, **facts: Any) -> dict[str, float | None]:
    return people(under, **facts).compare()[0].value


class TestValue:
    """Each part of the sum, with figures worked out by hand."""

    def test_uplift_times_margin(self) -> None:
        """One in a hundred of the 80% who would not buy, 8,667 yen each (four own of 10,000, two expected of 6,000), 30% of it margin."""
        value = _value(policy([message(prior_uplift=0.01)]))

        assert value["uplift"] == pytest.approx(0.008)
        assert value["margin"] == pytest.approx(2_600.0)
        assert value["expected_value"] == pytest.approx(20.8)

    def test_a_second_purchase_brings_more_than_its_own_margin(self) -> None:
        """Half of the 4,000 yen that sets customers of two purchases apart, 30% of it margin; of a third purchase, nothing."""
        under = compile_policy(settings([message(prior_uplift=0.01)]), evidence(second_purchase=4_000.0))
        at_the_wall, beyond = (_value(under, purchase_count=count) for count in (1.0, 2.0))

        assert at_the_wall["margin"] == pytest.approx(0.3 * (10_000 + 2 * 6_000) / 3 + 600.0)
        assert beyond["margin"] == pytest.approx(0.3 * (2 * 10_000 + 2 * 6_000) / 4)

    def test_a_first_purchase_brings_more_than_its_own_margin(self) -> None:
        """Half of the 3,000 yen that new customers spend later, 30% of it margin; of somebody of whom nothing is known, nothing."""
        under = compile_policy(settings([message(prior_uplift=0.01)]), evidence(first_purchase=3_000.0))
        prospect, unknown = (_value(under, purchase_count=count, recency_days=4.0) for count in (0.0, np.nan))

        assert prospect["margin"] - unknown["margin"] == pytest.approx(450.0)

    def test_all_costs_are_taken_off_and_care_is_added(self) -> None:
        """20.8 - channel 10 - incentive 100 x 0.208 - unsubscribing 1% x 10% of (6,000 x 0.3) + care 5 = -6.8."""
        under = policy([message(prior_uplift=0.01, incentive_cost=100.0, care_value=5.0)], [channel(cost=10.0, unsubscribe_rate=0.01)])

        value = _value(under, p_purchase=0.2)

        assert value["p_purchase"] == pytest.approx(0.208)
        assert value["cost"] == pytest.approx(32.6)
        assert value["expected_value"] == pytest.approx(-6.8)

    def test_fatigue_grows_with_contacts_of_late(self) -> None:
        """One contact before doubles the cost of losing the customer: 1.8 becomes 3.6."""
        under = policy([message()], [channel(unsubscribe_rate=0.01)], contact_cap=5)

        assert _value(under, contacts_in_period=1)["cost"] == pytest.approx(3.6)

    def test_a_contact_adds_no_more_than_there_is_room_for(self) -> None:
        """Who buys anyway cannot be made to buy more surely than that."""
        value = _value(policy([message(prior_uplift=0.1)]), p_purchase=0.97)

        assert value["uplift"] == pytest.approx(0.003)
        assert value["p_purchase"] == pytest.approx(0.973)

    @pytest.mark.parametrize(("days", "chance"), [(7.0, 0.1), (14.0, 0.2), (10.5, 0.15), (3.5, 0.05), (200.0, 0.5)])
    def test_the_chance_is_read_between_horizons(self, days: float, chance: float) -> None:
        """Straight lines between 7, 14, 30, 60, 90 days, from nothing at day 0; the longest horizon is the end."""
        under = policy([message(response_days=days, prior_uplift=0.0)])

        assert _value(under, p_purchase=[[0.1, 0.2, 0.3, 0.4, 0.5]])["p_purchase"] == pytest.approx(chance)

    def test_a_margin_of_the_customers_own_goods_is_used_where_costs_are_known(self) -> None:
        """Half of a purchase of 8,667 rather than the shop's 30%."""
        assert _value(policy(), margin_rate=0.5)["margin"] == pytest.approx(26_000.0 / 6)

    def test_a_large_first_purchase_is_not_taken_for_the_usual_one(self) -> None:
        """The mean of one order of 50,000 counts for one, what the model expects for two; with twenty, the own mean leads."""
        once, often = (_value(policy(), mean_order_value=50_000.0, purchase_count=count)["margin"] for count in (1.0, 20.0))

        assert once == pytest.approx(0.3 * (50_000 + 2 * 6_000) / 3)
        assert often == pytest.approx(0.3 * (20 * 50_000 + 2 * 6_000) / 22)

    def test_who_has_not_bought_is_valued_by_what_the_model_expects(self) -> None:
        """6,000 yen over 2 purchases is 3,000 a purchase, 30% of it margin."""
        value = _value(policy(), mean_order_value=float("nan"), expected_purchases=2.0)

        assert value["margin"] == pytest.approx(900.0)

    def test_a_shop_in_another_currency_scales_what_the_presets_cost(self) -> None:
        """300 yen of calling at 0.01 is 3."""
        under = policy([message(channels=["call"], prior_uplift=0.0)], [channel("call", cost=300.0)], cost_scale=0.01)

        assert _value(under)["cost"] == pytest.approx(3.0)

    @pytest.mark.parametrize(
        "broken",
        [{"p_purchase": float("nan")}, {"p_purchase": 1.5}, {"p_purchase": -0.1}, {"expected_spend": -5.0}, {"mean_order_value": -5.0},
         {"expected_spend": float("inf")}, {"p_purchase": float("inf")}],
        ids=str,
    )  # fmt: skip
    def test_a_prediction_that_cannot_be_contacts_nobody(self, broken: dict[str, float]) -> None:
        """Not a chance, not a number, or money below zero."""
        row = people(policy(), **broken).row()

        assert (row["status"], row["reasons"][0]["code"]) == ("suppressed", "invalid_prediction")
