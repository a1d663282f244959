"""The weekday and the hours of the next purchase: against brute force, and in the corners."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otokui.domain import DAY, HOUR
from otokui.frames import Floats
from scoring.next_purchase.survival import SurvivalCurve
from scoring.next_purchase.time_of_week import weekday_and_hour_chances, weekday_and_hours

MONDAY = 4 * DAY  # 1970-01-05
EVEN_DAYS, EVEN_HOURS = np.full((1, 7), 1 / 7), np.full((1, 8), 1 / 8)
SATURDAYS = np.array([[0.02, 0.02, 0.02, 0.02, 0.02, 0.88, 0.02]])
EVENINGS = np.array([[0.01, 0.01, 0.01, 0.01, 0.01, 0.05, 0.6, 0.3]])


def steady(a_day: float) -> SurvivalCurve:
    """Return the curve of one customer with the same hazard every day."""
    return SurvivalCurve(np.array([0.0, 40.0]), np.array([[0.0, 40.0 * a_day]]))


def by_minutes(a_day: float, weekday: Floats, hours: Floats, local_as_of: int) -> tuple[Floats, Floats]:
    """Return the same by walking through four weeks in steps of five minutes."""
    by_weekday, by_hour, alive, step = np.zeros(7), np.zeros(8), 1.0, 300
    for at in range(local_as_of, local_as_of + 28 * DAY, step):
        day, span = (at // DAY + 3) % 7, at % DAY // (3 * HOUR)
        comes = alive * -np.expm1(-a_day * step / DAY * 7 * weekday[0, day] * 8 * hours[0, span])
        by_weekday[day] += comes
        by_hour[span] += comes
        alive -= comes
    return by_weekday / by_weekday.sum(), by_hour / by_hour.sum()


@pytest.mark.parametrize("local_as_of", [MONDAY, MONDAY + 5 * DAY + 16 * HOUR, MONDAY + 6 * DAY + 23 * HOUR + 1_800])
@pytest.mark.parametrize("a_day", [0.001, 0.05])
def test_agrees_with_walking_through_the_weeks(local_as_of: int, a_day: float) -> None:
    """At midnight, in the middle of a Saturday, half an hour before Monday; a day's hours are taken as of one hazard."""
    expected = by_minutes(a_day, SATURDAYS, EVENINGS, local_as_of)
    weekday, hours = weekday_and_hour_chances(steady(a_day), SATURDAYS, EVENINGS, local_as_of)

    assert weekday[0] == pytest.approx(expected[0], abs=2e-3)
    assert hours[0] == pytest.approx(expected[1], abs=max(2e-3, 0.6 * a_day))


def test_who_buys_daily_is_due_today_whatever_the_favourite_day() -> None:
    """Asked on a Monday, a customer of three purchases a day who prefers Saturdays."""
    weekday, _ = weekday_and_hour_chances(steady(3.0), np.array([[0.13, 0.13, 0.13, 0.13, 0.13, 0.22, 0.13]]), EVEN_HOURS, MONDAY)

    assert weekday[0].argmax() == 0
    assert weekday[0, 0] > 0.9


def test_who_buys_seldom_comes_on_the_favourite_day() -> None:
    """With next to no hazard the chances are the habits themselves."""
    weekday, hours = weekday_and_hour_chances(steady(1e-6), SATURDAYS, EVENINGS, MONDAY)

    assert weekday[0] == pytest.approx(SATURDAYS[0], abs=1e-4)
    assert hours[0] == pytest.approx(EVENINGS[0], abs=1e-4)


def test_hours_that_are_over_today_come_tomorrow_only() -> None:
    """At 21 o'clock a customer who buys at once is left the last three hours of the day."""
    _, hours = weekday_and_hour_chances(steady(400.0), EVEN_DAYS, EVEN_HOURS, MONDAY + 21 * HOUR)

    assert hours[0] == pytest.approx([0.0] * 7 + [1.0])


def test_without_any_hazard_the_habits_are_what_is_left() -> None:
    """Nobody is expected within four weeks: no division by nothing."""
    weekday, hours = weekday_and_hour_chances(steady(0.0), SATURDAYS, EVENINGS, MONDAY + 1)

    assert (weekday == SATURDAYS).all()
    assert (hours == EVENINGS).all()


def test_a_model_of_before_says_nothing() -> None:
    """NaN rather than a guess."""
    weekday, hours = weekday_and_hours(None, steady(0.1), None, MONDAY)

    assert np.isnan(weekday).all()
    assert np.isnan(hours).all()


shares = st.lists(st.floats(1e-6, 1.0), min_size=8, max_size=8)


@given(st.floats(0, 1e3), shares, shares, st.integers(0, 4_000_000_000))
def test_chances_sum_to_one(a_day: float, days: list[float], spans: list[float], local_as_of: int) -> None:
    """Whatever the hazard, the habits and the second of the day; none is negative."""
    weekday, hours = np.array([days[:7]]), np.array([spans])
    for said in weekday_and_hour_chances(steady(a_day), weekday / weekday.sum(), hours / hours.sum(), local_as_of):
        assert said.sum() == pytest.approx(1.0, abs=1e-9)
        assert (said >= 0.0).all()
