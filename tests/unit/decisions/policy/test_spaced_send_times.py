"""A contact whose best time is too near to another is moved, within the window, or refused with the day it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.explanation.decision_json import rows
from decisions.policy.spaced_send_times import Spaced
from otokui.domain import DAY, HOUR
from tests.unit.decisions.builders import AS_OF, channel, message, people, policy

MORNING = channel(quiet_from_hour=21, quiet_until_hour=8)
"""AS_OF is 07:13 on 15 November in Tokyo."""


def decided(under: Any, **facts: Any) -> dict[str, Any]:
    """Return the decision about one customer."""
    return rows(people(under, **facts).decide())[0]


def between(first_hour: float, last_hour: float) -> dict[str, float]:
    """Return the hours after AS_OF between which another contact would be too near."""
    return {"spacing_from": AS_OF + first_hour * HOUR, "spacing_until": AS_OF + last_hour * HOUR}


class TestMoved:
    def test_nobody_else_near_changes_nothing(self) -> None:
        """The next permitted hour is it."""
        assert decided(policy(None, [MORNING]))["timing"]["send_at"] == "2023-11-15T08:00:00+09:00"

    def test_a_time_too_near_becomes_the_best_one_after(self) -> None:
        """Two days of spacing from yesterday noon end today at 23:13, in quiet hours: tomorrow at eight."""
        timing = decided(policy(None, [MORNING]), **between(-80, 16))["timing"]

        assert (timing["send_at"], timing["not_before"]) == ("2023-11-16T08:00:00+09:00", "2023-11-16T08:00:00+09:00")

    def test_the_window_does_not_reach_back_into_the_spacing(self) -> None:
        """It ends at 12:13; the window opens there, not an hour and a half before the send time."""
        timing = decided(policy(None, [MORNING]), **between(-80, 5))["timing"]

        assert (timing["send_at"], timing["not_before"]) == ("2023-11-15T12:14:00+09:00", "2023-11-15T12:13:20+09:00")

    def test_a_contact_of_tomorrow_leaves_today_alone_and_ends_before_it(self) -> None:
        """A place of four days from now blocks from the day after tomorrow; who is due then goes before."""
        under = policy([message(timing="before_next_purchase", lead_days=0.0)], [MORNING])

        row = decided(under, days_to_next_median=4.0, **between(30, 150))

        assert row["timing"]["send_at"] == "2023-11-15T08:00:00+09:00"
        assert row["valid_until"] <= "2023-11-16T13:13:00+09:00"

    def test_a_due_day_in_the_spacing_is_put_off_where_the_window_allows(self) -> None:
        """Two days on, within the seven of the window."""
        under = policy([message(timing="before_next_purchase", lead_days=0.0)], [MORNING])

        assert decided(under, days_to_next_median=2.0, **between(-10, 90))["timing"]["send_at"] == "2023-11-19T08:00:00+09:00"

    @pytest.mark.parametrize("until", np.linspace(0.1, 142.0, 25).tolist())
    def test_whatever_is_sent_keeps_its_distance(self, until: float) -> None:
        """From its first possible second to its last."""
        decisions = people(policy(None, [MORNING]), **between(-99, until)).decide()

        assert decisions.not_before[0] >= AS_OF + until * HOUR


class TestRefused:
    def test_says_the_rule_and_until_when(self) -> None:
        """The spacing ends in a week, with the window."""
        row = decided(policy(None, [MORNING]), **between(-10, 160))

        assert row["status"] == "suppressed"
        assert [(s["code"], s["until"]) for s in row["suppressions"]] == [("contact_spacing", "2023-11-21T23:13:20+09:00")]

    def test_another_channel_is_taken_where_it_is_free(self) -> None:
        """SMS has a spacing of its own."""
        under = policy([message(channels=["email", "sms"])], [MORNING, channel("sms")])
        nan = float("nan")

        row = decided(under, spacing_from=[[AS_OF - DAY, nan]], spacing_until=[[AS_OF + 9 * DAY, nan]])

        assert (row["status"], row["channel"]["name"], row["channel"]["fallbacks"]) == ("contact", "sms", [])

    def test_a_fallback_too_near_to_another_contact_is_none(self) -> None:
        """E-mail may go from tomorrow on only; SMS goes today, alone."""
        under = policy([message(channels=["sms", "email"])], [channel("sms"), channel(response_factor=0.5)])
        nan = float("nan")

        free = decided(under)
        row = decided(under, spacing_from=[[nan, AS_OF - DAY]], spacing_until=[[nan, AS_OF + 2 * DAY]])

        assert (free["channel"]["name"], free["channel"]["fallbacks"]) == ("sms", ["email"])
        assert (row["channel"]["name"], row["channel"]["fallbacks"]) == ("sms", [])


def test_what_is_half_known_is_near() -> None:
    """Unknown means no."""
    nan = float("nan")
    spaced = Spaced(np.array([nan, nan, 9.0, -np.inf]), np.array([nan, 9.0, nan, np.inf]))

    assert spaced.near(np.full(4, 5), np.full(4, 6)).tolist() == [False, True, True, True]
