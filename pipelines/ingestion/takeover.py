"""Takeover of the inbox into the records, each entry exactly once.

A batch carries the number of the last entry that it takes over. It becomes visible in one rename, number and rows together, so a run
that is killed at any point has taken an entry over or has not, and the next one goes on from the number. Entries stay in the inbox until
the summaries that are served include them (``pipelines.decision_run.decision_operations.run_materialise``).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from adapters.files.private_files import private_folder
from adapters.inbox.recorded_versions import on_record
from adapters.records.input.parquet_file import ParquetSource
from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.store.commit_log import BatchSource, InboxMark, RecordLog
from adapters.records.store.sql import connect
from adapters.records.store.staging import TableStaging
from otokui.data_contract.tables import KNOWN_AT, TABLES, ColumnKind
from otokui.domain import DAY, Instant
from otokui.errors import Conflict
from otokui.events.row_states import ItemRows, versions
from otokui.events.rows import CHANGES, Row
from otokui.observe import log as tell
from otokui.ports.inbox import Inbox, StoredEntry
from otokui.settings.records import RecordSettings
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from pipelines.ingestion.commit_batch import commit_batch

MOST_ENTRIES = 200_000
"""Entries of one batch: they are in memory at once."""

WAIT_DAYS: Final = 30
"""How long an update waits for its order; the order of a shop that began to send only afterwards never comes."""

_TYPES: Final = {
    ColumnKind.TIME: pl.Datetime("us", "UTC"), ColumnKind.MONEY: pl.Float64(), ColumnKind.NUMBER: pl.Float64(),
    ColumnKind.INTEGER: pl.Int64(), ColumnKind.BOOLEAN: pl.Boolean(), ColumnKind.CONSENT: pl.Boolean(),
}  # fmt: skip


@dataclass(slots=True)
class TakeoverReport:
    """Counts of a takeover: entries, rows kept by table, waiting updates, given-up updates."""

    entries: int = 0
    kept: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    given_up: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {"entries": self.entries, "kept": dict(self.kept), "waiting": self.waiting, "given_up": self.given_up}

    def lines(self) -> list[str]:
        """Return the report for people; nothing where the inbox was empty."""
        if not (self.entries or self.kept or self.waiting):
            return []
        rows = ", ".join(f"{count:,} {table}" for table, count in sorted(self.kept.items())) or "nothing new"
        lines = [f"inbox: {counted(self.entries, 'item')} taken over: {rows}"]
        if self.waiting:
            lines.append(f"inbox: {counted(self.waiting, 'update')} of orders that are not on record yet; they wait {WAIT_DAYS} days")
        if self.given_up:
            lines.append(f"inbox: {counted(self.given_up, 'update')} given up: the order did not come within {WAIT_DAYS} days")
        return lines


def take_over(
    shop: Path, settings: Settings, inbox: Inbox, now: Instant, progress: Callable[[str], None] = lambda _: None
) -> TakeoverReport:
    """Take every entry of the inbox over into the records.

    Only the holder of the writer's lock may call it.

    Raises:
        Conflict: the records have taken over more than the inbox ever held, so it is another one.
        Unavailable: the inbox cannot be read; what was committed before that is taken over.
    """
    records, report = RecordLog(shop / "records"), TakeoverReport()
    last, mark = inbox.last(), records.inbox_mark()
    if last < mark.through:
        raise Conflict(
            f"the records have taken over item {mark.through:,} of the inbox, which has given only {last:,} numbers",
            fix="restore the ledger of the day of the records, or bring the missing items again under new ids of their source",
        )
    while True:
        new = [entry for entry in inbox.after(mark.through, MOST_ENTRIES) if entry.sequence <= last]
        waited = inbox.entries(mark.waiting)
        if not new and not (report.entries == 0 and waited):
            report.waiting = len(mark.waiting)
            return report
        progress("inbox")
        mark = _one_batch(shop, settings, inbox, [*waited, *new], max([mark.through, *(entry.sequence for entry in new)]), now, report)
        report.entries += len(new)
        if not new:
            report.waiting = len(mark.waiting)
            return report


def _one_batch(
    shop: Path, settings: Settings, inbox: Inbox, entries: Sequence[StoredEntry], through: int, now: Instant, report: TakeoverReport
) -> InboxMark:
    records = RecordLog(shop / "records")
    private_folder(records.staging)
    try:
        items = ItemRows()
        for entry in entries:
            items.add(entry.sequence, entry.rows)
        # Changes that were taken over before and are newer by their own time must not be undone by those that come late.
        numbers = {entry.sequence for entry in entries}
        for entry in inbox.of_customers(sorted(items.customers), sorted(items.updates.keys() | items.returns.keys())):
            if entry.sequence not in numbers and entry.sequence <= through:
                items.add(entry.sequence, {table: entry.rows[table] for table in CHANGES if table in entry.rows})
        spill = records.staging / "spill"
        with closing(connect(memory_limit=settings.stores.memory_limit, threads=settings.stores.threads, spill_folder=spill)) as db:
            record = on_record(DuckDbRecords(records.records, db), db, items, settings.records.attributes)
        waiting = numbers.intersection(items.waiting(record))
        expired = {entry.sequence for entry in entries if entry.sequence in waiting and entry.visible_at < now - WAIT_DAYS * DAY}
        report.given_up += len(expired)
        if expired:
            tell.warning("inbox_updates_given_up", entries=len(expired))
        mark = InboxMark(through, tuple(sorted(waiting - expired)))
        if mark == records.inbox_mark():
            return mark
        stages, taken = _staged(settings, versions(items, record), records.staging, now, f"inbox to item {through}")
        _, done = commit_batch(shop, settings, stages, taken, now, mark=mark)
        for table, count in done.counts.items():
            if count.kept:
                report.kept[table] = report.kept.get(table, 0) + count.kept
        return mark
    finally:
        shutil.rmtree(records.staging, ignore_errors=True)


def _staged(
    settings: Settings, rows: Mapping[str, Sequence[Row]], aside: Path, now: Instant, name: str
) -> tuple[dict[str, TableStaging], list[BatchSource]]:
    checked = _checked_already(settings.records)
    stages: dict[str, TableStaging] = {}
    taken: list[BatchSource] = []
    folder = private_folder(aside / "inbox")
    for table, of_table in rows.items():
        path = folder / f"{table}.parquet"
        _frame(table, of_table, settings.records.attributes).write_parquet(path, compression="zstd")
        source = ParquetSource(path, name)
        stage = stages[table] = TableStaging(table, checked, settings.shop.timezone, now, aside / table)
        stage.take(source, len(taken))
        digest = hashlib.sha256(f"{name} {table} {source.digest()}".encode()).hexdigest()
        taken.append(BatchSource(table, name, digest))
    return stages, taken


def _checked_already(settings: RecordSettings) -> RecordSettings:
    """Return the settings for rows that passed the checks when they arrived: nothing is mapped, hashed or judged again."""
    trusted = tuple(f"{table}.{column}" for table in TABLES for column in (*(c.name for c in TABLES[table].columns), *settings.attributes))
    return settings.model_copy(update={"columns": {}, "hash_columns": (), "trusted_columns": trusted, "max_bad_share": 1.0})


def _frame(table: str, rows: Sequence[Row], attributes: Iterable[str]) -> pl.DataFrame:
    columns = [*TABLES[table].columns, KNOWN_AT]
    schema: dict[str, pl.DataType] = {c.name: _TYPES.get(c.kind, pl.String()) for c in columns}
    if table == "customers":
        schema |= dict.fromkeys(attributes, pl.String())
    whole = {name: pl.Int64() if isinstance(dtype, pl.Datetime) else dtype for name, dtype in schema.items()}
    plain = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=whole, orient="row")
    times = [pl.col(name) for name, dtype in schema.items() if isinstance(dtype, pl.Datetime)]
    return plain.with_columns(pl.from_epoch(time, time_unit="s").cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for time in times)
