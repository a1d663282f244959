"""Records on Spark, for a base that needs a cluster: DuckDB's files and queries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, Row, SparkSession

from adapters.records.query.sql_records import SqlRecords
from adapters.records.store.commit_log import RecordFile
from adapters.records.store.layout import TableLayout

_SPARK_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE", "BOOLEAN": "BOOLEAN", "INTEGER": "INT"}


class SparkRecords(SqlRecords):
    """Records of one session."""

    def __init__(self, records: Path, session: SparkSession) -> None:
        super().__init__(records, _quote)
        self._session = session
        self._views: dict[tuple[str, ...], str] = {}

    def _scan(self, layout: TableLayout, files: Sequence[RecordFile]) -> str:
        typed = ", ".join(f"{_quote(c)} {_SPARK_TYPES[layout.sql_type(c)]}" for c in layout.stored)
        if not files:
            nothing = ", ".join(f"CAST(NULL AS {_SPARK_TYPES[layout.sql_type(c)]}) AS {_quote(c)}" for c in layout.stored)
            return f"(SELECT {nothing} WHERE false)"
        paths = tuple(str(self._records / file.path) for file in files)
        if paths not in self._views:
            view = f"otokui_{layout.table}_{id(self)}_{len(self._views)}"
            self._session.read.schema(typed).parquet(*paths).createOrReplaceTempView(view)
            self._views[paths] = view
        return self._views[paths]

    def _literal(self, value: str) -> str:
        """Return a text in which Spark reads no escape of its own."""
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def _lazy(self, query: str) -> DataFrame:
        return self._session.sql(query)

    def _rows(self, query: str) -> Sequence[Row]:
        return self._session.sql(query).collect()


def _quote(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"
