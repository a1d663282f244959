"""A shop's records on an engine that speaks SQL: which questions are asked; how files are read and answers fetched is the engine's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from adapters.records.query.queries import BEGINNING, Questions, Quote, how_to_bring
from adapters.records.store.commit_log import RecordFile, RecordLog
from adapters.records.store.layout import TableLayout
from otokui.domain import Instant
from otokui.errors import Missing


class SqlRecords(ABC):
    """Implements ``otokui.ports.RecordSource``; sees the batches that were committed when it was made.

    records: ``SHOP/records``, on storage that whoever reads for the engine can reach. quote: how the engine quotes a name.
    """

    def __init__(self, records: Path, quote: Quote) -> None:
        self._records = records
        commits = RecordLog(records).commits()
        self._batches = {c.sequence: c.known_first for c in commits if c.files}
        self._questions = Questions((f for c in commits for f in c.files), self._scan, quote)

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
        found: nw.LazyFrame[Any] = nw.from_native(self._lazy(self.query(table, before, since)))
        return found

    def query(self, table: str, before: Instant, since: Instant | None = None) -> str:
        """Return the SQL behind ``frame``, for the engine this was made with."""
        return self._questions.frame(table, before, BEGINNING if since is None else since)

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return the customers whose records known before ``since`` changed, or came out of order, in ``[since, before)``."""
        query = self._questions.restated(since, before)
        return [] if query is None else [str(row[0]) for row in self._rows(query + " ORDER BY 1")]

    @abstractmethod
    def _scan(self, layout: TableLayout, files: Sequence[RecordFile]) -> str:
        """Return something that can stand after FROM and holds the rows of these files."""

    @abstractmethod
    def _lazy(self, query: str) -> Any:
        """Return the answer to a query as the engine's own lazy frame."""

    @abstractmethod
    def _rows(self, query: str) -> Sequence[Any]:
        """Return the rows of the answer to a query."""
