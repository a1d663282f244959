"""The moment itself."""

import pytest

from otokui.domain import parse_instant
from tests.builders import vector


@pytest.mark.parametrize(
    ("date", "sin", "cos", "day", "weekday", "quarter", "pay_day"),
    [
        ("2025-01-01", 0.0, 1.0, 1, 2, 1, 24),
        ("2025-04-25", 1.0, 0.0, 25, 4, 2, 0),
        ("2025-10-26", -1.0, 0.0, 26, 6, 4, 30),
        ("2025-12-31", -0.5, 0.8660254037844386, 31, 2, 4, 25),
        ("2024-02-26", 0.5, 0.8660254037844386, 26, 0, 1, 28),
    ],
)
def test_the_calendar(date: str, sin: float, cos: float, day: int, weekday: int, quarter: int, pay_day: int) -> None:
    """Month on a circle, day, weekday, quarter, days to the 25th."""
    features = vector(parse_instant(date))

    assert (features["month_sin"], features["month_cos"]) == (sin, cos)
    assert (features["day_of_month"], features["weekday"], features["quarter"], features["days_to_pay_day"]) == (
        day,
        weekday,
        quarter,
        pay_day,
    )


def test_the_calendar_is_the_shops() -> None:
    """Three in the afternoon of New Year's Eve, UTC, is New Year in Tokyo."""
    at = parse_instant("2025-12-31T15:00:00Z")

    assert vector(at)["day_of_month"] == 31.0
    assert vector(at, local_offset_seconds=9 * 3600)["day_of_month"] == 1.0
