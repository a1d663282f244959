"""Records of a few customers, for a service that summarises them anew.

Those of a small shop are held in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import polars as pl

from adapters.inbox.item_frames import SCHEMAS
from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.query.in_memory_records import InMemoryRecords
from adapters.records.store.commit_log import RecordLog
from adapters.records.store.layout import ATTRIBUTES
from adapters.records.store.sql import connect
from otokui.domain import Instant
from otokui.events.row_states import OnRecord
from otokui.events.rows import Row

_MEMORY = "512MB"
_SMALL_ROWS = 400_000
_EVER = Instant(1 << 61)


class RecordsOfCustomers:
    """Records of a shop as committed when last asked; not safe for several threads."""

    def __init__(self, records: Path, spill_folder: Path) -> None:
        self._log, self._spill = RecordLog(records), spill_folder
        self._names: list[str] | None = None
        self._products: pl.DataFrame | None = None

    def tables(self) -> Sequence[str]:
        """Return the names of the tables that hold records."""
        return self._source().tables()

    def products(self) -> pl.DataFrame:
        """Return the products, read once for each state of the records."""
        source = self._source()
        if self._products is None:
            self._products = _shaped("products", source.frame("products", _EVER).to_native().pl())
        return self._products

    def frames(self, customer_ids: Sequence[str], as_of: Instant) -> dict[str, pl.DataFrame]:
        """Return the records of customers as known at an instant, by table."""
        source = self._source()
        names = [table for table in SCHEMAS if table in source.tables() and "customer_id" in SCHEMAS[table]]
        return {table: self._of(table, "customer_id", customer_ids, Instant(as_of + 1)) for table in names}

    def owners(self, order_ids: Collection[str]) -> dict[str, str]:
        """Return the customers of orders on record."""
        if not order_ids or "orders" not in self._source().tables():
            return {}
        found = self._of("orders", "order_id", sorted(order_ids), _EVER)
        return dict(zip(found["order_id"].to_list(), found["customer_id"].to_list(), strict=True))

    def newest(self, frames: Mapping[str, pl.DataFrame], attributes: Sequence[str]) -> OnRecord:
        """Return the rows of ``frames`` by key, for the updates of items."""
        orders, lines = ({**row} for row in _rows(frames, "orders")), dict[str, dict[str, Row]]()
        for line in _rows(frames, "order_lines"):
            lines.setdefault(line["order_id"], {})[line["product_id"]] = line
        names = dict(zip(ATTRIBUTES, attributes, strict=False))
        customers = [{names.get(name, name): value for name, value in row.items()} for row in _rows(frames, "customers")]
        return OnRecord({row["order_id"]: row for row in orders}, lines, {row["customer_id"]: row for row in customers})

    def _of(self, table: str, key: str, values: Sequence[str], before: Instant) -> pl.DataFrame:
        relation = self._source().frame(table, before).to_native()
        self._connection.register("asked", pl.DataFrame({key: list(values)}, schema={key: pl.String}).to_arrow())
        try:
            return _shaped(table, relation.query("known", f'SELECT k.* FROM known k SEMI JOIN asked a ON k."{key}" = a."{key}"').pl())
        finally:
            self._connection.unregister("asked")

    def _source(self) -> DuckDbRecords:
        names = self._log.names()
        if names != self._names:
            self._connection = connect(memory_limit=_MEMORY, threads=1, spill_folder=self._spill)
            rows = sum(file.rows for commit in self._log.commits() for file in commit.files)
            kind = InMemoryRecords if rows <= _SMALL_ROWS else DuckDbRecords
            self._records, self._products, self._names = kind(self._log.records, self._connection), None, names
        return self._records


def _shaped(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in SCHEMAS[table].items())


def _rows(frames: Mapping[str, pl.DataFrame], table: str) -> list[Row]:
    if table not in frames:
        return []
    return [{name: value for name, value in row.items() if value is not None} for row in frames[table].iter_rows(named=True)]
