"""What a message is about, and whom that suits."""

from __future__ import annotations

import numpy as np

from simulator.customers.message_relevance import Theme, relevance, themes
from simulator.customers.people import NEED, SALE, TREND
from tests.unit.simulator.shops import MESSAGES, SETTINGS, shop


def about(message_id: str) -> Theme:
    return Theme(int(themes(SETTINGS.messages)[MESSAGES.index(message_id)].argmax()))


class TestThemes:
    def test_the_presets_speak_of_what_they_say(self) -> None:
        """Read from objective, scenario and conditions."""
        assert about("second_purchase") is Theme.SECOND
        assert about("replenish_used_up") is Theme.NEED
        assert about("winback_at_risk") is Theme.COME_BACK
        assert about("sale_notice") is Theme.PRICE
        assert about("new_arrivals") is Theme.NOVELTY
        assert about("abandoned_cart") is Theme.INTEREST
        assert about("birthday") is Theme.CARE

    def test_a_name_alone_changes_nothing(self) -> None:
        """Renamed, a message is about the same."""
        message = SETTINGS.messages[0]
        renamed = message.model_copy(update={"message_id": "summer_sale"})

        assert (themes([message]) == themes([renamed])).all()

    def test_an_incentive_speaks_of_price(self) -> None:
        """The same message with a coupon is a little about money."""
        message = SETTINGS.messages[0]
        with_coupon = message.model_copy(update={"incentive_cost": 300.0})

        assert themes([message])[0, Theme.PRICE] == 0.0
        assert themes([with_coupon])[0, Theme.PRICE] > 0.0


class TestRelevance:
    def test_each_temperament_has_its_own_message(self) -> None:
        """News for the trend-first, use for the need-led who are due, sales for the sale-only."""
        world = shop(days=120)
        who = np.flatnonzero(world.state.alive & (world.state.purchases > 1))
        gap = 1.0 / world.people.rate[who]
        world.state.last_purchase[who] = np.round(world.day - gap)
        names = ("new_arrivals", "replenish_used_up", "sale_notice")

        fits = [
            relevance(world.theme_weights, world.people, world.state, world.today, who, np.full(len(who), MESSAGES.index(m))) for m in names
        ]

        temper = world.people.temperament[who]
        means = {t: [float(f[temper == t].mean()) for f in fits] for t in (TREND, NEED, SALE)}
        assert [int(np.argmax(means[t])) for t in (TREND, NEED, SALE)] == [0, 1, 2]

    def test_a_second_purchase_is_asked_of_nobody_else(self) -> None:
        """Of who bought once, three weeks ago, it fits; of who bought often, not at all but for what is general."""
        world = shop(days=60)
        who = np.array([0, 1])
        world.state.purchases[who] = (1, 5)
        world.state.last_purchase[who] = world.day - 25

        fits = relevance(world.theme_weights, world.people, world.state, world.today, who, np.full(2, MESSAGES.index("second_purchase")))

        assert fits[0] > 1.0
        assert fits[1] < 0.1
