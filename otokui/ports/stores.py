"""Ports of records, summaries and engines.

A fake of any of them takes ten lines (tests/fakes.py); one that needs a mock library would be too wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw

from otokui.domain import Instant
from otokui.frames import Batch


class RecordSource(Protocol):
    """Source of a shop's checked records, as known before an instant.

    Each key is there once.
    """

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records."""
        ...

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records of a table with ``since <= known_at < before``.

        Times are int64 UTC seconds. Each key is there once, in its newest version known before ``before``; outcome times at or after
        ``before`` are null, because they were not known.
        """
        ...

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose summary cannot be merged over ``[since, before)``.

        Their older records changed (correction, cancellation, return) or a late one arrived.
        """
        ...


class SummaryStore(Protocol):
    """Store of the latest summary of each customer, by key.

    A new one is a file in ``adapters/online_store/`` (docs/how-to/add-a-store.md).
    """

    @property
    def summarised_at(self) -> Instant:
        """Cut-off of the summaries in use."""
        ...

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return one summary row per customer, in that order, NaN = not known."""
        ...


class Engine(Protocol):
    """Engine for lazy frames.

    DuckDB runs on one machine, Spark on a cluster, Polars in a small shop.
    """

    def write(self, frame: nw.LazyFrame[Any], path: Path) -> int:
        """Execute a frame into one Parquet file in the order of customer_id.

        Return its rows. The file appears whole or not at all.
        """
        ...

    def read(self, path: Path) -> nw.LazyFrame[Any]:
        """Return a Parquet file as a frame of this engine.

        It can be combined with others.
        """
        ...
