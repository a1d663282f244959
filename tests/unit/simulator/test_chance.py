"""Draws that depend on nothing but what they are for."""

from __future__ import annotations

import numpy as np

from simulator.chance import Chance


class TestChance:
    def test_a_draw_is_the_same_whoever_else_is_drawn(self) -> None:
        """Customer 5 gets the same number alone and in a crowd."""
        chance = Chance(1)

        alone = chance.uniform("buy", np.array([5]), 3)

        assert alone[0] == chance.uniform("buy", np.arange(10), 3)[5]

    def test_mechanism_day_part_and_seed_each_make_another_draw(self) -> None:
        """Five ways of asking, five numbers."""
        who = np.array([5])
        draws = [
            Chance(1).uniform("buy", who, 3), Chance(2).uniform("buy", who, 3), Chance(1).uniform("see", who, 3),
            Chance(1).uniform("buy", who, 4), Chance(1).uniform("buy", who, 3, part=1),
        ]  # fmt: skip
        assert len({float(d[0]) for d in draws}) == 5

    def test_draws_are_even_and_independent(self) -> None:
        """Means, spread and correlations of 200,000 draws are those of the uniform distribution."""
        chance, who = Chance(3), np.arange(200_000)

        one, other, tomorrow = chance.uniform("a", who, 1), chance.uniform("b", who, 1), chance.uniform("a", who, 2)

        assert abs(one.mean() - 0.5) < 0.003
        assert abs(one.var() - 1 / 12) < 0.001
        assert np.abs(np.corrcoef([one, other, tomorrow, np.roll(one, 1)]) - np.eye(4)).max() < 0.01
        assert one.min() > 0.0
        assert one.max() < 1.0

    def test_choices_follow_their_weights(self) -> None:
        """A weight of zero is never drawn, three quarters are three quarters."""
        drawn = Chance(3).choice("c", np.arange(40_000), (3, 0, 1))

        shares = np.bincount(drawn, minlength=3) / 40_000
        assert shares[1] == 0.0
        assert abs(shares[0] - 0.75) < 0.01
