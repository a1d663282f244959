"""What kinds of customers there are by the hours at which they are about."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.frames import Floats
from training.btyd.active_hours import kinds_of_day

MORNING, EVENING = 2, 6


def shop(customers: int = 200, visits: int = 6, seed: int = 0) -> Floats:
    """Return the counts of customers, half of the morning and half of the evening, (customers, 8)."""
    rng = np.random.default_rng(seed)
    of = np.full((2, 8), 0.02)
    of[0, MORNING] = of[1, EVENING] = 0.86
    return np.array([rng.multinomial(visits, of[i % 2]) for i in range(customers)], dtype=np.float64)


def test_two_mornings_make_a_customer_of_the_morning() -> None:
    """One kind for everybody would say that half of the next visits come in the evening."""
    kinds = kinds_of_day(shop(), seed=1)

    assert kinds is not None
    assert len(kinds.weights) >= 2
    seen = np.zeros((2, 8), dtype=np.int64)
    seen[1, MORNING] = 2
    nobody_knows, of_the_morning = kinds.chances(seen)
    assert nobody_knows[MORNING] == pytest.approx(nobody_knows[EVENING], rel=0.3)
    assert of_the_morning[MORNING] > 0.75
    assert of_the_morning[EVENING] < 0.1


def test_the_order_of_customers_changes_nothing() -> None:
    """An engine hands rows over as they come; the digest of a policy must not hang on it."""
    counts = shop()

    assert kinds_of_day(counts, seed=1) == kinds_of_day(counts[np.random.default_rng(5).permutation(len(counts))], seed=1)


def test_of_very_many_a_part_says_the_same() -> None:
    """A tenth of the customers, drawn evenly from all kinds of them."""
    kinds = kinds_of_day(shop(2_000), seed=1, most=200)

    assert kinds is not None
    usual = kinds.chances(np.zeros((1, 8), dtype=np.int64))[0]
    assert usual[MORNING] + usual[EVENING] == pytest.approx(0.88, abs=0.03)


@pytest.mark.parametrize("nothing", [np.zeros((3, 8)), np.full((3, 8), np.nan), np.zeros((0, 8))])
def test_where_nobody_was_about_nothing_is_said(nothing: Floats) -> None:
    """A shop on its first day."""
    assert kinds_of_day(nothing, seed=1) is None
