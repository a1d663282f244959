"""Newcomers: how many come, what they bring by age, and that nothing after the instant is asked."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant
from training.data.purchase_history import History
from training.sales_forecast.new_customers import coming_rate, learn_arrivals

AT = Instant(200 * DAY)


def history(*purchases: tuple[str, float, float]) -> History:
    """Purchases as (customer, day, paid)."""
    rows = [(who, int(day * DAY), paid, int(day * DAY)) for who, day, paid in purchases]
    return History.of(pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"))


def test_a_steady_stream_goes_on() -> None:
    """One newcomer a day on each of 200 days: about thirty in the next thirty."""
    rate = coming_rate(np.arange(200) + 0.5, 200.0, 90)

    assert rate[:30].sum() == pytest.approx(30.0, rel=0.03)
    assert rate.sum() == pytest.approx(90.0, rel=0.05)


def test_a_stream_that_dried_up_is_not_promised_again() -> None:
    """A cohort that came in the first quarter only: next to nobody comes in the next one."""
    rate = coming_rate(np.repeat(np.arange(110.0, 200.0), 5), 200.0, 90)

    assert rate.sum() < 5.0


def test_a_boom_is_not_for_ever() -> None:
    """Arrivals that grow by half a month: the third month ahead is far below what the trend alone would say."""
    ago = np.concatenate([np.full(round(10 * 1.5 ** (-(day / 30))), day + 0.5) for day in range(150)])

    rate = coming_rate(ago, 150.0, 90)

    assert rate[0] > 9.0
    assert rate[89] < 10 * 1.5**3 * 0.75


def test_what_a_newcomer_brings_counts_only_ages_that_were_seen() -> None:
    """Two of three newcomers were seen for 50 days, one of them bought again at age 40; the third came a week ago."""
    seen = history(("a", 140, 10.0), ("a", 180, 30.0), ("b", 145, 10.0), ("c", 193, 10.0))

    arrivals = learn_arrivals(seen, AT, 50)

    assert arrivals.orders[[0, 39, 40, 49]] == pytest.approx([1.0, 1.0, 1.5, 1.5])
    assert arrivals.money[[0, 39, 40]] == pytest.approx([10.0, 10.0, 25.0])


def test_those_who_come_late_bring_less_within_the_window() -> None:
    """A newcomer a day, each buying 10 at once and 10 more at age 20: within 30 days only the first ten come that far."""
    firsts, seconds = ([(f"c{day:03d}", day + later, 10.0) for day in range(days)] for days, later in ((200, 0.5), (179, 20.6)))
    seen = history(*firsts, *seconds)

    _, orders, money = learn_arrivals(seen, AT, 30).expected(30)

    assert orders == pytest.approx(40.0, rel=0.05)
    assert money == pytest.approx(400.0, rel=0.05)


def test_what_happens_afterwards_changes_nothing() -> None:
    """Purchases at or after the instant are not seen."""
    before = [(f"c{day}", float(day), 5.0) for day in range(0, 200, 3)]
    now, then = learn_arrivals(history(*before), AT, 30), learn_arrivals(history(*before, ("z", 200.0, 9.0), ("c0", 230.0, 9.0)), AT, 30)

    assert (now.per_day == then.per_day).all()
    assert (now.money == then.money).all()


def test_a_shop_without_purchases_expects_nobody() -> None:
    """No purchase before the instant: zeros, no error."""
    assert learn_arrivals(history(("a", 300.0, 1.0)), AT, 30).expected(30) == (0.0, 0.0, 0.0)
