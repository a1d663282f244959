"""What a contact does, mechanism by mechanism, in the odds themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.mechanisms.contact_response import Odds, odds
from simulator.settings.contact_settings import ResponseSettings
from simulator.settings.world_settings import WorldSettings
from simulator.world import World
from tests.unit.simulator.shops import CHANNELS, MESSAGES, shop


@pytest.fixture
def world() -> World:
    """A shop in its fourth month; customer 0 is awake, moved by messages, and can be reached."""
    made = shop(days=100)
    made.people.suggestible[0], made.people.disturbed[0], made.people.temperament[0] = 1.0, False, 2
    made.people.regular[0], made.people.chronotype[0] = False, 1
    made.people.arrival_day[0], made.people.reachable[0], made.state.consented[0] = 0, True, True
    made.state.alive[0], made.state.purchases[0], made.state.last_purchase[0] = True, 4, made.day - 40
    made.state.undelivered_until[0], made.state.fatigue[0], made.state.leaves_on[0] = 0, 0.0, -10_000
    return made


def ask(world: World, *, message: str = "sale_notice", channel: str = "email", hour: int = 12) -> Odds:
    return odds(world, np.array([0]), np.array([MESSAGES.index(message)]), np.array([CHANNELS.index(channel)]), np.array([hour]))


class TestOdds:
    def test_fatigue_takes_attention_and_adds_annoyance(self, world: World) -> None:
        """After five contacts less is read, less is bought, and more is refused."""
        fresh = ask(world)
        world.state.fatigue[0] = 5.0
        tired = ask(world)

        assert tired.see[0] < 0.6 * fresh.see[0]
        assert tired.pull[0] < fresh.pull[0]
        assert tired.unsubscribe[0] > 2 * fresh.unsubscribe[0]

    def test_who_waits_for_a_parcel_does_not_want_to_be_sold_to(self, world: World) -> None:
        """Nothing is added while an order is under way, and annoyance grows."""
        before = ask(world)
        world.state.undelivered_until[0] = world.day + 2
        waiting = ask(world)

        assert before.pull[0] > 0.0
        assert waiting.pull[0] == 0.0
        assert waiting.unsubscribe[0] > before.unsubscribe[0]

    def test_right_after_a_purchase_little_is_added(self, world: World) -> None:
        """A day after buying, a quarter at most."""
        before = ask(world)
        world.state.last_purchase[0] = world.day - 1

        assert 0.0 < ask(world).pull[0] <= 0.26 * before.pull[0]

    def test_the_hour_matters_to_who_reads_at_noon(self, world: World) -> None:
        """At lunch more than twice as much is read as at four."""
        assert ask(world, hour=12).see[0] > 1.4 * ask(world, hour=16).see[0]

    def test_a_channel_without_an_address_reaches_nobody(self, world: World) -> None:
        """Nor one on which the customer has not come yet."""
        world.people.reachable[0, CHANNELS.index("line")] = False

        assert ask(world, channel="line").arrive[0] == 0.0

    def test_contact_without_consent_draws_complaints(self, world: World) -> None:
        """Thirty times what a customer who agreed would complain."""
        asked = ask(world).complain[0]
        world.state.consented[0] = False

        assert ask(world).complain[0] > 30 * asked

    def test_the_disturbed_buy_less_and_lost_causes_nothing_more(self, world: World) -> None:
        """Do-not-disturbs are shunned away; a suggestibility of zero adds nothing."""
        world.people.disturbed[0] = True
        disturbed = ask(world)
        world.people.disturbed[0], world.people.suggestible[0] = False, 0.0
        lost = ask(world)

        assert (disturbed.pull[0], disturbed.shun[0]) == (0.0, 0.35)
        assert (lost.pull[0], lost.shun[0]) == (0.0, 0.0)

    def test_only_who_is_about_to_leave_can_be_kept(self, world: World) -> None:
        """A call with an offer keeps some of those whose day has been set."""
        staying = ask(world, message="retention_call", channel="call")
        world.state.leaves_on[0] = world.day + 9
        leaving = ask(world, message="retention_call", channel="call")

        assert staying.save[0] == 0.0
        assert leaving.save[0] > 0.3

    def test_without_strength_nothing_touches_a_purchase(self) -> None:
        """Pull, shun, saving and goodwill are all nought."""
        world = shop(WorldSettings(response=ResponseSettings(strength=0.0)), days=60)
        who = np.arange(400)
        found: Any = odds(world, who, np.full(400, 6), np.full(400, 0), np.full(400, 12))

        assert max(float(x.max()) for x in (found.pull, found.shun, found.save, found.goodwill)) == 0.0
