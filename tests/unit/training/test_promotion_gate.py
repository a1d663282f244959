"""The gate, where no comparison is possible: what chance explains is held against nobody, and nothing goes backwards."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.domain import DAY, Instant, Label
from otokui.frames import Floats
from training.promotion_gate import HeldOut, Verdict, judge, judge_unjudged, not_backwards

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


FEW, MANY = np.zeros(60), np.zeros(20_000)


def sane(losses: Floats, **metrics: float) -> Verdict:
    """The gate's word on a first model with these figures."""
    return judge(Label.CHURN, HeldOut(losses, np.arange(len(losses))), metrics, None, seed=1)


def test_an_error_that_chance_explains_does_not_hold_a_small_shop_back() -> None:
    """0.18 on 60 rows, of which chance explains 0.12; the same on many rows, of which it explains 0.01, is an error."""
    assert sane(FEW, calibration_error=0.18, calibration_by_chance=0.12).passed

    held = sane(MANY, calibration_error=0.18, calibration_by_chance=0.01)
    assert not held.passed
    assert held.reasons == ("calibration_error is 0.180, more than 0.1 and the 0.010 that chance explains on these rows",)


def test_each_horizon_has_its_own_chance() -> None:
    """Of two horizons the one that is off beyond its own is named."""
    held = sane(FEW, calibration_error_7d=0.14, calibration_by_chance_7d=0.03, calibration_error_30d=0.14, calibration_by_chance_30d=0.1)

    assert [reason.split()[0] for reason in held.reasons] == ["calibration_error_7d"]


def test_a_total_is_off_beyond_chance_or_not_at_all() -> None:
    """A forecast of 8 where 3 came is no proof; of 8,000 where 3,000 came, it is."""
    assert sane(FEW, bias=1.67, bias_by_chance=2.9).passed
    assert not sane(MANY, bias=1.67, bias_by_chance=0.1).passed
    assert not sane(FEW, bias=-0.9, bias_by_chance=0.05).passed


@pytest.mark.parametrize("judged_before", [True, False])
def test_what_nothing_judged_takes_the_place_of_nothing_that_was(judged_before: bool) -> None:
    """Live only where no judged model is."""
    verdict = judge_unjudged(Label.SPEND, judged_before=judged_before)

    assert verdict.passed is not judged_before
    assert "nothing could judge it" in verdict.reasons[0]
