"""The sales forecast: what is added up, what the interval rests on, what the season adds, and where it says it knows little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.frames import Floats
from tests.unit.training import small_shop
from training.data.purchase_history import History
from training.sales_forecast.backtest import Backtests, back_test, last_period, placed_before, say
from training.sales_forecast.bottom_up import Sum, sold
from training.sales_forecast.combine import combined, share_of_sum
from training.sales_forecast.forecast import ForecastParts, SalesForecast, compose, forecast_sales
from training.sales_forecast.interval import read

NOW = Instant(small_shop.START + 300 * DAY)
DAYS = (30, 60, 90)
QUIET = np.full((3, 2), 0.01)


def shop(days: int = 390, customers: int = 500) -> History:
    """A shop whose customers keep coming until the end."""
    return History.of(small_shop.purchases(customers, days, seed=4))


def backtests_with(errors: dict[int, float], steps: int = 12, count: int = 20, last: Floats | None = None) -> Backtests:
    """Monthly back-tests before NOW; ``errors`` by how many steps ago (1 = the newest), the others were right; no last period is known."""
    origins = np.array([NOW - (k + 1) * 365 * DAY // steps for k in range(count)], dtype=np.int64)
    said = np.full((count, 3, 2), 100.0)
    done = said * np.exp([errors.get(k + 1, 0.0) for k in range(count)])[:, None, None]
    for k, origin in enumerate(origins):
        done[k, [origin + day * DAY > NOW for day in DAYS]] = np.nan
    return Backtests(origins, DAYS, said, done, np.full_like(said, np.nan) if last is None else last, steps)


def composed(tests: Backtests, modelled: Sum | None = None, last: float = np.nan) -> SalesForecast:
    """Return a forecast of 100 by the rhythm and 10 by newcomers; ``last``: what every last period brought."""
    hundred, ten = (Sum(np.full(3, value), np.full(3, value)) for value in (100.0, 10.0))
    own = hundred if modelled is None else modelled
    return compose(tests, QUIET, NOW, 700.0, ForecastParts(own, ten, np.full(3, 5.0), np.full((3, 2), last), modelled is not None))


class TestAddingUp:
    def test_models_take_the_place_of_the_rhythm_and_newcomers_stay(self) -> None:
        """Expected = the models' sum + newcomers, where no season is known."""
        modelled = Sum(np.array([200.0, 300.0, 400.0]), np.array([2.0, 3.0, 4.0]))

        told = composed(backtests_with({}, count=6), modelled)

        assert told.expected.tolist() == [[210.0, 12.0], [310.0, 13.0], [410.0, 14.0]]
        assert told.by_models

    def test_without_models_the_lasting_error_is_taken_off(self) -> None:
        """What the rhythm always missed by a fifth is expected to come, for the larger part."""
        told = composed(backtests_with(dict.fromkeys(range(1, 12), float(np.log(1.2))), count=11))

        assert 115.0 < told.expected[0, 0] < 132.0
        assert not told.by_models
        assert any("No model" in note.in_language("en") for note in told.notes)

    def test_what_was_sold_is_counted_from_the_instant_on(self) -> None:
        """A half-open window over all customers, new ones too."""
        rows = [("a", 10, 1.0), ("b", 20, 2.0), ("a", 39, 4.0), ("c", 40, 8.0)]
        history = History.of(
            pl.DataFrame(
                [(who, day * DAY, paid, day * DAY) for who, day, paid in rows],
                schema=["customer_id", "purchased_at", "paid_amount", "known_at"],
                orient="row",
            )
        )

        assert sold(history, Instant(10 * DAY), (30, 60)).columns().tolist() == [[3.0, 7.0], [4.0, 15.0]]

    def test_a_longer_window_never_holds_less(self) -> None:
        """Totals and both ends rise with the horizon, whatever the parts say."""
        told = composed(backtests_with({}), Sum(np.array([300.0, 200.0, 100.0]), np.array([3.0, 2.0, 1.0])))

        for ends in (told.expected, told.low, told.high):
            assert (np.diff(ends, axis=0) >= 0.0).all()


class TestCombining:
    """The customers' sum and the last period again: each counts by how little it was off."""

    def test_who_was_off_less_counts_more(self) -> None:
        """The sum missed by a fifth each time, the last period by a twentieth: the sum counts a third at most."""
        tests = backtests_with(dict.fromkeys(range(1, 12), float(np.log(1.2))), count=11)
        near = replace(tests, last=tests.done / 1.05)

        share = share_of_sum(near, NOW)

        assert (share < 0.34).all()
        assert (share > 0.0).all()
        assert share[0, 0] < share[2, 0]  # more months than quarters have shown it

    def test_with_nothing_shown_both_count_the_same(self) -> None:
        """No back-test: the middle of the two, on the log scale, and the parts told still add up to it."""
        told = composed(backtests_with({}, count=0), Sum(np.full(3, 90.0), np.full(3, 90.0)), last=400.0)

        assert told.trust.tolist() == [[0.5, 0.5]] * 3
        np.testing.assert_allclose(told.expected, 200.0)
        np.testing.assert_allclose(told.existing + told.newcomers, told.expected)

    def test_without_a_last_period_the_sum_stands(self) -> None:
        """Purchases that do not reach back so far are no last period of nothing."""
        by_sum = np.array([[100.0, 100.0]])

        assert combined(by_sum, np.array([[np.nan, 0.0]]), np.full((1, 2), 0.5)).tolist() == by_sum.tolist()
        assert (composed(backtests_with({}, count=6)).trust == 1.0).all()

    def test_the_interval_is_that_of_the_combination(self) -> None:
        """Errors of the two that cancel leave a narrow interval, though each alone was far off."""
        tests = backtests_with({k: 0.3 * (-1) ** k for k in range(1, 12)}, count=11)
        against = replace(tests, last=tests.predicted**-1.0 * tests.done**2)

        alone, together = composed(tests), composed(against, last=100.0)

        assert (np.log(together.high / together.low) < 0.6 * np.log(alone.high / alone.low)).all()

    def test_the_last_period_is_what_as_many_days_before_brought(self) -> None:
        """Half-open before the instant; not known where purchases begin later."""
        rows = [("a", 10, 1.0), ("b", 20, 2.0), ("a", 39, 4.0), ("c", 40, 8.0)]
        frame = pl.DataFrame(
            [(who, day * DAY, paid, day * DAY) for who, day, paid in rows],
            schema=["customer_id", "purchased_at", "paid_amount", "known_at"],
            orient="row",
        )

        told = last_period(History.of(frame), Instant(40 * DAY), (20, 30, 31))

        assert told[:2].tolist() == [[2.0, 6.0], [3.0, 7.0]]
        assert np.isnan(told[2]).all()


class TestInterval:
    def test_a_shop_that_scattered_more_gets_a_wider_one(self) -> None:
        """Errors of 40% either way against errors of none."""
        calm, wild = (read(backtests_with({k: size * (-1) ** k for k in range(1, 12)}, count=11), NOW, QUIET) for size in (0.0, 0.4))

        assert wild.spread[0, 0] > 2.0 * calm.spread[0, 0]

    def test_few_windows_widen_it(self) -> None:
        """Of the same scatter, two months have shown less than eleven."""
        errors = {k: 0.02 * (-1) ** k for k in range(1, 12)}
        few, many = (read(backtests_with(errors, count=count), NOW, QUIET) for count in (2, 11))

        assert few.factors()[1][0, 0] - 1.0 > 1.5 * (many.factors()[1][0, 0] - 1.0)

    def test_without_any_test_the_usual_scatter_of_shops_is_taken_and_in_language(self) -> None:
        """At least fifteen percent either way, and a note in two languages."""
        told = composed(backtests_with({}, count=0))

        assert (told.high / told.expected > 1.15).all()
        assert any("No earlier 30, 60, 90-day window could be tested" in note.in_language("en") for note in told.notes)
        assert any("検証できていません" in note.in_language("ja") for note in told.notes)

    def test_chance_alone_is_a_floor(self) -> None:
        """A shop of ten orders a month scatters by a third even where every back-test was right."""
        reading = read(backtests_with({}, count=11), NOW, np.full((3, 2), 0.33))

        assert (reading.spread >= 0.33).all()

    def test_it_holds_what_comes_about_as_often_as_it_says(self) -> None:
        """Levels drawn at random: of 400 shops, eight in ten fall inside the 80% interval."""
        chance = np.random.default_rng(3)
        inside = []
        for _ in range(400):
            drawn = chance.normal(0.0, 0.2, 12)
            reading = read(backtests_with(dict(enumerate(drawn[:11], start=1)), count=11), NOW, QUIET)
            low, high = reading.factors()
            inside.append(low[0, 0] <= np.exp(drawn[11] - reading.level[0, 0]) <= high[0, 0])

        assert 0.75 < np.mean(inside) < 0.9


class TestSeason:
    def test_what_last_year_departed_by_is_expected_in_part(self) -> None:
        """A year ago the same weeks brought half more than was said: now between a sixth and a half more is expected."""
        told = composed(backtests_with({12: np.log(1.5)}, count=18), Sum(np.full(3, 100.0), np.full(3, 100.0)))

        assert 1.15 < told.season[0, 0] < 1.5
        assert told.expected[0, 0] == pytest.approx(110.0 * told.season[0, 0])
        assert any("last year are in the forecast" in note.in_language("en") for note in told.notes)

    def test_a_season_that_comes_every_year_is_no_scatter(self) -> None:
        """The same twelve departures in both years narrow the interval; as many at random do not."""
        year = {k: 0.4 * np.sin(2 * np.pi * k / 12) for k in range(1, 13)}
        twice = read(backtests_with(year | {k + 12: v for k, v in year.items()}, count=24), NOW, QUIET)
        at_random = np.random.default_rng(1).normal(0.0, 0.3, 24)
        never = read(backtests_with(dict(enumerate(at_random, start=1)) | {12: 0.4, 1: -0.4, 13: 0.4}, count=24), NOW, QUIET)

        assert twice.spread[0, 0] < never.spread[0, 0]

    def test_a_history_below_a_year_says_that_season_is_not_in_it(self) -> None:
        """With how many days there are and how many it takes."""
        told = composed(backtests_with({}, count=6))

        assert (told.season == 1.0).all()
        assert any(
            "Season is not in it: the first purchase lies 700 days before the date of the forecast, and 421 days are needed"
            in note.in_language("en")
            for note in told.notes
        )


class TestOverARealHistory:
    def test_it_is_near_what_came_and_its_interval_holds_it(self) -> None:
        """500 customers who go on buying and newcomers who go on coming for three quarters of a year."""
        whole = shop()
        at = Instant(small_shop.START + 220 * DAY)

        told = forecast_sales(placed_before(whole, at), at, seed=1)
        came = sold(whole, at, DAYS).columns()

        assert 0.75 < told.expected[0, 0] / came[0, 0] < 1.25
        assert (told.low[0] <= came[0]).all()
        assert (came[0] <= told.high[0]).all()

    def test_nothing_after_the_instant_changes_it(self) -> None:
        """A back-test at an earlier instant says what a forecast made then said."""
        whole = shop(300)
        then = Instant(NOW - 365 * DAY * 2 // 24)

        tested = back_test(whole, NOW, DAYS, seed=1)
        own, newcomers, _ = say(placed_before(whole, then), then, DAYS, seed=1)

        assert tested.origins[1] == then
        assert tested.predicted[1, 0].tolist() == (own + newcomers).columns()[0].tolist()
        assert np.isnan(tested.predicted[1, 1:]).all()

    def test_too_short_a_history_is_refused_with_its_numbers(self) -> None:
        """Forty days are not eight weeks."""
        with pytest.raises(NotEnoughData, match="the first purchase lies 40 days before the date of the forecast; 56 days are the least"):
            forecast_sales(shop(40), Instant(small_shop.START + 40 * DAY), seed=1)
