"""Records on DuckDB: lazy relations over the committed Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from adapters.records.query.sql_records import SqlRecords
from adapters.records.store.commit_log import RecordFile
from adapters.records.store.layout import TableLayout
from adapters.records.store.sql import name, stored


class DuckDbRecords(SqlRecords):
    """Records on the engine's own connection.

    Relations of two connections cannot be joined.
    """

    def __init__(self, records: Path, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(records, name)
        self._connection = connection

    def _scan(self, layout: TableLayout, files: Sequence[RecordFile]) -> str:
        return stored(layout, [self._records / file.path for file in files])

    def _lazy(self, query: str) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(query)

    def _rows(self, query: str) -> Sequence[tuple[object, ...]]:
        return self._connection.execute(query).fetchall()
