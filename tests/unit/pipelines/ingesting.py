"""A shop in a temporary folder that takes CSV text, for every test of how records come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from adapters.records.query.duckdb_records import DuckDbRecords
from otokui.domain import Instant, parse_instant
from otokui.settings.records import RecordSettings
from otokui.settings.settings import Settings
from otokui.settings.shop import ShopSettings
from pipelines.ingestion.ingest import IngestReport, ingest

NOW = parse_instant("2024-06-01T00:00:00Z")
END = parse_instant("2030-01-01T00:00:00Z")

ORDERS = "order_id,customer_id,ordered_at\n"
LINES = "order_id,product_id,quantity,paid_amount\n"
TRANSACTIONS = "customer_id,ordered_at,paid_amount\n"


def at(text: str) -> Instant:
    """Read a time in UTC."""
    return parse_instant(text, "UTC")


class Shop:
    """One shop, in UTC unless said."""

    def __init__(self, folder: Path, timezone: str = "UTC", **records: Any) -> None:
        self.path = folder / "shop"
        self.path.mkdir(parents=True)
        self._files = folder
        self.settings = Settings(shop=ShopSettings(timezone=timezone), records=RecordSettings(**records))

    def file(self, name: str, text: str | bytes) -> str:
        """Write a file to bring; return its path."""
        path = self._files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def bring(self, now: Instant = NOW, **tables: str | bytes) -> IngestReport:
        """Ingest tables given as the text of their files."""
        return ingest(self.path, self.settings, {t: self.file(f"{t}.csv", text) for t, text in tables.items()}, now)

    def source(self) -> DuckDbRecords:
        """Return the records as they are committed now."""
        return DuckDbRecords(self.path / "records", duckdb.connect())

    def rows(self, table: str, *columns: str, before: Instant = END, since: Instant | None = None) -> list[tuple[Any, ...]]:
        """Return some columns of a table as it was known before an instant, sorted."""
        frame = self.source().frame(table, before, since).select(*columns).collect(backend="polars")
        return sorted(frame.rows(), key=repr)

    def quarantined(self, table: str) -> list[dict[str, Any]]:
        """Return the rows set aside, in order of their lines."""
        import polars as pl

        paths = sorted((self.path / "quarantine" / table).glob("*.parquet"))
        return pl.concat([pl.read_parquet(p) for p in paths], how="diagonal").sort("source_line").to_dicts() if paths else []

    def contents(self) -> dict[str, bytes]:
        """Return every file of the shop's folder that a reader could look at, with its bytes."""
        return {str(p.relative_to(self.path)): p.read_bytes() for p in sorted(self.path.rglob("*")) if p.is_file() and p.name != "lock"}
