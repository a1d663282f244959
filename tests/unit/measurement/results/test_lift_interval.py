"""Contrasts: the numbers of statsmodels and of the formula, and honest silence where there are too few."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from measurement.results.lift_interval import Contrast, FigureVerdict, GroupMoments, contrast, sample_ratio_p_value, smallest_effect


def moments(y: np.ndarray, x: np.ndarray | None = None, scale: int = 1) -> GroupMoments:
    whole = [int(value) for value in y]
    past = [0] * len(whole) if x is None else [int(value) for value in x]
    return GroupMoments(
        len(whole),
        sum(whole),
        sum(a * a for a in whole),
        sum(past),
        sum(b * b for b in past),
        sum(a * b for a, b in zip(whole, past, strict=True)),
        scale,
    )


def told(made: Contrast) -> tuple[float, float, float, float]:
    assert made.difference is not None
    assert made.low is not None
    assert made.high is not None
    assert made.p_value is not None
    return made.difference, made.low, made.high, made.p_value


class TestOracles:
    def test_welch_interval_is_that_of_statsmodels(self) -> None:
        """Welch interval is that of statsmodels."""
        draws = np.random.default_rng(1)
        treated, control = draws.poisson(3.0, 900), draws.poisson(2.5, 120)
        made = told(contrast(moments(treated), moments(control), minimum=50))
        compared = CompareMeans(DescrStatsW(treated.astype(float)), DescrStatsW(control.astype(float)))
        low, high = compared.tconfint_diff(usevar="unequal")
        assert made == pytest.approx((treated.mean() - control.mean(), low, high, compared.ttest_ind(usevar="unequal")[1]), rel=1e-12)

    def test_covariate_takes_out_what_it_explains(self) -> None:
        """Covariate takes out what it explains."""
        draws = np.random.default_rng(2)
        x = draws.poisson(20.0, 2_000)
        y = x + draws.poisson(2.0, 2_000)
        treated = np.arange(2_000) % 2 == 0
        adjusted = contrast(moments(y[treated], x[treated]), moments(y[~treated], x[~treated]), minimum=50)
        plain = contrast(moments(y[treated]), moments(y[~treated]), minimum=50)
        by_regression = OLS(y.astype(float), np.column_stack([np.ones(2_000), treated, x])).fit()
        assert adjusted.difference == pytest.approx(by_regression.params[1], abs=0.01)
        narrower = (told(adjusted)[2] - told(adjusted)[1]) / (told(plain)[2] - told(plain)[1])
        assert narrower == pytest.approx(math.sqrt(2.0 / 22.0), rel=0.1)

    def test_scale_turns_ten_thousandths_into_money(self) -> None:
        """Scale turns ten thousandths into money."""
        one = contrast(moments(np.arange(200)), moments(np.arange(100)), minimum=50)
        many = contrast(moments(np.arange(200) * 10_000, scale=10_000), moments(np.arange(100) * 10_000, scale=10_000), minimum=50)
        assert told(many) == pytest.approx(told(one), rel=1e-12)


class TestSilence:
    @pytest.mark.parametrize(("treated", "control"), [(99, 1_000), (1_000, 99), (0, 1_000), (1_000, 0), (0, 0)])
    def test_too_few_customers_give_no_number(self, treated: int, control: int) -> None:
        """Too few customers give no number."""
        made = contrast(moments(np.arange(treated)), moments(np.arange(control)), minimum=100)
        assert (made.verdict, made.difference, made.low, made.high, made.p_value) == (FigureVerdict.TOO_FEW, None, None, None, None)

    def test_nobody_who_bought_gives_no_number(self) -> None:
        """Nobody who bought gives no number."""
        assert contrast(moments(np.zeros(500)), moments(np.zeros(500)), minimum=100).verdict is FigureVerdict.TOO_FEW

    def test_a_mismatch_gives_no_number(self) -> None:
        """A mismatch gives no number."""
        made = contrast(moments(np.arange(500)), moments(np.arange(500)), minimum=100, verdict=FigureVerdict.MISMATCH)
        assert (made.verdict, made.difference, made.mean_treated) == (FigureVerdict.MISMATCH, None, 249.5)

    def test_total_of_an_untold_contrast_is_none(self) -> None:
        """Total of an untold contrast is none."""
        assert contrast(moments(np.arange(5)), moments(np.arange(5)), minimum=100).times(5) is None


class TestSampleRatio:
    def test_sizes_as_drawn_pass_and_others_do_not(self) -> None:
        """Sizes as drawn pass and others do not."""
        assert sample_ratio_p_value(9_500, 500, 0.05) == pytest.approx(1.0)
        assert sample_ratio_p_value(9_700, 300, 0.05) < 1e-6

    def test_without_a_control_group_nothing_is_checked(self) -> None:
        """Without a control group nothing is checked."""
        assert sample_ratio_p_value(9_700, 0, 0.0) == 1.0


def test_smallest_effect_is_found_in_four_of_five_trials() -> None:
    """Smallest effect is found in four of five trials."""
    draws = np.random.default_rng(3)
    base = draws.normal(1_000, 300, 20_000).round()
    effect = smallest_effect(moments(base[:800]), moments(base[800:1_000]))
    assert effect is not None
    found = 0
    for _ in range(300):
        rows = draws.choice(base, 1_000, replace=False)
        made = contrast(moments((rows[:800] + effect).round()), moments(rows[800:]), minimum=50)
        found += told(made)[1] > 0
    assert 0.72 < found / 300 < 0.88


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=4, max_size=40), st.integers(1, 30), st.randoms())
def test_order_of_customers_changes_no_digit(values: list[int], cut: int, random: object) -> None:
    """Order of customers changes no digit."""
    half = max(2, min(len(values) - 2, cut))
    whole = [moments(np.array(part, dtype=object)) for part in (values[:half], values[half:])]
    turned = [moments(np.array(part[::-1], dtype=object)) for part in (values[:half], values[half:])]
    assert contrast(*whole, minimum=2) == contrast(*turned, minimum=2)
