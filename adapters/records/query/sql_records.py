"""Records on a SQL engine: the queries; subclasses read files and fetch results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw

from adapters.records.query import merged_customers
from adapters.records.query.queries import BEGINNING, Quote, RecordQueries, how_to_bring
from adapters.records.store.commit_log import RecordFile, RecordLog
from adapters.records.store.layout import TableLayout
from adapters.records.store.sql import text
from otokui.domain import Instant
from otokui.errors import Missing


class SqlRecords(ABC):
    """Records over the committed batches; implements ``otokui.ports.RecordSource``.

    It sees the batches that were committed when it was made. records: ``SHOP/records``, on storage that all of the engine's workers can
    reach. quote: how the engine quotes a name.
    """

    def __init__(self, records: Path, quote: Quote) -> None:
        self._records, self._quote = records, quote
        commits = RecordLog(records).commits()
        self._batches = {c.sequence: c.known_first for c in commits if c.files}
        self._questions = RecordQueries((f for c in commits for f in c.files), self._scan, quote)
        self._survivors: dict[int, dict[str, str]] = {}

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records, with the derived ``deliveries`` and ``contact_outcomes``."""
        return self._questions.tables()

    def batches(self) -> dict[int, Instant]:
        """Return, by sequence number, the earliest ``known_at`` of each batch."""
        return dict(self._batches)

    def files(self, table: str, before: Instant, since: Instant | None = None) -> list[RecordFile]:
        """Return the files that ``frame`` of the same arguments reads."""
        return self._questions.files(table, before, BEGINNING if since is None else since)

    def frame(self, table: str, before: Instant, since: Instant | None = None) -> nw.LazyFrame[Any]:
        """Return the records known in ``[since, before)``, each key once.

        Later outcomes are null. Times are int64 UTC seconds. Rows of a merged customer are the surviving one's
        (``adapters.records.query.merged_customers``).

        Raises:
            Missing: the shop holds no such table.
        """
        if table not in self.tables():
            raise Missing(f"there are no records of {table!r}", fix=how_to_bring(table))
        relation: nw.LazyFrame[Any] = nw.from_native(self._lazy(self.query(table, before, since)))
        return relation

    def query(self, table: str, before: Instant, since: Instant | None = None) -> str:
        """Return the SQL of ``frame``, for this engine."""
        query = self._questions.frame(table, before, BEGINNING if since is None else since)
        return merged_customers.followed(query, table, self._merged(before), self._quote, self._literal)

    def restated(self, since: Instant, before: Instant) -> Sequence[str]:
        """Return customers whose records were corrected or came out of order.

        Only records known before ``since``, with changes known in ``[since, before)``, count.
        """
        query = self._questions.restated(since, before)
        raw = [] if query is None else [str(row[0]) for row in self._rows(query + " ORDER BY 1")]
        earlier, later = self._merged(since), self._merged(before)
        return merged_customers.restated(raw, earlier, later) if earlier or later else raw

    def _merged(self, before: Instant) -> dict[str, str]:
        """Return the surviving customer of each id that was merged, and known to be, before an instant."""
        if "identities" not in self.tables():
            return {}
        if before not in self._survivors:
            known, begins = self._questions.frame("identities", before, BEGINNING), self._quote("from")
            merges = f"SELECT alias_id, {begins}, customer_id FROM ({known}) i WHERE source IS NULL AND {begins} < {int(before)}"
            self._survivors[before] = merged_customers.survivors((str(a), int(str(at)), str(c)) for a, at, c in self._rows(merges))
        return self._survivors[before]

    def _literal(self, value: str) -> str:
        """Return a text as the engine writes it."""
        return text(value)

    @abstractmethod
    def _scan(self, layout: TableLayout, files: Sequence[RecordFile]) -> str:
        """Return a table expression for FROM with the rows of these files."""

    @abstractmethod
    def _lazy(self, query: str) -> Any:
        """Return a query's result as the engine's lazy frame."""

    @abstractmethod
    def _rows(self, query: str) -> Sequence[Any]:
        """Return the rows of a query's result."""
