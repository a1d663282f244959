"""A shop's records on DuckDB: lazy relations over the committed Parquet files; nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw

from adapters.records.columns import Layout
from adapters.records.log import RecordFile, RecordLog
from adapters.records.queries import BEGINNING, Questions, how_to_bring
from adapters.records.sql import name, stored
from otokui.domain import Instant
from otokui.errors import Missing


class DuckDbRecords:
    """Implements ``otokui.ports.RecordSource``; sees the batches that were committed when it was made.

    records: ``SHOP/records``. connection: the engine's own, because relations of two connections cannot be joined.
    """

    def __init__(self, records: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self._records, self._connection = records, connection
        commits = RecordLog(records).commits()
        self._batches = {c.sequence: c.known_first for c in commits if c.files}
        self._questions = Questions((f for c in commits for f in c.files), self._scan, name)

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records, with the derived ``deliveries`` and ``contact_outcomes``."""
        return self._questions.tables()

    def batches(self) -> dict[int, Instant]:
        """Return, by sequence number, the earliest instant at which anything in the batch was known."""
        return dict(self._batches)

    def files(self, table: str, before: Instant, since: Instant | None = None) -> list[RecordFile]:
        """Return the files that ``frame`` of the same arguments reads."""
        return self._questions.files(table, before, BEGINNING if since is None else since)

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records known in ``[since, before)``, each key once, later outcomes null; times int64 UTC seconds.

        Raises:
            Missing: the shop holds no such table.
        """
        if table not in self.tables():
            raise Missing(f"there are no records of {table!r}", fix=how_to_bring(table))
        return nw.from_native(self._connection.sql(self.query(table, before, since)))

    def query(self, table: str, before: Instant, since: Instant | None = None) -> str:
        """Return the SQL behind ``frame``, for the connection this was made with."""
        return self._questions.frame(table, before, BEGINNING if since is None else since)

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose records known before ``since`` changed, or came out of order, in ``[since, before)``."""
        query = self._questions.restated(since, before)
        return [] if query is None else [str(c) for (c,) in self._connection.execute(query + " ORDER BY 1").fetchall()]

    def _scan(self, layout: Layout, files: Sequence[RecordFile]) -> str:
        return stored(layout, [self._records / file.path for file in files])
