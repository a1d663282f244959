"""How many of those who seem gone have only paused: found where they came back, and not where only the season rose."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant
from otokui.frames import Bools, Floats
from scoring.base_models.btyd import MbgNbd, btyd_from_counts
from training.btyd.reactivation import fit_pause, learn_rhythm
from training.data.purchase_history import History

SHOP = MbgNbd(shape=(2.0,), scale_days=(30.0,), dropout=(0.1,), weights=((1.0,),))
DAYS = 30.0


def customers(count: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Repeats, days to the last purchase and days on record: half of them silent long enough to seem gone."""
    chance = np.random.default_rng(seed)
    age = chance.uniform(200.0, 400.0, count)
    silent = np.where(chance.random(count) < 0.5, chance.uniform(0.0, 20.0, count), chance.uniform(90.0, 190.0, count))
    return chance.poisson(10.0, count).astype(np.float64), age - silent, age


def came(then: tuple[Floats, Floats, Floats], share: float, seed: int, level: float = 1.0) -> Bools:
    """Draw who buys within DAYS, where ``share`` of those who seem gone paused; level: what all chances are multiplied by."""
    there = btyd_from_counts(SHOP.model_copy(update={"pause": share}), *then)
    likely = np.minimum(level * there.purchase_probability(np.array([DAYS, 2 * DAYS]))[:, 0], 1.0)
    drawn: Bools = np.random.default_rng(seed).random(len(likely)) < likely
    return drawn


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_the_share_that_came_back_is_found(share: float) -> None:
    """Ten thousand customers drawn with a known share."""
    then = customers(10_000, seed=1)

    assert fit_pause(SHOP, then, came(then, share, seed=2), DAYS) == pytest.approx(share, abs=0.03)


def test_a_higher_season_is_no_return() -> None:
    """A third more of everybody buys, a twentieth of those gone had paused: still about a twentieth."""
    then = customers(10_000, seed=3)

    assert fit_pause(SHOP, then, came(then, 0.05, seed=4, level=1.3), DAYS) < 0.12


def test_few_customers_leave_the_usual_share() -> None:
    """Thirty customers, none of whom came back, say little: about one in twenty, never more than was usual."""
    then = customers(30, seed=5)

    assert 0.0 < fit_pause(SHOP, then, np.zeros(30, dtype=np.bool_), DAYS) <= 0.06


def test_it_is_learnt_from_what_was_known_then() -> None:
    """Weekly buyers of whom every fifth lets five months pass and comes back, and every fifth does not: more than the usual share."""
    rows = []
    for customer in range(200):
        for week in range(52):
            away = customer % 5 == 0 and 27 <= week <= 47
            gone = customer % 5 == 1 and week > 26
            if not (away or gone):
                rows.append((f"c{customer:03d}", week * 7 * DAY + customer, 10.0, week * 7 * DAY + customer))
    frame = pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row")

    told = learn_rhythm(History.of(frame), Instant(52 * 7 * DAY), seed=1)

    assert told.pause > 0.2


def test_one_customer_has_the_rhythm_of_the_field_and_no_proof_of_pauses() -> None:
    """One purchase yesterday: about one chance in seven of another within a month, as the field has it."""
    frame = pl.DataFrame([("a", DAY, 1.0, DAY)], schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row")

    told = learn_rhythm(History.of(frame), Instant(2 * DAY), seed=1)

    chance = btyd_from_counts(told, np.zeros(1), np.zeros(1), np.ones(1)).purchase_probability(np.array([30.0, 60.0]))
    assert 0.10 < chance[0, 0] < 0.20
    assert told.pause < 0.1
