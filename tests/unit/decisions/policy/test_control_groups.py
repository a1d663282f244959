"""Everything drawn by hash: control groups, exploration, names of decisions."""

from __future__ import annotations

import numpy as np
import pytest

from decisions.customer_batch import CustomerBatch
from decisions.policy.control_groups import hash_draws, in_scenario_control, scenario_key
from decisions.policy.exploration import Exploration, chances, explore
from decisions.selection.decision_id import models_digest, name_decisions
from otokui.frames import Floats, texts
from otokui.identity.hashing import unit_interval
from tests.unit.decisions.builders import people, policy

GOLDEN = [0.6378715680498027, 0.7086816025698914, 0.7473189821605244]
GOLDEN_NAME = (["d3962286a1c6446410ada4c1e50121c5"], [0.4273340900359768])


class TestHoldout:
    """The number each customer draws."""

    def test_golden_values(self) -> None:
        """Changed values would put customers into other groups in the middle of a measurement."""
        drawn = hash_draws(["c-1", "c-2", "顧客-三"], "otokui")

        assert drawn.tolist() == GOLDEN

    def test_it_is_the_draw_every_room_makes(self) -> None:
        """The fast form over many customers equals the plain one over each."""
        ids = [f"c-{i}" for i in range(100)]

        assert hash_draws(ids, "salt/f2").tolist() == [unit_interval(i, "salt/f2") for i in ids]

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


def one(permitted: list[bool], best: int, value: list[float], deviation: float, floor: float, most: float) -> Floats:
    """Return the chances of one customer's candidates, all values equally well known."""
    grid = np.array([permitted])
    return chances(grid, np.array([best]), np.array([value]), np.full(grid.shape, deviation), Exploration(floor, most))[0]


class TestExplore:
    """A candidate is tried as often as it may be the better one, between a floor and a most."""

    def test_where_all_is_known_only_the_floor_is_tried(self) -> None:
        """A tenth is shared evenly; the best has the rest on top; what is not permitted has none."""
        found = one([True, True, False, True], 1, [1.0, 9.0, 99.0, 2.0], 0.0, 0.1, 0.5)

        assert found.tolist() == pytest.approx([1 / 30, 0.9 + 1 / 30, 0.0, 1 / 30])

    def test_an_equal_that_is_not_known_has_the_chance_of_the_best(self) -> None:
        """Nothing speaks for either."""
        assert one([True, True], 0, [5.0, 5.0], 1.0, 0.0, 0.9).tolist() == [0.5, 0.5]

    def test_the_likelier_it_is_to_be_better_the_more_it_is_tried(self) -> None:
        """One standard deviation behind is tried more than three behind."""
        found = one([True, True, True], 0, [5.0, 5.0 - 2**0.5, 5.0 - 3 * 2**0.5], 1.0, 0.0, 0.9)

        assert found.tolist() == pytest.approx([0.7577, 0.2404, 0.0020], abs=1e-3)

    def test_learning_never_costs_more_than_the_most(self) -> None:
        """Ten candidates of which nothing is known: seven in ten still get the one that seems best."""
        found = one([True] * 10, 4, [1.0] * 10, 100.0, 0.0, 0.3)

        assert found[4] == pytest.approx(0.7)
        assert found.sum() == pytest.approx(1.0)

    @pytest.mark.parametrize(("draw", "chosen", "explored"), [(0.0, 3, False), (0.949, 3, False), (0.951, 0, True), (0.9999, 0, True)])
    def test_a_draw_falls_on_one_of_them(self, draw: float, chosen: int, explored: bool) -> None:
        """The best comes first on the line."""
        found, chance, tried = explore(np.array([[0.05, 0.0, 0.0, 0.95]]), np.array([3]), np.array([draw]))

        assert (found.tolist(), tried.tolist()) == ([chosen], [explored])
        assert chance[0] == (0.95 if chosen == 3 else 0.05)

    def test_the_share_drawn_is_the_chance(self) -> None:
        """Ten thousand even draws: each candidate as often as its chance says."""
        table = np.tile([0.2, 0.5, 0.3], (10_000, 1))

        chosen, _, _ = explore(table, np.ones(10_000, dtype=np.int64), (np.arange(10_000) + 0.5) / 10_000)

        assert np.bincount(chosen).tolist() == [2_000, 5_000, 3_000]

    def test_without_a_share_nothing_is_explored(self) -> None:
        """Not even at the lowest draw."""
        table = chances(np.array([[True, True]]), np.array([1]), np.array([[1.0, 1.0]]), np.array([[9.0, 9.0]]), Exploration(0.0, 0.0))

        chosen, chance, explored = explore(table, np.array([1]), np.array([0.0]))

        assert (chosen.tolist(), chance.tolist(), explored.tolist()) == ([1], [1.0], [False])


def named(ids: list[str], as_of: int, summarised_at: int) -> CustomerBatch:
    """Return customers at an instant."""
    return people(policy(), ids).batch(as_of, summarised_at)


class TestIdentity:
    """The names of decisions."""

    def test_golden_name(self) -> None:
        """A changed name would break replay of everything logged before."""
        ids, draws = name_decisions(named(["c-17"], 1_700_000_000, 1_699_990_000), "p", "m")

        assert (ids.tolist(), draws.tolist()) == GOLDEN_NAME

    def test_models_are_named_in_any_order(self) -> None:
        """The digest is of what spoke, not of the order it was loaded in."""
        assert models_digest({"a": "1", "b": "2"}) == models_digest({"b": "2", "a": "1"}) != models_digest({"a": "1"})

    def test_draws_are_even(self) -> None:
        """Ten thousand customers: a tenth of the draws in each tenth, give or take."""
        _, draws = name_decisions(named([f"c-{i}" for i in range(10_000)], 1, 1), "p", "m")

        assert np.histogram(draws, bins=10, range=(0.0, 1.0))[0].min() > 880
