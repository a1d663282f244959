"""The pooled rhythm: closed forms against sums done by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.base_models.btyd import MbgNbd, btyd_from_counts

ONE = MbgNbd(shape=(2.0,), scale_days=(60.0,), dropout=(0.25,), weights=((1.0,),))


def test_a_customer_just_seen_is_alive_unless_the_purchase_was_the_last() -> None:
    """Right after the first purchase nothing was learnt yet: alive with 1 - dropout."""
    fresh = btyd_from_counts(ONE, np.array([0.0]), np.array([0.0]), np.array([0.0]))

    assert fresh.alive_probability()[0] == pytest.approx(0.75)
    assert fresh.purchase_probability(np.array([30.0, 60.0]))[0] == pytest.approx([0.75 * (1 - (60 / 90) ** 2), 0.75 * 0.75])


def test_expected_purchases_follow_the_gamma_mixture_with_dropout() -> None:
    """Alive / dropout * (1 - (a / (a + p h))^r), worked out for h = 80: 0.75 / 0.25 * (1 - (60 / 80)^2) = 1.3125."""
    fresh = btyd_from_counts(ONE, np.array([0.0]), np.array([0.0]), np.array([0.0]))

    assert fresh.expected_purchases(np.array([80.0, 160.0]))[0] == pytest.approx([1.3125, 3 * (1 - 0.6**2)])


def test_silence_makes_a_frequent_buyer_less_alive_than_a_rare_one() -> None:
    """Ten repeats and then 200 days of nothing say more than one repeat and 200 days of nothing."""
    both = btyd_from_counts(ONE, np.array([10.0, 1.0]), np.array([100.0, 100.0]), np.array([300.0, 300.0]))

    alive = both.alive_probability()
    assert alive[0] < 0.05 < 0.2 < alive[1]


def test_closed_forms_agree_with_simulated_customers() -> None:
    """A hundred thousand customers drawn from the model: chance and mean over 90 days agree within 2%."""
    rng = np.random.default_rng(5)
    n, horizon = 100_000, 90.0
    rate, alive = rng.gamma(2.0, 1 / 60.0, n), rng.random(n) > 0.25
    clock, count = rng.exponential(1 / rate), np.zeros(n)
    while (going := alive & (clock < horizon)).any():
        count[going] += 1
        alive[going] = rng.random(int(going.sum())) > 0.25
        clock[going] += rng.exponential(1 / rate[going])
    fresh = btyd_from_counts(ONE, np.array([0.0]), np.array([0.0]), np.array([0.0]))

    assert fresh.purchase_probability(np.array([90.0, 91.0]))[0, 0] == pytest.approx((count > 0).mean(), rel=0.02)
    assert fresh.expected_purchases(np.array([90.0, 91.0]))[0, 0] == pytest.approx(count.mean(), rel=0.02)


def test_of_those_who_seem_gone_a_share_has_only_paused() -> None:
    """A weekly buyer silent for two years: the record leaves nothing, the share stays, and buys as one who is still there."""
    record = (np.array([50.0]), np.array([350.0]), np.array([1080.0]))
    sure, paused, there = (btyd_from_counts(ONE.model_copy(update={"pause": share}), *record) for share in (0.0, 0.1, 1.0))
    days = np.array([30.0, 60.0])

    assert sure.alive_probability()[0] < 1e-9
    assert paused.alive_probability()[0] == pytest.approx(0.1)
    assert there.alive_probability()[0] == pytest.approx(1.0)
    np.testing.assert_allclose(paused.purchase_probability(days), 0.1 * there.purchase_probability(days), rtol=1e-6)
    np.testing.assert_allclose(paused.expected_purchases(days), 0.1 * there.expected_purchases(days), rtol=1e-6)


def test_who_surely_buys_still_is_not_moved_by_pauses() -> None:
    """Bought yesterday, as every week: the share of pauses applies to what is left of being gone, and to no more."""
    record = (np.array([50.0]), np.array([350.0]), np.array([351.0]))
    sure, paused = (btyd_from_counts(ONE.model_copy(update={"pause": share}), *record).alive_probability()[0] for share in (0.0, 0.1))

    assert paused == pytest.approx(sure + 0.1 * (1.0 - sure))


def test_who_never_bought_has_no_rhythm() -> None:
    """NaN throughout, so that the pooled values of those who never bought are used instead."""
    never = btyd_from_counts(ONE, np.array([np.nan]), np.array([np.nan]), np.array([np.nan]))

    assert not never.bought[0]
    assert np.isnan(never.purchase_probability(np.array([7.0, 30.0]))).all()


def test_a_pause_is_a_share() -> None:
    """Below none and above all are refused."""
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="pause lies in"):
            MbgNbd(shape=(2.0,), scale_days=(60.0,), dropout=(0.25,), weights=((1.0,),), pause=share)


def test_weights_must_fit_the_components() -> None:
    """A manifest with a row missing is refused where it is born."""
    with pytest.raises(ValueError, match="one entry a component"):
        MbgNbd(shape=(1.0, 2.0), scale_days=(10.0, 20.0), dropout=(0.1,), weights=((1.0,),))
