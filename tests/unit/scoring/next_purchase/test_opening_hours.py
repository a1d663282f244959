"""Days that end when customers buy: numbers worked out by hand, and what must hold of all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otokui.domain import DAY, HOUR
from scoring.next_purchase.opening_hours import HOURS, at_opening_hours, shares_by_hour

AFTERNOON = tuple(1.0 if 12 <= hour < 16 else 0.0 for hour in range(HOURS))
"""A shop that sells from noon to four, evenly."""


def test_shares_are_of_the_hour_and_never_none() -> None:
    """Nine purchases at 13 o'clock on different days, among 24 hours that each count for one."""
    shares = shares_by_hour(np.arange(9) * DAY + 13 * HOUR)

    assert shares[13] == pytest.approx(10.0 / 33.0)
    assert min(shares) == pytest.approx(1.0 / 33.0)


def test_a_part_of_a_day_ends_when_that_part_of_its_purchases_has_come() -> None:
    """From midnight, half a day's purchases have come by two in the afternoon; three and a half days end at that hour too."""
    assert at_opening_hours(np.array([0.5, 3.5]), AFTERNOON, 0) == pytest.approx([14.0 / 24.0, 3.0 + 14.0 / 24.0])


def test_a_day_begins_when_it_is_asked() -> None:
    """At two in the afternoon half of today's purchases are still to come: a quarter day more by three, three quarters by one tomorrow."""
    at = np.array([14 * HOUR, DAY + 14 * HOUR])

    assert at_opening_hours(np.array([0.25, 0.75]), AFTERNOON, at) == pytest.approx([1.0 / 24.0, 23.0 / 24.0])


def test_nothing_known_moves_nothing() -> None:
    """A model of an older build has no hours; a customer without a forecast has no day."""
    days = np.array([0.3, np.nan, 7.0])

    assert at_opening_hours(days, (), 5 * HOUR) is days
    assert np.isnan(at_opening_hours(days, AFTERNOON, 5 * HOUR)[1])


@given(
    days=st.lists(st.floats(0.0, 400.0), min_size=2, max_size=20),
    counts=st.lists(st.integers(0, 50), min_size=HOURS, max_size=HOURS),
    as_of=st.integers(0, 10 * DAY),
)
def test_order_and_whole_days_stay(days: list[float], counts: list[int], as_of: int) -> None:
    """Nobody is moved past anybody, nor out of their own day; and one alone gets what they get in company."""
    shares = shares_by_hour(np.repeat(np.arange(HOURS), counts) * HOUR)
    given_days = np.sort(np.array(days))

    moved = at_opening_hours(given_days, shares, as_of)

    assert (np.diff(moved) >= 0.0).all()
    assert (moved >= np.floor(given_days)).all()
    assert (moved <= np.floor(given_days) + 1.0).all()
    assert at_opening_hours(np.floor(given_days), shares, as_of) == pytest.approx(np.floor(given_days))
    assert all(at_opening_hours(given_days[k : k + 1], shares, as_of)[0] == moved[k] for k in range(len(moved)))
