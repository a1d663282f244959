"""Dates by division."""

from datetime import UTC, datetime

import narwhals as nw
import polars as pl
import pytest

from features import local_time


@pytest.mark.parametrize("year", [1971, 1999, 2000, 2024, 2025, 2050, 2099])
def test_hour_weekday_and_quarter_are_the_calendars(year: int) -> None:
    """Mid-quarter days are in their quarter; weekdays and hours are exact."""
    days = [datetime(year, month, 14, 13, 30, tzinfo=UTC) for month in (2, 5, 8, 11)]
    local = nw.from_native(pl.LazyFrame({"local": [int(d.timestamp()) for d in days]}))
    column = nw.col("local")

    found = local.select(
        hours=local_time.hours_bucket(column), weekday=local_time.weekday(column), quarter=local_time.quarter(column)
    ).collect()

    assert found["hours"].to_list() == [4, 4, 4, 4]
    assert found["weekday"].to_list() == [d.weekday() for d in days]
    assert found["quarter"].to_list() == [0, 1, 2, 3]
