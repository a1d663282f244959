"""Customer ids on record, looked up for the few that look like personal data."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from adapters.records.store.commit_log import RecordLog
from adapters.records.store.layout import LAYOUTS


def customers_on_record(log: RecordLog, customer_ids: Collection[str]) -> set[str]:
    """Return those of ``customer_ids`` that are in a committed record."""
    on_record: set[str] = set()
    for table, layout in LAYOUTS.items():
        paths = [log.records / file.path for file in log.files(table)] if "customer_id" in layout.visible else []
        for path in paths:
            named = pl.scan_parquet(path, hive_partitioning=False).filter(pl.col("customer_id").is_in(list(customer_ids)))
            on_record |= set(named.select(pl.col("customer_id").unique()).collect()["customer_id"].to_list())
    return on_record
