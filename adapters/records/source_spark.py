"""A shop's records on Spark: the same committed files and the same questions as on DuckDB, for a base that needs a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
from pyspark.sql import SparkSession

from adapters.records.columns import Layout
from adapters.records.log import RecordFile, RecordLog
from adapters.records.queries import BEGINNING, Questions, how_to_bring
from otokui.domain import Instant
from otokui.errors import Missing

_SPARK_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE", "BOOLEAN": "BOOLEAN", "INTEGER": "INT"}


class SparkRecords:
    """Implements ``otokui.ports.RecordSource``; sees the batches that were committed when it was made.

    records: ``SHOP/records``, on storage that every worker reads.
    """

    def __init__(self, records: Path, session: SparkSession) -> None:
        self._records, self._session = records, session
        self._views: dict[tuple[str, ...], str] = {}
        files = (f for c in RecordLog(records).commits() for f in c.files)
        self._questions = Questions(files, self._scan, _quote)

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records, with the derived ``deliveries`` and ``contact_outcomes``."""
        return self._questions.tables()

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
        return nw.from_native(self._session.sql(self._questions.frame(table, before, BEGINNING if since is None else since)))

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose records known before ``since`` changed, or came out of order, in ``[since, before)``."""
        query = self._questions.restated(since, before)
        return [] if query is None else [str(row[0]) for row in self._session.sql(query + " ORDER BY 1").collect()]

    def _scan(self, layout: Layout, files: Sequence[RecordFile]) -> str:
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


def _quote(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"
