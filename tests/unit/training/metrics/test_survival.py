"""Timing scored: against a maintained library, on forecasts that are right by construction, and on ones that are not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from otokui.frames import Bools, Floats
from training.metrics import scores, survival

DAYS = (7, 14, 30, 60, 90)


def waits(n: int = 4_000, seed: int = 2) -> tuple[Floats, Floats, Bools]:
    """Rates of customers who buy at random, their waits, and whether these ended within 90 days."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(2.0, 1 / 60, n)
    days = draw.exponential(1 / rate)
    return rate, np.minimum(days, 90.0), days < 90.0


def said(rate: Floats) -> tuple[Floats, Floats]:
    """The true chances by horizon and the true quantiles."""
    return 1 - np.exp(-rate[:, None] * np.array(DAYS)), -np.log(1 - np.array([0.1, 0.5, 0.9])) / rate[:, None]


class TestIntegratedBrier:
    def test_is_that_of_scikit_survival(self) -> None:
        """Where everybody is observed for the same days, the censoring weights are one: the library's figure, to nine digits."""
        metrics = pytest.importorskip("sksurv.metrics", reason="scikit-survival is an extra of the benchmarks")
        rate, days, bought = waits()
        chance, _ = said(rate)
        outcome = np.array(list(zip(bought, days, strict=True)), dtype=[("event", bool), ("time", float)])
        # The library wants times below the last one observed.
        outcome["time"][~bought] = 91.0

        theirs = metrics.integrated_brier_score(outcome, outcome, 1 - chance, DAYS)

        assert survival.integrated_brier(DAYS, chance, days, bought) == pytest.approx(theirs, abs=1e-9)

    def test_the_truth_scores_better_than_the_average(self) -> None:
        """A proper score: knowing each customer's rate beats telling everybody the same."""
        rate, days, bought = waits()
        chance, _ = said(rate)
        average = np.tile(chance.mean(axis=0), (len(rate), 1))

        assert survival.integrated_brier(DAYS, chance, days, bought) < survival.integrated_brier(DAYS, average, days, bought) - 0.005

    def test_one_horizon_is_no_integral(self) -> None:
        """NaN, which metrics leave out."""
        assert np.isnan(survival.integrated_brier((30,), np.full((2, 1), 0.5), np.array([1.0, 40.0]), np.array([True, False])))


def test_concordance_is_that_of_scikit_survival() -> None:
    """Harrell's C of our own against the library's."""
    metrics = pytest.importorskip("sksurv.metrics", reason="scikit-survival is an extra of the benchmarks")
    rate, days, bought = waits(800)

    theirs = metrics.concordance_index_censored(bought, days, rate)[0]

    assert scores.concordance(days, bought, 1 / rate) == pytest.approx(theirs, abs=1e-9)


class TestCoverage:
    def test_an_honest_interval_covers_eighty_percent_though_many_still_wait(self) -> None:
        """True quantiles over 90 days, one customer in seven not back yet: 80%, give or take chance."""
        rate, days, bought = waits()
        chance, quantiles = said(rate)

        then = survival.chance_by(DAYS, chance, quantiles, days)

        assert (~bought).mean() > 0.12
        assert survival.coverage(then, bought) == pytest.approx(0.8, abs=0.025)

    def test_one_that_expects_everybody_too_soon_does_not(self) -> None:
        """Rates said to be three times what they are."""
        rate, days, bought = waits()
        chance, quantiles = said(3 * rate)

        assert survival.coverage(survival.chance_by(DAYS, chance, quantiles, days), bought) < 0.7

    def test_it_is_not_guessed_where_nobody_was_observed_long_enough(self) -> None:
        """No interval ended within what was seen: NaN."""
        assert np.isnan(survival.coverage(np.array([0.2, 0.5]), np.array([True, False])))


class TestDeciles:
    def test_an_honest_forecast_is_off_by_chance_only(self) -> None:
        """4,000 customers: no decile is off beyond what chance makes of 400."""
        rate, days, bought = waits()

        told = survival.decile_check(said(rate)[0][:, 2], (bought & (days < 30)).astype(np.float64))

        assert told["deciles_counted"] == 10.0
        assert told["deciles_off_beyond_chance"] == 0.0

    def test_one_that_promises_ten_points_more_is_found_out(self) -> None:
        """Every decile is off by about ten points, and the widest gap says so."""
        rate, days, bought = waits()

        told = survival.decile_check(np.clip(said(rate)[0][:, 2] + 0.1, 0, 1), (bought & (days < 30)).astype(np.float64))

        assert told["deciles_off"] == 10.0
        assert told["deciles_off_beyond_chance"] >= 8.0
        assert 0.09 < told["decile_gap"] < 0.18

    def test_small_deciles_are_not_judged(self) -> None:
        """1,000 customers make deciles of 100: two points would be chance."""
        assert survival.decile_check(np.full(1_000, 0.5), np.zeros(1_000)) == {}

    def test_the_table_holds_said_came_true_and_how_many(self) -> None:
        """By horizon, from the least likely tenth to the likeliest."""
        chance = np.repeat([0.1, 0.9], 10)

        told = json.loads(survival.reliability_table({"30": (chance, (chance > 0.5).astype(np.float64))}))

        assert told["30"][0] == pytest.approx([0.1, 0.0, 2])
        assert told["30"][-1] == pytest.approx([0.9, 1.0, 2])
