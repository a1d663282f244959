"""Decayed sums: anchored once, true for ever."""

import math

import pytest

from features.anchored import ANCHOR, HALF_LIVES_DAYS, LIMIT, fade, power_of_two
from features.summaries.summary import summarise
from otokui.domain import DAY, CutoffDate
from tests.builders import day, line, records, table


def test_power_of_two_agrees_with_the_library() -> None:
    """Two ulp of the C library's over the whole range."""
    for exponent in (-959.9, -300.25, -1.0, -0.1, 0.0, 0.5, 1.0, 33.3, 700.7, 959.9):
        assert power_of_two(exponent) == pytest.approx(2.0**exponent, rel=4.5e-16)


def test_fade_and_weight_cancel() -> None:
    """A purchase of this moment counts one, of one half-life ago a half."""
    summaries = table(summarise(records(order_lines=[line(day(0))]), CutoffDate(day(1))))["ada"]

    for half_life in HALF_LIVES_DAYS:
        anchored = summaries[f"purchases_decay_{half_life}"]
        assert anchored * fade(day(0), half_life) == pytest.approx(1.0)
        assert anchored * fade(day(half_life), half_life) == pytest.approx(0.5)


@pytest.mark.parametrize("year", [1900, 1976, 2054, 2200])
def test_no_date_overflows(year: int) -> None:
    """A mistyped year neither overflows nor loses the customer."""
    at = (year - 1970) * 365 * DAY
    lines = [line(at, paid_amount=1e9, known_at=day(0)), line(day(0))]

    row = table(summarise(records(order_lines=lines), CutoffDate(day(1))))["ada"]

    assert all(math.isfinite(row[f"spend_decay_{h}"]) for h in HALF_LIVES_DAYS)


def test_fade_is_held_within_limits() -> None:
    """The factor neither overflows nor becomes zero."""
    assert fade(ANCHOR + 10**11, 14) == 2.0**-LIMIT
    assert fade(ANCHOR - 10**11, 14) == 2.0**LIMIT
