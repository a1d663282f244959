"""Features of the calendar: month, weekday, distance to pay day; the same for every customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from features.feature import feature

SOURCE = "the instant asked about"
ALWAYS = "never null"

PAY_DAY: Final = 25
"""Most Japanese employers pay on the 25th."""

_HALF, _ROOT = 0.5, 0.8660254037844386
_SINES: Final = (0.0, _HALF, _ROOT, 1.0, _ROOT, _HALF, 0.0, -_HALF, -_ROOT, -1.0, -_ROOT, -_HALF)
"""sin(2 pi k / 12), written out: a C library's sine may differ in the last bit from another's."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def local_day(as_of: float, local_offset_seconds: float) -> datetime:
    """Return the shop's local date and time as a datetime labelled UTC.

    Only its fields are read.
    """
    return _EPOCH + timedelta(seconds=as_of + local_offset_seconds)


def local_quarter(as_of: float, local_offset_seconds: float) -> int:
    """Return the local quarter of the year, 0..3."""
    return (local_day(as_of, local_offset_seconds).month - 1) // 3


@feature(unit="-1..1", null=ALWAYS, source=SOURCE)
def month_sin(as_of: float, local_offset_seconds: float) -> float:
    """Sine of the month on the circle of the year, January = 0. From: the instant asked about."""
    return _SINES[local_day(as_of, local_offset_seconds).month - 1]


@feature(unit="-1..1", null=ALWAYS, source=SOURCE)
def month_cos(as_of: float, local_offset_seconds: float) -> float:
    """Cosine of the month on the circle of the year, January = 1. From: the instant asked about."""
    return _SINES[(local_day(as_of, local_offset_seconds).month + 2) % 12]


@feature(unit="day, 1..31", null=ALWAYS, source=SOURCE)
def day_of_month(as_of: float, local_offset_seconds: float) -> float:
    """Local day of the month. From: the instant asked about."""
    return float(local_day(as_of, local_offset_seconds).day)


@feature(unit="0 = Monday .. 6", null=ALWAYS, source=SOURCE)
def weekday(as_of: float, local_offset_seconds: float) -> float:
    """Local day of the week. From: the instant asked about."""
    return float(local_day(as_of, local_offset_seconds).weekday())


@feature(unit="quarter, 1..4", null=ALWAYS, source=SOURCE)
def quarter(as_of: float, local_offset_seconds: float) -> float:
    """Local quarter of the year. From: the instant asked about."""
    return float(local_quarter(as_of, local_offset_seconds) + 1)


@feature(unit="days, 0..30", null=ALWAYS, source=SOURCE)
def days_to_pay_day(as_of: float, local_offset_seconds: float) -> float:
    """Days until the next 25th of a month, 0 on the day. From: the instant asked about."""
    today = local_day(as_of, local_offset_seconds)
    if today.day <= PAY_DAY:
        return float(PAY_DAY - today.day)
    first_of_next = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    return float((first_of_next - today).days + PAY_DAY - 1)
