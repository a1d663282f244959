"""One batch of the record store: versions, references, files, quarantine and one commit.

All tables of one call are one batch. The order of tables matters only here: orders before their lines, customers and products before
the tables that refer to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from adapters.files.atomic_files import publish
from adapters.records.findings import Finding, shown
from adapters.records.input.base import LINE
from adapters.records.store.commit_log import RecordFile, RecordLog
from adapters.records.store.layout import LAYOUTS, TableLayout
from adapters.records.store.order_lines import version_lines
from adapters.records.store.parquet_writer import write
from adapters.records.store.sql import name, one, parquet, stored
from adapters.records.store.staging import StagedFile, TableStaging
from adapters.records.store.transactions import split
from adapters.records.store.versions import VersionedRows, version
from adapters.records.validation.check import BOUND_TO_NOW
from adapters.records.validation.forbidding_rows import BROKEN_COLUMN, RULE, channel_findings, refusals_of, rescue
from otokui.data_contract.tables import TABLES

_ORDER = (
    "customers", "products", "orders", "order_lines", "events", "contacts", "consents", "suppressions", "identities", "contracts",
)  # fmt: skip


@dataclass(slots=True)
class TableCount:
    """Row counts of one table.

    ``stripped``: by column, the cells emptied of personal data in rows that were kept.
    """

    read: int = 0
    kept: int = 0
    known_already: int = 0
    corrected: int = 0
    set_aside: dict[str, int] = field(default_factory=dict)
    stripped: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PreparedBatch:
    """One batch, ready for commit."""

    files: list[RecordFile] = field(default_factory=list)
    counts: dict[str, TableCount] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class RecordBatch:
    """Builder of a batch from staged tables; the caller commits it."""

    def __init__(
        self,
        db: duckdb.DuckDBPyConnection,
        log: RecordLog,
        stages: Mapping[str, TableStaging],
        *,
        batch: str,
        now: int,
        aside: Path,
        channels: tuple[str, ...] = (),
    ) -> None:
        self._db, self._log, self._stages = db, log, stages
        self._batch, self._now, self._aside, self._channels = batch, now, aside, channels
        self._staged: dict[int, tuple[TableStaging, StagedFile]] = {f.number: (s, f) for s in stages.values() for f in s.files}
        self._views: dict[str, str] = {}
        self._done = PreparedBatch()
        self._rescued: list[str] = []

    def bring(self) -> PreparedBatch:
        """Version, validate references of, and write every table.

        Raises:
            BadRecords: a file lost more rows than permitted; nothing was made visible.
        """
        raw = self._incoming()
        for table in _ORDER:
            if table == "consents" and self._rescued:
                raw[table] = rescue(self._db, raw.get(table), self._rescued)
            if table in raw or (table == "order_lines" and self._views.get("orders") and self._stored("order_lines")):
                self._version(table, raw.get(table))
        for stage, file in self._staged.values():
            stage.refuse_if_too_bad(file)
            if not file.rows:
                self._done.findings.append(Finding(file.table, file.source.name, "empty_table"))
        self._count_sources()
        self._warn(raw)
        for table, view in self._views.items():
            self._done.files += write(self._db, LAYOUTS[table], view, self._aside, self._log.records, self._batch)
        return self._done

    def quarantine(self, folder: Path) -> int:
        """Write quarantined rows as ``folder/<table>/<batch>.parquet``; return their number."""
        total = 0
        for stage in self._stages.values():
            rows = [bad.with_columns(pl.lit(f.source.name).alias("source_file")) for f in stage.files for bad in f.bad]
            if not rows:
                continue
            quarantined = pl.concat(rows, how="diagonal").rename({LINE: "source_line"})
            first = [RULE, BROKEN_COLUMN, "source_file", "source_line"]
            target = folder / stage.table / f"{self._batch}.parquet"
            part = self._aside / f"{stage.table}-quarantine.parquet"
            quarantined.select(*first, *(c for c in quarantined.columns if c not in first)).write_parquet(part, compression="zstd")
            publish(part, target, owner_only=True)
            total += len(quarantined)
        return total

    def _stored(self, table: str) -> str | None:
        view = f"stored_{table}"
        paths = [self._log.records / file.path for file in self._log.files(table)]
        if paths:
            self._db.execute(f"CREATE TEMP VIEW IF NOT EXISTS {view} AS SELECT * FROM {stored(LAYOUTS[table], paths)}")
        return view if paths else None

    def _incoming(self) -> dict[str, str]:
        """Return, by stored table, a view of the validated rows (``known_at`` null = not given)."""
        parts: dict[str, list[str]] = defaultdict(list)
        for table, stage in self._stages.items():
            if not stage.parts:
                continue
            rows = parquet(stage.parts)
            if stage.rescued:
                self._rescued.append(f"SELECT * FROM {parquet(stage.rescued)}")
            if table == "transactions":
                self._set_aside(split(self._db, rows, self._aside), "duplicate_key", "order_id")
                parts["orders"].append("SELECT * FROM split_orders")
                parts["order_lines"].append("SELECT * FROM split_lines")
            else:
                parts[table].append(f"SELECT * FROM {rows}")
        for table, queries in parts.items():
            self._db.execute(f"CREATE TEMP VIEW came_{table} AS {' UNION ALL BY NAME '.join(queries)}")
        return {table: f"came_{table}" for table in parts}

    def _version(self, table: str, came: str | None) -> None:
        layout, stored = LAYOUTS[table], self._stored(table)
        if table == "order_lines":
            done, unknown = version_lines(self._db, came, stored, self._views.get("orders"), self._stored_orders(), self._now)
            self._set_aside(unknown, "unknown_reference", "order_id")
        else:
            self._db.execute(f"CREATE TEMP VIEW known_{table} AS SELECT * EXCLUDE (known_at), {self._known(layout)} FROM {came}")
            done = version(self._db, layout, f"known_{table}", stored, self._now)
        self._set_aside(done.duplicates, "duplicate_key", ", ".join(layout.key))
        if table == "contacts" and done.duplicates:
            self._rescued.append(refusals_of(f"came_{table}", done.duplicates))
        self._views[table] = done.view
        self._count(table, came, done)

    def _stored_orders(self) -> str | None:
        return self._stored("orders")

    def _known(self, layout: TableLayout) -> str:
        """Return when a row became known, and whether the row itself names it."""
        happened = name(TABLES[layout.table].happened)
        if layout.table == "customers" or layout.table not in BOUND_TO_NOW:
            # A time in the future is known by now; a record without a time was always true.
            known = f"coalesce(known_at, CASE WHEN {happened} IS NOT NULL THEN least({happened}, {self._now}) END, 0)"
        else:
            known = f"greatest(coalesce(known_at, {happened}), {happened})"
        if layout.table == "consents":
            known = f"CASE WHEN opted_in THEN {known} ELSE least({known}, {self._now}) END"  # an opt-out that is here is known
        elif layout.table == "suppressions":
            known = f"least({known}, {self._now})"
        return f"{known} AS known, known_at IS NOT NULL AS given"

    def _set_aside(self, rows: Sequence[tuple[int, int]], rule: str, column: str) -> None:
        by_file: dict[int, list[int]] = defaultdict(list)
        for file, line in rows:
            by_file[file].append(line)
        for number, lines in by_file.items():
            stage, staged = self._staged[number]
            original = stage.original(staged, lines)
            staged.put_aside(original.with_columns(pl.lit(rule).alias(RULE), pl.lit(column).alias(BROKEN_COLUMN)))

    def _count(self, table: str, came: str | None, done: VersionedRows) -> None:
        if came is None:
            return
        count = self._done.counts.setdefault(table, TableCount())
        if table not in self._stages:
            count.read = one(self._db, f"SELECT count(*) FROM {came}")
        count.kept, count.known_already, count.corrected = done.kept, done.known_already, done.corrected

    def _count_sources(self) -> None:
        for table, stage in self._stages.items():
            count = self._done.counts.setdefault(table, TableCount())
            for file in stage.files:
                count.read += file.rows
                for (rule, _), rows in file.counts.items():
                    count.set_aside[rule] = count.set_aside.get(rule, 0) + rows
                for removed in file.removed:
                    count.stripped[removed.column] = count.stripped.get(removed.column, 0) + removed.count
                self._done.findings += file.findings()
            if table == "transactions":
                count.kept = count.read - sum(count.set_aside.values())

    def _warn(self, raw: Mapping[str, str]) -> None:
        """Add warnings of unknown channels, customers and products; the rows stay."""
        for table, view in raw.items():
            self._done.findings += channel_findings(self._db, table, view, self._channels)
            for column, target, rule in (("customer_id", "customers", "unknown_customer"), ("product_id", "products", "unknown_product")):
                if table == target or TABLES[table].column(column) is None:
                    continue
                described = [f"SELECT {column} FROM {v}" for v in (self._views.get(target), self._stored(target)) if v]
                if not described:
                    continue
                strangers = (
                    f"FROM {view} r ANTI JOIN ({' UNION ALL '.join(described)}) d USING ({column}) "
                    f"WHERE r.{column} IS NOT NULL AND r.{column} <> 'unknown'"
                )
                count = one(self._db, f"SELECT count(*) {strangers}")
                if count:
                    examples = self._db.execute(f"SELECT DISTINCT {column} {strangers} ORDER BY 1 LIMIT 3").fetchall()
                    rows = one(self._db, f"SELECT count(*) FROM {view}")
                    self._done.findings.append(
                        Finding(table, "all files", rule, column, count, rows, examples=shown([v for (v,) in examples]))
                    )
