"""Polars as the engine of a small shop: the frames of DuckDB, held in memory.

A summary has 187 columns, and planning them takes DuckDB's Python interface seconds whatever the number of rows. For a
shop of a few thousand customers that was nearly all of a night. Large shops stay on DuckDB, which bounds its memory.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from adapters.files.atomic_files import publish
from adapters.records.query.in_memory_records import InMemoryRecords
from otokui.domain import Instant


class PolarsEngine:
    """Implements ``otokui.ports.Engine`` in memory."""

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Write ``frame`` as one Parquet file ordered by customer_id; return its number of rows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            done = frame.to_native().collect().sort("customer_id")
            done.write_parquet(temporary, compression="zstd", row_group_size=50_000)
            publish(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return int(done.height)

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Return a Parquet file as a frame."""
        return nw.from_native(pl.read_parquet(path, hive_partitioning=False).lazy())


class PolarsRecords(InMemoryRecords):
    """A small shop's records as frames of ``PolarsEngine``.

    DuckDB queries the files, Polars computes on the result.
    """

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records known in ``[since, before)`` as ``DuckDbRecords.frame`` does."""
        relation: nw.LazyFrame[Any] = super().frame(table, before, since)
        lazy: nw.LazyFrame[Any] = nw.from_native(relation.to_native().pl().lazy())
        return lazy
