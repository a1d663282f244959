"""Ingestion of records as one checked batch, visible together or not at all.

The clock is an argument (``now``): it bounds what can have happened, and dates corrections that do not say when they
became known. The ledger is told last; where a run is killed before that, the next one tells it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from adapters.files.private_files import private_folder, private_tree
from adapters.records.datasets.reader_type import PreparedDataset, Reader
from adapters.records.findings import Finding
from adapters.records.input.base import SourceFile
from adapters.records.input.open_source import opened
from adapters.records.store.batch import TableCount
from adapters.records.store.commit_log import BatchSource, RecordLog
from adapters.records.store.known_customer_ids import customers_on_record
from adapters.records.store.staging import TableStaging
from adapters.records.validation.erased_customers import ErasedFilter
from adapters.records.validation.forbidding_rows import LOST
from otokui.data_contract.rules import Severity
from otokui.data_contract.tables import TABLES
from otokui.domain import Instant
from otokui.errors import BadInput
from otokui.ports.inbox import Inbox
from otokui.ports.ledger import Ledger
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from pipelines.ingestion.commit_batch import commit_batch
from pipelines.ingestion.ledger_sync import SyncReport, sync_ledger
from pipelines.ingestion.takeover import TakeoverReport, take_over

READINGS = {"consents": 2, "suppressions": 2, "contacts": 2}
"""By table: raised when more of its rows are understood, so that a file brought before is read again."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one call brought.

    sequence: of the committed batch; None where every file was known already. counts: by table.
    findings: rules broken or warned of. known_files: sources that had been brought before. left_out: by the reader, by reason.
    sync: what the ledger took, of this call and of any before that it had not seen. inbox: what was taken over from the inbox.
    """

    sequence: int | None
    counts: Mapping[str, TableCount]
    findings: tuple[Finding, ...]
    known_files: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    sync: SyncReport = field(default_factory=SyncReport)
    inbox: TakeoverReport = field(default_factory=TakeoverReport)

    @property
    def changed(self) -> bool:
        """Whether any record was added."""
        return bool(self.inbox.kept) or any(count.kept for count in self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "sequence": self.sequence,
            "changed": self.changed,
            "tables": {table: asdict(count) for table, count in self.counts.items()},
            "findings": [{"says": f.says, "fix": f.fix, "rule": f.rule, "count": f.count} for f in self.findings],
            "known_files": list(self.known_files),
            "left_out": dict(self.left_out),
            "inbox": self.inbox.to_dict(),
            "ledger": {"rows": self.sync.rows, "set_aside": [asdict(each) for each in self.sync.set_aside]},
        }

    def render(self) -> str:
        """Return the report as a table for people, with every finding and its fix below."""
        lines = [f"{'table':<14}{'read':>12}{'kept':>12}{'known':>12}{'corrected':>12}{'set aside':>12}"]
        for table, c in self.counts.items():
            aside = sum(c.set_aside.values())
            lines.append(f"{table:<14}{c.read:>12,}{c.kept:>12,}{c.known_already:>12,}{c.corrected:>12,}{aside:>12,}")
        for reason, rows in self.left_out.items():
            lines.append(f"left out by the reader: {counted(rows, 'row')}: {reason}")
        lines += [f"known already, nothing changed: {name}" for name in self.known_files]
        for finding in self.findings:
            mark = "warning" if finding.broken.severity is Severity.WARN else "set aside"
            lines.append(f"{mark}: {finding.says}\n   fix: {finding.fix}")
        lines += self.inbox.lines()
        lines += [f"ledger: {each.says}\n   fix: {each.fix}" for each in self.sync.set_aside]
        return "\n".join(lines)


def ingest(
    shop: Path,
    settings: Settings,
    sources: Mapping[str, str] | Reader,
    now: Instant,
    *,
    argument: str | None = None,
    ledger: Ledger | None = None,
    inbox: Inbox | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> IngestReport:
    """Bring records into a shop.

    sources: by table, a file, a folder or ``postgresql://user@host/db?table=[schema.]name``; or a reader of a public
    data set, which gets ``argument``. inbox: is taken over first, in batches of its own, whether or not the files are good.

    Raises:
        BadRecords: a file was refused whole; nothing changed.
        Conflict: another ingest of this shop is running.
    """
    records = RecordLog(shop / "records")
    with records.writing():
        records.sweep(shop / "quarantine")
        private_tree(shop / "records")
        private_tree(shop / "quarantine")
        aside = records.staging
        took = TakeoverReport() if inbox is None else take_over(shop, settings, inbox, now, progress)
        private_folder(aside)
        try:
            prepared = sources(argument, aside / "reader") if callable(sources) else PreparedDataset(sources)
            erased = None if ledger is None else ErasedFilter(ledger.erasures, now)
            report = _brought(shop, settings, prepared, now, records, aside, progress, erased)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        if ledger is not None:
            report = replace(report, sync=sync_ledger(records, ledger, shop / "quarantine"))
    return replace(report, inbox=took)


def _brought(
    shop: Path,
    settings: Settings,
    prepared: PreparedDataset,
    now: Instant,
    records: RecordLog,
    aside: Path,
    progress: Callable[[str], None],
    erased: ErasedFilter | None,
) -> IngestReport:
    settings = _adapted(settings, prepared)
    unknown = sorted(set(prepared.sources) - set(TABLES))
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no table", fix=f"tables are {', '.join(TABLES)}")
    # Order lines last: whose they are is told by the orders of the same call.
    sources = dict(sorted(prepared.sources.items(), key=lambda source: source[0] == "order_lines"))
    stages, taken, known_files = _staged(settings, sources, now, records, aside, progress, erased)
    if not taken:
        return IngestReport(None, {}, (), tuple(known_files), prepared.left_out)
    sequence, done = commit_batch(shop, settings, stages, taken, now, progress=progress)
    findings = sorted(done.findings, key=lambda finding: finding.rule != LOST)  # the one that nobody may miss stands first
    return IngestReport(sequence, done.counts, tuple(findings), tuple(known_files), prepared.left_out)


def _adapted(settings: Settings, prepared: PreparedDataset) -> Settings:
    """Return the settings with the reader's attributes, where the shop names none itself."""
    if not prepared.attributes or settings.records.attributes:
        return settings
    return settings.model_copy(update={"records": settings.records.model_copy(update={"attributes": prepared.attributes})})


def _staged(
    settings: Settings,
    sources: Mapping[str, str],
    now: Instant,
    records: RecordLog,
    aside: Path,
    progress: Callable[[str], None],
    erased: ErasedFilter | None,
) -> tuple[dict[str, TableStaging], list[BatchSource], list[str]]:
    seen = records.digests()
    stages: dict[str, TableStaging] = {}
    taken: list[BatchSource] = []
    known: list[str] = []
    for table, source in sources.items():
        on_record = partial(customers_on_record, records)
        stage = TableStaging(table, settings.records, settings.shop.timezone, now, aside / table, on_record, erased)
        files: Iterable[SourceFile] = opened(source, aside)
        for file in files:
            digest = _digest(file, table, settings)
            if (table, digest) in seen:
                known.append(f"{table}: {file.name}")
                continue
            progress(f"{table}: {file.name}")
            seen.add((table, digest))
            stage.take(file, len(taken))
            taken.append(BatchSource(table, file.name, digest))
        if stage.files:
            stages[table] = stage
    return stages, taken, known


def _digest(file: SourceFile, table: str, settings: Settings) -> str:
    """Return a digest of the bytes and of how they are read: another mapping or time zone makes other records of them."""
    r = settings.records
    attributes = r.attributes if table == "customers" else ()
    read_as: list[object] = [r.columns.get(table, {}), sorted(r.hash_columns), attributes, settings.shop.timezone]
    if r.trusted_columns:
        read_as.append(sorted(r.trusted_columns))
    read_as += [READINGS[table]] if table in READINGS else []
    return hashlib.sha256(json.dumps([file.digest(), read_as], sort_keys=True).encode()).hexdigest()
