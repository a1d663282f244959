"""Times in every spelling become UTC seconds; naive ones are local to the shop, daylight saving included."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from adapters.records.validation.timestamps import local_seconds, utc_seconds
from otokui.domain import show_instant


def read(value: object, timezone: str = "UTC") -> str | None:
    """Read one time; show it in UTC."""
    seconds = utc_seconds(pl.Series("t", [value]), timezone)[0][0]
    return None if seconds is None else show_instant(seconds).removesuffix("+00:00")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-05", "2024-01-04T15:00:00"),
        ("2024/1/5", "2024-01-04T15:00:00"),
        ("2024/01/05 09:30", "2024-01-05T00:30:00"),
        ("2024/01/05 09:30:15", "2024-01-05T00:30:15"),
        ("2024-01-05T09:30:15", "2024-01-05T00:30:15"),
        ("2024-01-05 09:30:15.250", "2024-01-05T00:30:15"),
        (" 2024-01-05 09:30:15 ", "2024-01-05T00:30:15"),
        ("2024-01-05T09:30:15Z", "2024-01-05T09:30:15"),
        ("2024-01-05T09:30:15+09:00", "2024-01-05T00:30:15"),
        ("2024-01-05 09:30:15+09", "2024-01-05T00:30:15"),
        ("2024-01-05 09:30-0530", "2024-01-05T15:00:00"),
        ("2024-01-05T09:30:15.25+0900", "2024-01-05T00:30:15"),
        ("2024-13-05", None),
        ("2024-02-30", None),
        ("05.01.2024", None),
        ("20240105", None),
        ("0024-01-05", None),
        ("", None),
        (date(2024, 1, 5), "2024-01-04T15:00:00"),
        (datetime(2024, 1, 5, 9), "2024-01-05T00:00:00"),
        (datetime(2024, 1, 5, 9, tzinfo=UTC), "2024-01-05T09:00:00"),
        (1_704_067_200, None),
    ],
)
def test_spellings(text: object, utc: str | None) -> None:
    """In Tokyo, nine hours ahead; a bare number could be seconds, milliseconds or a date, so it is none."""
    assert read(text, "Asia/Tokyo") == utc


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-10 01:59:59", "2024-03-10T06:59:59"),
        ("2024-03-10 02:30:00", "2024-03-10T07:30:00"),
        ("2024-03-10 03:30:00", "2024-03-10T07:30:00"),
        ("2024-11-03 01:30:00", "2024-11-03T05:30:00"),
        ("2024-11-03 02:30:00", "2024-11-03T07:30:00"),
    ],
)
def test_daylight_saving(text: str, utc: str) -> None:
    """An hour skipped lies an hour later, an hour that comes twice is the first one: no time is lost."""
    assert read(text, "America/New_York") == utc


def test_a_mixture_is_noticed() -> None:
    """Common and rare spellings alike."""
    times = pl.Series("t", ["2024-01-05 10:00:00", "2024-01-05 10:00:00", "2024-01-05T10:00:00+09:00"])

    assert utc_seconds(times, "UTC")[1:] == (True, True)
    assert utc_seconds(times.head(2), "UTC")[1:] == (False, True)
    assert utc_seconds(times.tail(1), "UTC")[1:] == (True, False)


def test_local_form() -> None:
    """Hour and weekday are plain arithmetic on it."""
    noon = pl.DataFrame({"t": [1_720_008_000]}).select(local_seconds(pl.col("t"), "America/New_York")).item()

    assert (noon % 86_400 // 3_600, (noon // 86_400 + 3) % 7) == (8, 2)
