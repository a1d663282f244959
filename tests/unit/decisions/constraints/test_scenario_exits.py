"""Who leaves a scenario, why, and from when on again; and who only seems to, because something is not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decisions.constraints.scenario_exits import EXITS, scenario_exits
from decisions.explanation.decision_json import rows
from otokui.domain import DAY
from tests.unit.decisions.builders import AS_OF, channel, message, people, policy

LAST = float(AS_OF - 10 * DAY)


def left(chosen: int = -1, **facts: Any) -> list[tuple[str, str, float | None]]:
    """What ada left: she was sent winback once without response, ten days ago; winback has priority 50, f2 80."""
    under = policy(
        [
            message("winback", channels=["email", "sms"], recycle_days=60, cap=3, cap_days=30),
            message("f2", priority=80, channels=["email"], cap=1, cap_days=14),
        ],
        [channel(), channel("sms")],
    )
    known = {"unanswered": [1, 0], "last_contact_at": LAST} | facts
    state = people(under, **known).state
    found = scenario_exits(under, state, int(AS_OF), np.array([chosen]))
    return [
        (under.messages.scenarios[s], EXITS[way].name, None if np.isnan(at) else float(at))
        for _, s, way, at in zip(*(column.tolist() for column in found), strict=True)
    ]


def test_who_is_still_being_spoken_to_has_not_left() -> None:
    """One send without response, three are given."""
    assert left() == []


def test_no_response_after_three_sends() -> None:
    """Again sixty days after the last contact."""
    assert left(unanswered=[3, 0]) == [("winback", "no_response", LAST + 60 * DAY)]


def test_the_cap_is_reached() -> None:
    """Again when the period of the cap is over, at the latest."""
    assert left(message_contacts=[3, 0]) == [("winback", "cap_reached", LAST + 30 * DAY)]


def test_opted_out_of_every_channel() -> None:
    """No date: only the customer can change that."""
    assert left(consented=0) == [("winback", "opted_out", None)]


@pytest.mark.parametrize(("refused", "why"), [(1, "opted_out"), (2, "opted_out"), (8, "opted_out"), (4, "bounced"), ([1, 4], "bounced")])
def test_refused_on_every_channel(refused: Any, why: str) -> None:
    """Told as an opt-out where the customer said so on all of them, else as messages that come back."""
    assert left(refused=refused) == [("winback", why, None)]


def test_opted_out_of_one_channel_of_two_is_no_exit() -> None:
    """The scenario still speaks by SMS."""
    assert left(consented=[0, 1]) == []


def test_the_blacklist_is_told_before_all_else() -> None:
    """Though three sends went without response, too."""
    assert left(blacklisted=1, unanswered=[3, 0]) == [("winback", "blacklisted", None)]


def test_a_scenario_of_higher_priority_takes_over() -> None:
    """And may give back tomorrow."""
    assert left(chosen=1) == [("winback", "higher_priority", float(AS_OF + DAY))]


def test_a_scenario_of_lower_priority_takes_nothing_over() -> None:
    """F2 was sent; winback speaks now."""
    assert left(chosen=0, unanswered=[0, 1]) == []


def test_who_bought_or_responded_has_left_with_success() -> None:
    """Nothing is unanswered: no list."""
    assert left(unanswered=[0, 0], message_contacts=[3, 1]) == []


@pytest.mark.parametrize(
    "facts", [{"unanswered": [-1, -1]}, {"consented": -1}, {"blacklisted": -1}, {"refused": -1}, {"message_contacts": -1}]
)
def test_what_is_not_known_is_no_reason(facts: dict[str, Any]) -> None:
    """Nobody is filed under a guess."""
    assert left(**facts) == []


def test_without_a_last_contact_there_is_no_date() -> None:
    """Never a date made up."""
    assert left(unanswered=[3, 0], last_contact_at=np.nan) == [("winback", "no_response", None)]


def test_every_exit_reads_in_both_languages() -> None:
    """For whoever works through the list."""
    assert all(way.text.isascii() and not way.text_ja.isascii() for way in EXITS)


class TestComingBack:
    def test_the_scenario_opens_again_when_its_days_are_over(self) -> None:
        """Sixty days after the last contact, not a second sooner; the refusal says until when."""
        under = policy([message("winback", recycle_days=60)])
        soon, now = (people(under, unanswered=3, last_contact_at=float(AS_OF - 60 * DAY + ahead)).decide() for ahead in (1, 0))

        assert [rows(d)[0]["status"] for d in (soon, now)] == ["suppressed", "contact"]
        assert rows(soon)[0]["suppressions"][0] | {"text": "", "text_ja": ""} == {
            "code": "exit_unanswered", "until": "2023-11-15T07:13:21+09:00", "text": "", "text_ja": "",
        }  # fmt: skip

    def test_who_was_last_contacted_at_a_time_not_known_stays_out(self) -> None:
        """Unknown means no."""
        under = policy([message("winback", recycle_days=60)])

        assert people(under, unanswered=3, last_contact_at=np.nan).row()["status"] == "suppressed"
