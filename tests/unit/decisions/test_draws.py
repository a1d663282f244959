"""Everything drawn by hash: control groups, exploration, names of decisions."""

from __future__ import annotations

import numpy as np
import pytest

from decisions.explore import chances, explore
from decisions.holdout import in_scenario_control, scenario_key, units
from decisions.identity import models_digest, name_decisions
from otokui.frames import texts
from otokui.hashing import unit_interval

GOLDEN = [0.6378715680498027, 0.7086816025698914, 0.7473189821605244]
GOLDEN_NAME = (["d3962286a1c6446410ada4c1e50121c5"], [0.4273340900359768])


class TestHoldout:
    """The number each customer draws."""

    def test_golden_values(self) -> None:
        """Changed values would put customers into other groups in the middle of a measurement."""
        drawn = units(["c-1", "c-2", "顧客-三"], "otokui")

        assert drawn.tolist() == GOLDEN

    def test_it_is_the_draw_every_room_makes(self) -> None:
        """The fast form over many customers equals the plain one over each."""
        ids = [f"c-{i}" for i in range(100)]

        assert units(ids, "salt/f2").tolist() == [unit_interval(i, "salt/f2") for i in ids]

    def test_a_scenario_whose_key_is_too_long_is_not_cut(self) -> None:
        """BLAKE2b takes 64 bytes; two long names that differ at the end have different keys."""
        assert scenario_key("otokui", "シナリオ" * 10 + "甲") != scenario_key("otokui", "シナリオ" * 10 + "乙")
        assert len(scenario_key("otokui", "x" * 100)) == 64

    def test_a_larger_share_only_adds(self) -> None:
        """Who was held back at a tenth is held back at a fifth."""
        ids, first = texts([f"c-{i}" for i in range(2_000)]), np.zeros(2_000, dtype=np.int64)

        small, large = (in_scenario_control(ids, first, ("f2",), "s", share) for share in (0.1, 0.2))

        assert bool((large | ~small).all())
        assert 0 < small.sum() < large.sum()

    def test_without_a_scenario_there_is_no_group(self) -> None:
        """-1 stands for nothing chosen."""
        assert in_scenario_control(texts(["a"]), np.array([-1]), ("f2",), "s", 1.0).tolist() == [False]


class TestExplore:
    """A known share, drawn evenly, with its chance."""

    def test_the_chances_of_three_permitted_candidates(self) -> None:
        """A tenth is shared evenly; the best has the rest on top; what is not permitted has none."""
        found = chances(np.array([[True, True, False, True]]), np.array([1]), 0.1)

        assert found[0].tolist() == pytest.approx([1 / 30, 0.9 + 1 / 30, 0.0, 1 / 30])

    def test_a_draw_above_the_share_takes_the_best(self) -> None:
        """0.5 does not explore at a share of 0.1."""
        chosen, chance, explored = explore(np.array([[True, True]]), np.array([1]), np.array([0.5]), 0.1)

        assert (chosen.tolist(), explored.tolist()) == ([1], [False])
        assert chance.tolist() == pytest.approx([0.95])

    @pytest.mark.parametrize(("draw", "chosen"), [(0.0, 0), (0.049, 0), (0.051, 3), (0.0999, 3)])
    def test_a_draw_below_the_share_picks_evenly(self, draw: float, chosen: int) -> None:
        """Of two permitted among four, each has half of the share."""
        found, chance, explored = explore(np.array([[True, False, False, True]]), np.array([3]), np.array([draw]), 0.1)

        assert (found.tolist(), explored.tolist()) == ([chosen], [True])
        assert chance[0] == pytest.approx(0.05 if chosen == 0 else 0.95)

    def test_without_a_share_nothing_is_explored(self) -> None:
        """Not even at the lowest draw."""
        chosen, chance, explored = explore(np.array([[True, True]]), np.array([1]), np.array([0.0]), 0.0)

        assert (chosen.tolist(), chance.tolist(), explored.tolist()) == ([1], [1.0], [False])


class TestIdentity:
    """The names of decisions."""

    def test_golden_name(self) -> None:
        """A changed name would break replay of everything logged before."""
        ids, draws = name_decisions(texts(["c-17"]), as_of=1_700_000_000, summarised_at=1_699_990_000, policy="p", models="m")

        assert (ids.tolist(), draws.tolist()) == GOLDEN_NAME

    def test_models_are_named_in_any_order(self) -> None:
        """The digest is of what spoke, not of the order it was loaded in."""
        assert models_digest({"a": "1", "b": "2"}) == models_digest({"b": "2", "a": "1"}) != models_digest({"a": "1"})

    def test_draws_are_even(self) -> None:
        """Ten thousand customers: a tenth of the draws in each tenth, give or take."""
        _, draws = name_decisions(texts([f"c-{i}" for i in range(10_000)]), as_of=1, summarised_at=1, policy="p", models="m")

        assert np.histogram(draws, bins=10, range=(0.0, 1.0))[0].min() > 880
