"""A number with what it counts, as a sentence has it."""

from __future__ import annotations

import pytest

from otokui.wording.counting import counted, in_days


@pytest.mark.parametrize(("many", "said"), [(0, "0 customers"), (1, "1 customer"), (1_234, "1,234 customers"), (0.7, "1 customer")])
def test_one_is_not_many(many: float, said: str) -> None:
    """Nor is none one."""
    assert counted(many, "customer") == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0.0, "0 days"),
        (0.01, "less than an hour"),
        (0.04, "1 hour"),
        (0.5, "12 hours"),
        (1.0, "1 day"),
        (2.44, "2.4 days"),
        (35.4, "35 days"),
    ],
)
def test_less_than_a_day_is_said_in_hours(days: float, said: str) -> None:
    """0.04 of a day is nothing that anybody can picture."""
    assert in_days(days) == said
