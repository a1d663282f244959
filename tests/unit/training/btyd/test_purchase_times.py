"""Habits learnt from purchases: kinds that are there are found, and those that are not are not made up."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from otokui.domain import parse_instant
from otokui.frames import Ints
from training.btyd.purchase_times import counts_of, fit_habits, fit_tastes
from training.data.purchase_history import History


def drawn(alphas: list[list[float]], customers: int, purchases: int, seed: int = 3) -> Ints:
    """Return counts of customers of each kind in turn."""
    rng = np.random.default_rng(seed)
    return np.array([rng.multinomial(purchases, rng.dirichlet(alphas[i % len(alphas)])) for i in range(customers)], dtype=np.int64)


def history(*at: str) -> History:
    """Return one customer's purchases at times in Tokyo."""
    seconds = [parse_instant(each, "Asia/Tokyo") for each in at]
    return History.of(pl.DataFrame({"customer_id": "ada", "purchased_at": seconds, "paid_amount": 1.0, "known_at": seconds}))


def test_two_kinds_are_told_apart() -> None:
    """Customers of Saturday and of Monday, evenly many, each held to theirs."""
    counts = drawn([[40.0, 2.0, 2.0], [2.0, 2.0, 40.0]], 400, 12)
    found = fit_tastes(counts, seed=1)

    assert found.chances(np.array([[3, 0, 0]]))[0, 0] > 0.85
    assert found.chances(np.array([[0, 0, 3]]))[0, 2] > 0.85
    assert found.chances(np.array([[0, 0, 0]]))[0] == pytest.approx([0.48, 0.05, 0.48], abs=0.05)


def test_one_kind_is_not_split() -> None:
    """Everybody of one Dirichlet: one kind, of about that strength."""
    found = fit_tastes(drawn([[6.0, 3.0, 1.0]], 1_500, 30), seed=1)

    assert len(found.weights) == 1
    assert found.alphas[0] == pytest.approx([6.0, 3.0, 1.0], rel=0.15)


def test_who_came_once_only_says_nothing_of_how_customers_differ() -> None:
    """The shop's shares at the strength it began with."""
    found = fit_tastes(np.eye(3, dtype=np.int64)[[0] * 60 + [1] * 30 + [2] * 10], seed=1)

    assert len(found.weights) == 1
    assert sum(found.alphas[0]) == pytest.approx(20.0, rel=0.05)
    assert found.chances(np.zeros((1, 3), dtype=np.int64))[0] == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_days_and_hours_are_the_shops_own() -> None:
    """Saturday 7:30 in Tokyo is still Friday evening in UTC; Sunday at midnight begins the first span."""
    weekday, hours = counts_of(history("2025-03-01T07:30", "2025-03-02T00:00"), "Asia/Tokyo")

    assert weekday.tolist() == [[0, 0, 0, 0, 0, 1, 1]]
    assert hours.tolist() == [[1, 0, 1, 0, 0, 0, 0, 0]]


def test_the_same_purchases_the_same_habits() -> None:
    """Training again changes no byte."""
    known = history("2025-03-01T07:30", "2025-03-02T00:00")

    assert fit_habits(known, "Asia/Tokyo", seed=1) == fit_habits(known, "Asia/Tokyo", seed=1)


def test_a_handful_that_came_on_one_day_is_no_habit() -> None:
    """Three customers on a Monday: likelier than before, far from sure; of twenty and more the purchases speak for themselves."""
    monday = np.array([[1, 0, 0, 0, 0, 0, 0]], dtype=np.int64)

    few, many = (fit_tastes(np.repeat(monday, customers, axis=0), seed=1) for customers in (3, 200))

    assert 1 / 7 < few.chances(np.zeros((1, 7), dtype=np.int64))[0, 0] < 0.35
    assert many.chances(np.zeros((1, 7), dtype=np.int64))[0, 0] > 0.9
