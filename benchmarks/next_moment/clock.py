"""The set's own clock: its times are UTC though they name no zone, and weekdays and hours want the stores'.

As published they run from 11:53 on 1 January 2017 to 4:01 on 1 January 2018, are fewest at 8 in the morning and most at 21;
taken as UTC they run from 6:53 to 23:01 on 31 December, are fewest at 4 and most at 17. Five hours would
put every late evening on the next day.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from adapters.readers import Prepared, Reader


def from_utc(read: Reader, timezone: str) -> Reader:
    """Return a reader whose order times, where they name no zone, are UTC, told as local times of ``timezone``."""

    def reader(argument: str | None, folder: Path) -> Prepared:
        prepared = read(argument, folder)
        orders = Path(prepared.sources["orders"])
        local_times(pl.read_parquet(orders), timezone).write_parquet(orders)
        return prepared

    return reader


def local_times(orders: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return orders with ``ordered_at`` on the wall clock of ``timezone``, without a zone."""
    named = pl.col("ordered_at")
    kind = orders.schema["ordered_at"]
    if not isinstance(kind, pl.Datetime) or kind.time_zone is None:
        named = named.dt.replace_time_zone("UTC")
    return orders.with_columns(named.dt.convert_time_zone(timezone).dt.replace_time_zone(None).alias("ordered_at"))
