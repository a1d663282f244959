"""The gate, where no comparison is possible: a model of earlier records does not take the place of one of later records."""

from __future__ import annotations

import pytest

from otokui.domain import DAY, Instant, Label
from training.promote import Verdict, not_backwards

PASSED = Verdict(Label.CHURN, True, ("no champion yet",), 0.0, 0.0, 0.0)


def test_a_model_of_earlier_records_is_refused_and_says_how_to_have_it_all_the_same() -> None:
    """Both days and the command stand first; what the gate said stays."""
    verdict = not_backwards(PASSED, Instant(10 * DAY), Instant(40 * DAY))

    assert not verdict.passed
    assert "1970-01-11" in verdict.reasons[0]
    assert "1970-02-10" in verdict.reasons[0]
    assert "otokui promote churn VERSION" in verdict.reasons[0]
    assert verdict.reasons[1:] == ("no champion yet",)


@pytest.mark.parametrize("live", [None, Instant(10 * DAY), Instant(9 * DAY)])
def test_of_the_same_day_or_later_or_the_first_nothing_changes(live: Instant | None) -> None:
    """Only going backwards is refused."""
    assert not_backwards(PASSED, Instant(10 * DAY), live) == PASSED
