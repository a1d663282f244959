"""The oracle's expectation is what the world does, on average over many customers in twin worlds."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.oracle.truth import expected_effect, expected_value
from simulator.sends import Sends
from simulator.settings.contact_settings import ResponseSettings
from simulator.settings.world_settings import WorldSettings
from simulator.worlds import load_world
from tests.unit.simulator.shops import CHANNELS, MESSAGES, sent, shop

DAYS = 45


@pytest.mark.slow
@pytest.mark.parametrize("message", ["sale_notice", "winback_at_risk", "abandoned_cart", "nurture_future_loyal"])
def test_what_is_expected_is_what_happens(message: str) -> None:
    """E-mail to the promising quarter: the mean incremental profit of the twins lies within three standard errors and a third."""
    world = shop(customers=12_000, seed=1, days=150)
    who = np.flatnonzero(world.state.alive & world.state.consented[:, CHANNELS.index("email")])
    many = len(who)
    expected = expected_value(world, who, np.full(many, MESSAGES.index(message)), np.zeros(many, dtype=np.int64), np.full(many, 12), DAYS)
    best = np.argsort(-expected)[: many // 4]
    twin = world.fork()
    made = np.zeros(12_000)
    for day in range(DAYS):
        contacts = sent(world, who[best], message=message) if day == 0 else Sends.none()
        made += world.live(contacts).profit - twin.live(Sends.none()).profit

    error = made[who[best]].std() / np.sqrt(len(best))
    assert expected[best].mean() > 0.0
    assert abs(made[who[best]].mean() - expected[best].mean()) < 3 * error + expected[best].mean() / 3


@pytest.mark.slow
def test_effects_of_a_season_sum_to_what_it_earns() -> None:
    """E-mail every week to customers who tire soon: the twins' difference lies within three standard errors of the sum of effects.

    What a contact takes from those to come is no part of that sum: it shows in theirs.
    """
    world = shop(load_world("fickle"), customers=8_000, seed=1, days=150)
    twin = world.fork()
    made, effects, values = np.zeros((3, 8_000))
    for day in range(70):
        contacts = Sends.none()
        if day < 42 and day % 7 == 0:
            contacts = sent(world, np.flatnonzero(world.state.alive & world.state.consented[:, CHANNELS.index("email")]))
            told = (world, contacts.customer, contacts.message, contacts.channel, np.full(len(contacts), 12), 70.0 - day)
            effects[contacts.customer] += expected_effect(*told)
            values[contacts.customer] += expected_value(*told)
        made += world.live(contacts).profit - twin.live(Sends.none()).profit

    error = made.std() / np.sqrt(len(made))
    assert abs(made.mean() - effects.mean()) < 3 * error
    assert values.mean() < made.mean() - 3 * error


def test_where_contact_does_nothing_silence_is_best() -> None:
    """No contact of any message over any channel is worth its cost."""
    world = shop(WorldSettings(response=ResponseSettings(strength=0.0)), days=90)
    who = np.flatnonzero(world.state.alive)
    for message in range(len(MESSAGES)):
        for channel in range(len(CHANNELS)):
            value = expected_value(world, who, np.full(len(who), message), np.full(len(who), channel), np.full(len(who), 12))
            assert value.max() <= 0.0


def test_an_incentive_for_who_buys_anyway_is_money_lost() -> None:
    """A sure thing, due and hardly moved, is worth less with a coupon of 300 than without."""
    world = shop(days=120)
    who = np.flatnonzero(world.state.alive & (world.state.purchases > 1))
    world.people.suggestible[who] = 0.01
    world.people.rate[who] = 0.2

    plain, coupon = (
        expected_value(world, who, np.full(len(who), MESSAGES.index(m)), np.zeros(len(who), dtype=np.int64), np.full(len(who), 12))
        for m in ("nurture_future_loyal", "winback_at_risk")
    )

    assert coupon.mean() < plain.mean() - 100.0
