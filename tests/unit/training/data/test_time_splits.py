"""Cut-offs: never over the end, what judges after what taught."""

from __future__ import annotations

import pytest

from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from otokui.settings.training import Training
from training.data.time_splits import plan, split


def day(number: float) -> Instant:
    return Instant(int(number * DAY))


def test_a_year_gives_monthly_cutoffs_and_three_months_ahead() -> None:
    """365 days: the reference horizon is 90 days, and day 275 (365 - 90) is one of the cut-offs."""
    planned = plan(day(0), day(365), Training(), (7, 14, 30, 60, 90))
    days = [cutoff.at / DAY for cutoff in planned.cutoffs]

    assert planned.reference_days == 90
    assert days == [65, 95, 125, 155, 185, 215, 245, 275, 305, 335]


def test_six_months_give_closer_cutoffs() -> None:
    """180 days: 30 days ahead, cut-offs every 18 days."""
    planned = plan(day(0), day(180), Training(), (7, 14, 30, 60, 90))

    assert planned.reference_days == 30
    assert [cutoff.at / DAY for cutoff in planned.cutoffs] == [42, 60, 78, 96, 114, 132, 150, 168]


@pytest.mark.parametrize(("horizons", "reference"), [((1, 7, 14, 28), 28), ((14, 75, 120), 75), ((100, 365), 7), ((3,), 7)])
def test_counts_are_learnt_over_the_longest_horizon_asked_for_that_fits(horizons: tuple[int, ...], reference: int) -> None:
    """A grocer that asks for four weeks learns over four weeks, not over the half of it; nothing above 90 days or below 7."""
    assert plan(day(0), day(365), Training(), horizons).reference_days == reference


@pytest.mark.parametrize(("purchases_a_day", "reference"), [(0.01, 90), (0.05, 90), (0.1, 60), (0.14, 30), (2.0, 30)])
def test_who_comes_every_week_is_learnt_over_a_month(purchases_a_day: float, reference: int) -> None:
    """Four purchases tell a rate; where that takes longer than any horizon, the longest stands."""
    assert plan(day(0), day(365), Training(), (7, 14, 30, 60, 90), purchases_a_day).reference_days == reference


@pytest.mark.parametrize(("days", "cutoffs"), [(40, 1), (55, 1), (57, 4)])
def test_a_short_history_shows_who_is_there_and_no_window(days: int, cutoffs: int) -> None:
    """Below eight weeks the one cut-off is the end itself; from then on there are windows of a week."""
    found = plan(day(0), day(days), Training(), (7, 30))

    assert len(found.cutoffs) == cutoffs
    assert (found.cutoffs[-1].at == day(days)) is (days < 56)
    assert found.reference_days == 7


def test_windows_of_learning_end_before_the_held_out_one_begins() -> None:
    """With 60 days ahead and the end at day 200, day 140 is held out and day 80 is the last to learn from."""
    found = split([day(d) for d in (20, 50, 80, 110, 140, 170)], day(200), 60)

    assert (found.held_out, found.by_customer) == (day(140), False)
    assert found.learn == (day(20), day(50), day(80))
    assert found.final == (day(20), day(50), day(80), day(110), day(140))


def test_where_time_does_not_suffice_customers_are_held_out() -> None:
    """90 days ahead in 120: the one whole cut-off must teach and judge, on different customers."""
    found = split([day(20), day(60)], day(120), 90)

    assert (found.by_customer, found.learn, found.held_out) == (True, (day(20),), day(20))


def test_no_whole_window_is_said_with_numbers() -> None:
    """How far it looks, and how far anybody was followed."""
    with pytest.raises(NotEnoughData, match="it looks 365 days ahead, and the longest any cut-off was followed is 100 days"):
        split([day(20)], day(120), 365)
