"""Parquet files of versions: one file a table and day, or month.

By month for a long history.

A five-year history by the day would be two thousand small files a table; by the month it is sixty. Every later night adds one small
file. The commit log describes each file, so file names have no meaning.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from adapters.files.atomic_files import publish, sha256
from adapters.records.store.commit_log import RecordFile
from adapters.records.store.layout import BUCKETS, TableLayout
from adapters.records.store.sql import name, names, parquet, text
from otokui.data_contract.tables import TABLES
from otokui.identity.hashing import bucket

DAYS_BEFORE_MONTHS = 92
"""A batch over more days than this is written by the month."""


def write(db: duckdb.DuckDBPyConnection, layout: TableLayout, view: str, staging: Path, records: Path, batch: str) -> list[RecordFile]:
    """Write the rows of ``view`` below ``records``; they are invisible until commit."""
    span = db.execute(f"SELECT min(version_at), max(version_at), count(DISTINCT version_at // 86400) FROM {view}").fetchone()
    if span is None or span[0] is None:
        return []
    grain = "month" if span[2] > DAYS_BEFORE_MONTHS else "day"
    day = f"strftime(date_trunc('{grain}', make_timestamp(version_at * 1000000)), '%Y-%m-%d')"
    columns = names((*layout.key, *layout.values, *layout.carried, *(c for c in layout.internal), "known_at"), "v.")
    joins, derived = _buckets(db, layout, view)
    folder = staging / "out" / layout.table
    folder.mkdir(parents=True)
    db.execute(f"""
        COPY (SELECT {columns}{derived}, {day} AS known_on FROM {view} v{joins})
        TO {text(str(folder))}
        (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (known_on), FILENAME_PATTERN {text(batch + "-{i}")}, OVERWRITE_OR_IGNORE)
    """)
    published = []
    for path in sorted(folder.rglob("*.parquet")):
        target = records / layout.table / path.parent.name / path.name
        publish(path, target, owner_only=True)
        published.append(described(db, layout, target, records))
    return published


def described(db: duckdb.DuckDBPyConnection, layout: TableLayout, path: Path, records: Path) -> RecordFile:
    """Return a file of versions below ``records`` as the commit log describes it."""
    outcomes = [f"max({name(o + '_known_at')})" for o in layout.outcomes]
    if layout.table == "orders":
        outcomes.append("max(CASE WHEN cancelled_at IS NOT NULL THEN greatest(cancelled_at, version_at) END)")
    last = f"greatest({', '.join(outcomes)})" if outcomes else "NULL"
    happened = "ordered_at" if layout.table == "order_lines" else TABLES[layout.table].happened
    row = db.execute(f"""
        SELECT count(*), min(known_at), max(known_at), min(version_at), max(version_at), coalesce({last}, -1),
               count(*) FILTER (revision > 0), coalesce(bool_or(known_at > {name(happened)}), false)
        FROM {parquet([path])}
    """).fetchone()
    assert row is not None
    rows, known_first, known_last, version_first, version_last, outcome_last, corrections = (int(n) for n in row[:7])
    return RecordFile(
        layout.table, str(path.relative_to(records)), rows, sha256(path), known_first, known_last, version_first, version_last,
        outcome_last, corrections, bool(row[7]),
    )  # fmt: skip


def _buckets(db: duckdb.DuckDBPyConnection, layout: TableLayout, view: str) -> tuple[str, str]:
    """Return the joins and select list of bucket columns.

    Each distinct text is hashed once.
    """
    joins, derived = "", ""
    for i, (column, (source, buckets)) in enumerate(BUCKETS.get(layout.table, {}).items()):
        values = [str(v) for (v,) in db.execute(f"SELECT DISTINCT {name(source)} FROM {view} WHERE {name(source)} IS NOT NULL").fetchall()]
        table = f"{layout.table}_bucket_{i}"
        db.register(
            table,
            pl.DataFrame(
                {"value": values, "bucket": [bucket(v, buckets) for v in values]}, schema={"value": pl.String, "bucket": pl.Int64}
            ).to_arrow(),
        )
        joins += f" LEFT JOIN {table} b{i} ON v.{name(source)} = b{i}.value"
        derived += f", b{i}.bucket AS {name(column)}"
    return joins, derived
