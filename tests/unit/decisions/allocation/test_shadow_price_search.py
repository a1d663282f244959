"""Sharing what is short by price: what the prices are, and what each customer takes at them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from decisions.allocation.shadow_price_search import Allocation, allocate, clearing
from decisions.allocation.shard import AvailableCapacity, Shard

NO_LIMIT = float("inf")


def shard(value: Any, cost: Any = 0.0, slot: Any = 0) -> Shard:
    """Candidates in rows, customers in columns; one candidate that takes place 0 and costs nothing, unless said."""
    values = np.atleast_2d(np.asarray(value, dtype=np.float64))
    wide = [np.broadcast_to(np.asarray(x), values.shape) for x in (cost, slot)]
    return Shard(values, wide[0].astype(np.float64), wide[1].astype(np.int64))


def room(*places: float, money: float = NO_LIMIT) -> AvailableCapacity:
    """So many places of each kind, and money."""
    return AvailableCapacity(money, np.array(places, dtype=np.float64))


def solved(base: Shard, available: AvailableCapacity, **more: Any) -> tuple[Allocation, list[int]]:
    """Prices, and the candidate that each customer takes at them, -1 = none is worth it."""
    found = allocate(lambda: [base], available, base.customers, **more)
    left = base.value - np.append(found.prices.places, 0.0)[base.slot] - found.prices.money * base.cost
    return found, np.where(left.max(axis=0) > 0.0, left.argmax(axis=0), -1).tolist()


class TestPrices:
    def test_what_is_not_short_costs_nothing(self) -> None:
        """Three want three places."""
        found, chosen = solved(shard([5.0, 3.0, 1.0]), room(3))

        assert (found.prices.places.tolist(), found.prices.money, chosen) == ([0.0], 0.0, [0, 0, 0])

    def test_a_place_costs_between_what_the_last_in_and_the_first_out_would_give(self) -> None:
        """Two places for three: those to whom it is worth 5 and 3 get them."""
        found, chosen = solved(shard([1.0, 5.0, 3.0]), room(2))

        assert (found.prices.places.tolist(), chosen) == ([2.0], [-1, 0, 0])

    def test_only_what_the_place_adds_over_the_next_best_counts(self) -> None:
        """LINE is worth more to ada, but she has e-mail nearly as good; ben has nothing else."""
        base = shard([[9.0, 6.0], [8.0, -np.inf]], slot=[[0, 0], [-1, -1]])

        _, chosen = solved(base, room(1))

        assert chosen == [1, 0]

    def test_money_goes_where_it_brings_most(self) -> None:
        """Ten for a letter or one for each of nine e-mails that bring half as much."""
        base = shard([[20.0] + [10.0] * 9], cost=[[10.0] + [1.0] * 9], slot=-1)

        found, chosen = solved(base, room(money=9.0))

        assert chosen == [-1] + [0] * 9
        assert found.prices.money > 0.0

    def test_a_budget_that_is_enough_has_no_price(self) -> None:
        """Two letters, money for two."""
        found, chosen = solved(shard([20.0, 30.0], cost=10.0, slot=-1), room(money=20.0))

        assert (found.prices.money, chosen) == (0.0, [0, 0])

    def test_a_place_without_room_prices_everybody_out(self) -> None:
        """Nothing to give: the price lies above the most anybody would pay."""
        found, chosen = solved(shard([5.0, 3.0]), room(0))

        assert found.prices.places[0] > 5.0
        assert chosen == [-1, -1]

    def test_what_is_worth_the_same_to_many_stays_worth_its_price(self) -> None:
        """A shop's first day: everybody is worth 7. The price lies just below, so that the places do not stay empty."""
        found, chosen = solved(shard([7.0] * 50), room(20))

        assert chosen == [0] * 50
        assert 6.99 < found.prices.places[0] < 7.0

    def test_the_bound_is_never_below_what_was_reached(self) -> None:
        """And here it is reached: 5 + 3."""
        found, _ = solved(shard([1.0, 5.0, 3.0]), room(2))

        assert (found.bound, found.worth) == (8.0, 8.0)

    def test_places_for_draws_at_random_are_set_aside(self) -> None:
        """A tenth draws evenly between a place and none: with them, no more places are wanted than there are."""
        rng = np.random.default_rng(1)
        base = shard(rng.uniform(0.0, 10.0, (2, 4_000)), slot=[[0], [-1]])

        found, _ = solved(base, room(1_000), explored=0.1)

        net = base.value - np.array([[found.prices.places[0]], [0.0]])
        best = net.argmax(axis=0) == 0
        drawn = (net[0] > 0.0) / np.maximum((net > 0.0).sum(axis=0), 1)
        assert 0.9 * best.sum() + 0.1 * drawn.sum() == pytest.approx(1_000, rel=0.01)

    def test_the_prices_of_a_sample_are_carried_on_to_all(self) -> None:
        """Sixty thousand customers in three shards; a quarter of the places that are wanted."""
        rng = np.random.default_rng(2)
        parts = [shard(rng.exponential(1.0, (1, 20_000))) for _ in range(3)]

        found = allocate(lambda: parts, room(15_000), 60_000)

        taken = sum(int((part.value > found.prices.places[0]).sum()) for part in parts)
        assert (taken, found.prices.places[0]) == (15_000, pytest.approx(np.log(4.0), rel=0.02))

    def test_nobody_is_no_trouble(self) -> None:
        """An empty base has free prices."""
        found = allocate(list, room(2, money=5.0), 0)

        assert (found.prices.money, found.prices.places.tolist(), found.bound) == (0.0, [0.0], 0.0)


class TestClearing:
    @pytest.mark.parametrize(("places", "price"), [(0, 9.000000009), (1, 7.0), (2, 4.0), (3, 0.0), (4, 0.0)])
    def test_as_many_margins_lie_above_as_there_are_places(self, places: int, price: float) -> None:
        """Between neighbours by rank."""
        assert clearing(np.array([3.0, 9.0, 5.0]), places) == pytest.approx(price, rel=1e-12)


cells = st.one_of(st.floats(0.01, 100.0), st.just(-np.inf), st.integers(1, 5).map(float))
bases = st.integers(1, 4).flatmap(
    lambda a: st.integers(1, 25).flatmap(
        lambda n: st.tuples(
            st.lists(st.lists(cells, min_size=n, max_size=n), min_size=a, max_size=a),
            st.lists(st.lists(st.sampled_from([0.0, 0.3, 3.0, 80.0]), min_size=n, max_size=n), min_size=a, max_size=a),
            st.lists(st.lists(st.integers(-1, 1), min_size=n, max_size=n), min_size=a, max_size=a),
        )
    )
)


@settings(max_examples=40, deadline=None)
@given(bases, st.integers(0, 8), st.integers(0, 8), st.floats(0.0, 200.0))
def test_nothing_within_the_room_is_worth_more_than_the_bound(base: Any, first: int, second: int, money: float) -> None:
    """The bound is checked against the relaxation that HiGHS solves exactly."""
    there, available = shard(*base), room(first, second, money=money)
    candidates, customers = there.value.shape
    value = np.where(np.isfinite(there.value), there.value, 0.0)
    once = np.kron(np.ones((1, candidates)), np.eye(customers))
    takes = np.vstack([once, there.slot.ravel() == 0, there.slot.ravel() == 1, there.cost.ravel()])
    most = np.concatenate([np.ones(customers), [first, second, money]])
    best = -milp(
        -value.ravel(), constraints=LinearConstraint(takes, ub=most), bounds=Bounds(0.0, np.isfinite(there.value).ravel().astype(float))
    ).fun

    assert allocate(lambda: [there], available, there.customers).bound >= best - 1e-6 * (1.0 + abs(best))
