"""When a contact is made: the day, the hour, the window, and the wall clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from decisions.candidates.channel_engagement import ReadCount, hour_shares
from decisions.compiler.compile_policy import compile_policy
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from decisions.policy.send_time import active_hours
from decisions.policy.utc_offsets import offsets
from otokui.domain import DAY, HOUR, parse_instant
from otokui.frames import Floats
from scoring.base_models.purchase_times import DirichletMixture
from tests.unit.decisions.builders import AS_OF, channel, evidence, message, people, policy, settings

EVENING = [0.0] * 19 + [1.0] + [0.0] * 4


def _day(noon: float, evening: float) -> list[float]:
    return [0.0] * 12 + [noon] + [0.0] * 6 + [evening] + [0.0] * 4


NOON_BUT_AT_WEEKENDS = ReadCount("email", tuple(_day(5e3, 5e3) * 7), tuple(_day(2_500.0, 100.0) * 5 + _day(100.0, 2_500.0) * 2))


def _timing(under: Any, as_of: int = AS_OF, **facts: Any) -> dict[str, str]:
    timing: dict[str, str] = rows(people(under, **facts).decide(as_of, as_of))[0]["timing"]
    return timing


class TestTheHour:
    """From the channel's prior hours, the shop's own, and the customer's."""

    def test_a_channel_of_the_evening_waits_for_the_evening(self) -> None:
        """It is 07:13; customers respond at 19:00."""
        assert _timing(policy(None, [channel(prior_hours=EVENING)]))["send_at"] == "2023-11-15T19:00:00+09:00"

    def test_with_even_hours_it_goes_at_once(self) -> None:
        """Nothing is gained by waiting, so the next whole minute is it."""
        assert _timing(policy())["send_at"] == "2023-11-15T07:14:00+09:00"

    def test_quiet_hours_are_waited_out(self) -> None:
        """Quiet until eight in the morning."""
        under = policy(None, [channel(quiet_from_hour=21, quiet_until_hour=8)])

        timing = _timing(under)

        assert (timing["send_at"], timing["not_before"], timing["not_after"]) == (
            "2023-11-15T08:00:00+09:00", "2023-11-15T08:00:00+09:00", "2023-11-15T09:30:00+09:00",
        )  # fmt: skip

    def test_the_window_ends_where_quiet_begins(self) -> None:
        """The best hour is the last before quiet: the window reaches back, not over."""
        hours = [0.0] * 20 + [1.0] + [0.0] * 3
        timing = _timing(policy(None, [channel(quiet_from_hour=21, quiet_until_hour=8, prior_hours=hours)]))

        assert (timing["not_before"], timing["not_after"]) == ("2023-11-15T18:30:00+09:00", "2023-11-15T20:59:59+09:00")

    def test_a_customer_of_the_afternoon_is_reached_in_the_afternoon(self) -> None:
        """Thirty purchases and visits between 15 and 18 outweigh the shop's even hours; the middle of the three is it."""
        assert _timing(policy(), active_hour_5=30.0)["send_at"] == "2023-11-15T16:00:00+09:00"

    def test_between_two_busy_parts_of_the_day_it_goes_where_they_meet(self) -> None:
        """As many visits before noon as after: the hours between draw more than nine or three."""
        assert _timing(policy(), active_hour_3=30.0, active_hour_4=30.0)["send_at"][11:13] in ("10", "11", "12")

    def test_one_visit_does_not_decide(self) -> None:
        """A single visit at night does not outweigh what the shop knows."""
        assert _timing(policy(None, [channel(prior_hours=EVENING)]), active_hour_7=1.0)["send_at"] == "2023-11-15T19:00:00+09:00"

    def test_two_evenings_speak_against_the_morning_where_customers_are_of_one_or_the_other(self) -> None:
        """Were all customers alike, they would leave the morning nearly as good as before."""
        kinds = DirichletMixture(weights=(0.5, 0.5), alphas=((0.5,) * 2 + (9.0,) + (0.5,) * 5, (0.5,) * 6 + (9.0, 0.5)))
        learnt, alike = compile_policy(settings(), evidence(active_hours=kinds)), policy()

        def drawn(under: Policy, evenings: float) -> Floats:
            return active_hours(under.times, people(under, active_hour_6=evenings).summaries)[0]

        assert drawn(learnt, 2.0)[2] < 0.2 < 0.7 < drawn(alike, 2.0)[2]
        assert drawn(learnt, 2.0)[6] > 1.5
        np.testing.assert_array_equal(drawn(learnt, 0.0), np.ones(8))

    def test_an_evening_kind_is_waited_for_until_the_evening(self) -> None:
        """Over a channel that is read alike at all hours."""
        kinds = DirichletMixture(weights=(0.5, 0.5), alphas=((0.5,) * 2 + (9.0,) + (0.5,) * 5, (0.5,) * 6 + (9.0, 0.5)))

        assert (
            _timing(compile_policy(settings(), evidence(active_hours=kinds)), active_hour_6=2.0)["send_at"] == "2023-11-15T19:00:00+09:00"
        )

    def test_what_is_not_a_number_counts_as_nothing(self) -> None:
        """Broken counts leave the shop's hours alone."""
        broken = {"active_hour_0": float("inf"), "active_hour_1": float("nan"), "active_hour_2": -5.0}

        assert _timing(policy(), **broken)["send_at"] == "2023-11-15T07:14:00+09:00"

    def test_a_count_beyond_all_bounds_does_not_wake_a_sleeping_hour(self) -> None:
        """A number that overflows must not turn a quiet hour, of weight nothing, into the best one."""
        under = policy(None, [channel(quiet_from_hour=21, quiet_until_hour=8)])

        assert _timing(under, active_hour_1=1e308)["send_at"] == "2023-11-15T08:00:00+09:00"

    def test_what_is_read_more_than_was_to_be_expected_draws(self) -> None:
        """As many were sent at noon as in the evening, but noon was read four times as often."""
        sent, read = [0.0] * 24, [0.0] * 24
        sent[12], sent[19], read[12], read[19] = 1_000.0, 1_000.0, 400.0, 100.0

        shares = hour_shares(np.ones((1, 24)), ["email"], [ReadCount("email", tuple(sent * 7), tuple(read * 7))])

        assert shares.sum(axis=2) == pytest.approx(np.ones((1, 7)))
        assert shares[0, :, 12] / shares[0, :, 19] == pytest.approx(np.full(7, 4.0), rel=0.1)

    def test_the_weekend_has_hours_of_its_own(self) -> None:
        """Read at noon on working days, in the evening at weekends; without contacts at weekends they are as other days."""
        sent = np.zeros((7, 24))
        sent[:, [12, 19]] = 5_000.0
        read = sent * 0.1
        read[:5, 12], read[5:, 19] = 2_000.0, 2_000.0

        shares = hour_shares(np.ones((1, 24)), ["email"], [ReadCount("email", tuple(sent.ravel()), tuple(read.ravel()))])[0]

        assert (shares[:5, 12] / shares[:5, 19] > 3.0).all()
        assert (shares[5:, 19] / shares[5:, 12] > 2.0).all()
        sent[5:], read[5:] = 0.0, 0.0
        of_all = hour_shares(np.ones((1, 24)), ["email"], [ReadCount("email", tuple(sent.ravel()), tuple(read.ravel()))])[0]
        assert of_all[6, 12] / of_all[6, 19] == pytest.approx(of_all[0, 12] / of_all[0, 19], rel=0.15)

    def test_on_saturday_it_goes_at_the_hour_of_saturdays(self) -> None:
        """The same customer, the same message, on a Wednesday and on a Saturday at 07:13."""
        under = compile_policy(settings(), evidence(reads=[NOON_BUT_AT_WEEKENDS]))

        assert _timing(under)["send_at"][:13] in ("2023-11-15T11", "2023-11-15T12")
        assert _timing(under, as_of=AS_OF + 3 * DAY)["send_at"][:13] in ("2023-11-18T18", "2023-11-18T19")

    def test_from_friday_night_on_it_is_saturday(self) -> None:
        """Quiet already on Friday: tomorrow's hours count, not today's."""
        under = compile_policy(settings(None, [channel(quiet_from_hour=20, quiet_until_hour=8)]), evidence(reads=[NOON_BUT_AT_WEEKENDS]))

        assert _timing(under, as_of=AS_OF + 2 * DAY + 15 * HOUR)["send_at"][:13] in ("2023-11-18T18", "2023-11-18T19")

    def test_an_hour_is_not_the_better_for_being_used_more(self) -> None:
        """Everything goes out at nine and is read at nine: that says nothing of the evening."""
        sent, read = [0.0] * 24, [0.0] * 24
        sent[9], read[9] = 5_000.0, 1_000.0

        shares = hour_shares(np.array([EVENING]), ["email"], [ReadCount("email", tuple(sent * 7), tuple(read * 7))])

        assert np.allclose(shares, hour_shares(np.array([EVENING]), ["email"], []))

    def test_a_channel_quiet_all_day_is_never_used(self) -> None:
        """From 0 until 24 leaves no hour."""
        row = people(policy(None, [channel(quiet_from_hour=0, quiet_until_hour=24)])).row()

        assert (row["status"], row["reasons"][0]["code"]) == ("suppressed", "quiet_hours")


class TestTheDay:
    """At once, or before the expected purchase."""

    def test_a_message_before_the_purchase_waits_for_its_day(self) -> None:
        """Expected in eight days, three days ahead: five days on, and from midnight there the best hour."""
        under = policy([message(timing="before_next_purchase", lead_days=3.0)], [channel(prior_hours=EVENING)])

        assert _timing(under, days_to_next_median=8.0)["send_at"] == "2023-11-20T19:00:00+09:00"

    @pytest.mark.parametrize(
        ("median", "day"),
        [(1.0, "2023-11-15"), (float("nan"), "2023-11-15"), (-4.0, "2023-11-15"), (500.0, "2023-11-21"), (float("inf"), "2023-11-15")],
    )
    def test_the_day_stays_within_the_window(self, median: float, day: str) -> None:
        """Overdue or unknown is today; far off is the last day of the seven."""
        under = policy([message(timing="before_next_purchase", lead_days=3.0)], [channel(prior_hours=EVENING)])

        assert _timing(under, days_to_next_median=median)["send_at"][:10] == day

    def test_lead_time_is_respected(self) -> None:
        """A letter takes four days, so nothing lands before the 19th at 07:14."""
        under = policy(None, [channel(lead_time_hours=96.0)])

        assert _timing(under)["send_at"] == "2023-11-19T07:14:00+09:00"

    def test_a_lead_time_longer_than_the_window_has_no_send_time(self) -> None:
        """Eight days of printing do not fit into seven."""
        row = people(policy(None, [channel(lead_time_hours=192.0)])).row()

        assert row["reasons"][0]["code"] == "quiet_hours"

    def test_a_decision_is_valid_until_its_window_closes(self) -> None:
        """A day at least, and longer where it is to go later."""
        under = policy(None, [channel(lead_time_hours=96.0)])

        assert people(under).row()["valid_until"] == "2023-11-19T08:44:00+09:00"


class TestTheClock:
    """Offsets and the two nights a year on which the clock jumps."""

    def test_a_zone_without_changes_has_one_offset(self) -> None:
        """Tokyo is nine hours ahead, always."""
        assert offsets("Asia/Tokyo", AS_OF, 10).seconds.tolist() == [32_400]

    def test_a_change_is_found_to_the_second(self) -> None:
        """New York, 3 November 2024, 06:00 UTC."""
        found = offsets("America/New_York", parse_instant("2024-10-30"), 10)

        assert found.since.tolist()[1:] == [parse_instant("2024-11-03T06:00:00")]
        assert found.seconds.tolist() == [-14_400, -18_000]

    @pytest.mark.parametrize("hour", range(24))
    @pytest.mark.parametrize("night", ["2024-03-10", "2024-11-03"])
    def test_permitted_hours_hold_over_a_change_of_the_clock(self, night: str, hour: int) -> None:
        """From every hour of the day before, the send time and its window are in the one permitted hour."""
        under = policy(None, [channel(quiet_from_hour=2, quiet_until_hour=1)], "America/New_York")
        as_of = parse_instant(night, "America/New_York") - 86_400 + hour * 3_600 + 1_234

        decided = people(under).decide(as_of, as_of)

        at = [int(x[0]) for x in (decided.not_before, decided.send_at, decided.not_after)]
        assert sorted(at) == at
        assert at[1] >= as_of
        assert {datetime.fromtimestamp(t, ZoneInfo("America/New_York")).hour for t in at} == {1}

    def test_of_an_hour_that_comes_twice_the_second_is_not_missed(self) -> None:
        """It is 01:20 for the second time; the first time is over, and only this hour is permitted."""
        under = policy(None, [channel(quiet_from_hour=2, quiet_until_hour=1)], "America/New_York")

        assert _timing(under, parse_instant("2024-11-03T06:20:00"))["send_at"] == "2024-11-03T01:20:00-05:00"

    def test_an_hour_that_is_skipped_is_taken_on_the_next_day(self) -> None:
        """Only 02:00 to 03:00 is permitted, and on this night the clock jumps over it."""
        under = policy(None, [channel(quiet_from_hour=3, quiet_until_hour=2)], "America/New_York")

        assert _timing(under, parse_instant("2024-03-10T05:10:00"))["send_at"] == "2024-03-11T02:00:00-04:00"


class TestFallbacks:
    """Where else the same message may go."""

    def test_a_fallback_asleep_in_the_window_is_none(self) -> None:
        """SMS would be worth less and sleeps at 19:00; push is awake."""
        channels = [
            channel("email", prior_hours=EVENING, response_factor=3.0),
            channel("sms", response_factor=2.0, quiet_from_hour=18, quiet_until_hour=9),
            channel("push"),
        ]

        row = people(policy([message(channels=["email", "sms", "push"])], channels)).row()

        assert row["channel"] == {"name": "email", "fallbacks": ["push"]}
