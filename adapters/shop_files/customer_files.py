"""Rows of one customer in a shop's files.

They are records in every version, decisions of runs, and quarantined rows. For disclosure: rows are told as they are stored, times in RFC
3339.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import polars as pl

from adapters.records.store.commit_log import RecordLog
from adapters.records.store.layout import LAYOUTS
from adapters.shop_files.erasure.parquet_rows import holds
from adapters.shop_files.erasure.run_files import run_folders
from features.summaries.packing import unpack
from otokui.data_contract.tables import TABLES, ColumnKind
from otokui.domain import Instant, show_instant

_PACKED: Final = ("inputs",)
_TIMES: Final = ("_at", "_until", "_from")


def records_of(shop: Path, ids: Collection[str], timezone: str) -> dict[str, list[dict[str, Any]]]:
    """Return the customer's rows on record by table, every version, oldest first."""
    log, found = RecordLog(shop / "records"), dict[str, list[dict[str, Any]]]()
    for table, layout in LAYOUTS.items():
        columns = [name for name in ("customer_id", "was_customer_id", "alias_id") if name in (*layout.stored, *layout.visible)]
        times = {column.name for column in TABLES[table].columns if column.kind is ColumnKind.TIME} | {"known_at"}
        for file in log.files(table) if columns else ():
            path = log.records / file.path
            if holds(path, ids, columns):
                rows = pl.read_parquet(path, hive_partitioning=False)
                of_ids = rows.filter(pl.any_horizontal(pl.col(name).is_in(list(ids)) for name in columns if name in rows.columns))
                shown = [name for name in layout.visible if name in rows.columns]
                found.setdefault(table, []).extend(_told(row, times, timezone) for row in of_ids.select(shown).to_dicts())
    return found


def decisions_of(shop: Path, ids: Collection[str], timezone: str) -> list[dict[str, Any]]:
    """Return the decisions about the customer in runs of the whole base."""
    return [row for folder in run_folders(shop) for row in _of_run(folder, shop, ids, timezone)]


def quarantined_of(shop: Path, ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the customer's rows that were set aside, by table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((shop / "quarantine").glob("*/*.parquet")):
        if holds(path, ids):
            rows = pl.read_parquet(path)
            texts = [name for name, kind in rows.schema.items() if kind == pl.String]
            named = rows.filter(pl.any_horizontal(pl.col(name).str.strip_chars().is_in(list(ids)) for name in texts))
            found.setdefault(path.parent.name, []).extend(named.to_dicts())
    return found


def ledger_rows_told(found: dict[str, list[dict[str, Any]]], timezone: str) -> dict[str, list[dict[str, Any]]]:
    """Return rows of the ledger ready for JSON.

    Times are in RFC 3339, the inputs of decisions by name.
    """
    return {table: [_row_told(row, timezone) for row in rows] for table, rows in found.items()}


def _row_told(row: dict[str, Any], timezone: str) -> dict[str, Any]:
    told = _told(row, {name for name in row if name.endswith(_TIMES) or name == "as_of"}, timezone)
    if isinstance(told.get("inputs"), bytes):
        try:
            summaries = unpack([row["customer_id"]], [row["inputs"]])
            values = zip(summaries.names, summaries.values[0].tolist(), strict=True)
            told["inputs"] = {name: value for name, value in values if not math.isnan(value)}
        except Exception:  # packed by another build: told as it lies there
            told["inputs"] = row["inputs"].hex()
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in told.items()}


def _of_run(folder: Path, shop: Path, ids: Collection[str], timezone: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("part-*.parquet")):
        if holds(path, ids, ("customer_id",)):
            rows = pl.read_parquet(path).filter(pl.col("customer_id").is_in(list(ids))).drop(*_PACKED, strict=False)
            times = {name for name in rows.columns if name.endswith(("_at", "_until", "not_before", "not_after"))}
            for row in rows.to_dicts():
                yield {"run": str(folder.relative_to(shop))} | {
                    name: value for name, value in _told(row, times, timezone).items() if value is not None
                }


def _told(row: dict[str, Any], times: Collection[str], timezone: str) -> dict[str, Any]:
    return {
        name: show_instant(Instant(int(value)), timezone) if name in times and isinstance(value, int | float) and value == value else value
        for name, value in row.items()
    }
