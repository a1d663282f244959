"""The Qini coefficient and uplift by part, on trials whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.frames import Floats
from training.metrics.uplift_curve import Trial, by_part, curve, qini, qini_interval


def trial(count: int = 40_000, seed: int = 2) -> tuple[Trial, Floats]:
    """Contact adds 0 to 0.3, differently to everybody; returned with what it adds."""
    rng = np.random.default_rng(seed)
    effect = rng.random(count) * 0.3
    chance = np.where(rng.random(count) < 0.5, 0.9, 0.6)
    contacted = rng.random(count) < chance
    bought = rng.random(count) < 0.2 + effect * contacted
    return Trial(bought.astype(np.float64), contacted, chance), effect


def test_four_customers_by_hand() -> None:
    """Lifts 2, 0, 0, 0 and the right order: the curve rises at once to 1/2, the line to it slowly; the area between is 3/16."""
    lifts = np.array([2.0, 0.0, 0.0, 0.0])

    share, added = curve(np.array([4.0, 3.0, 2.0, 1.0]), lifts)

    assert share.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert added.tolist() == [0.0, 0.5, 0.5, 0.5, 0.5]
    assert qini(np.array([4.0, 3.0, 2.0, 1.0]), lifts) == pytest.approx(3 / 16)
    assert qini(np.array([1.0, 2.0, 3.0, 4.0]), lifts) == pytest.approx(-3 / 16)


def test_one_effect_for_all_is_no_order() -> None:
    """However the rows happen to stand, and whatever came of them."""
    known, _ = trial(500)

    assert qini(np.full(500, 0.1), known.lifts()) == pytest.approx(0.0, abs=1e-12)


def test_the_true_order_is_worth_what_theory_says() -> None:
    """Effects even from 0 to 0.3: contacting the best share s adds 0.3(s - s^2/2); less the line, the area is 0.3/12."""
    known, effect = trial()

    [(low, high)] = qini_interval((effect,), known.lifts(), np.arange(len(effect)), seed=1)

    assert low < 0.3 / 12 < high
    assert low > 0.01


def test_two_models_are_told_apart_on_the_same_customers() -> None:
    """The truth beside chance: the interval of the difference lies above none."""
    known, effect = trial()
    shuffled = np.random.default_rng(5).permutation(effect)

    *_, (low, _high) = qini_interval((effect, shuffled), known.lifts(), np.arange(len(effect)), seed=1)

    assert low > 0.0


def test_parts_show_what_came_beside_what_was_said() -> None:
    """In each tenth the truth lies within three half-widths of its interval, and the largest effects come last."""
    known, effect = trial()

    said, came, wide = by_part(effect, known)

    assert (np.diff(said) > 0.0).all()
    assert (np.abs(came - said) < 1.6 * wide).all()
    assert came[-1] > came[0] + 0.1
