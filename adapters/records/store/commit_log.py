"""Commit log of the record store: the files of committed batches are the records.

A batch becomes visible by one rename of its log entry. Files of a killed run are invisible before that, and the next run removes
them. Readers never list folders, so they cannot see half a batch.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from adapters.files.atomic_files import publish
from adapters.files.private_files import private_file, private_folder
from otokui.domain import Instant
from otokui.errors import Conflict, Unavailable

OF_LEDGER = ".ledger"
"""Suffix of the quarantine file with committed rows that the ledger could not take."""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One committed Parquet file of one table.

    path: relative to the records folder. known, version: first and last ``known_at`` and ``version_at`` in it.
    outcome_last: the last instant at which an outcome in it became known; -1 = none.
    corrections: rows that are a later version of an earlier record. late: whether a row was known after it happened.
    """

    table: str
    path: str
    rows: int
    sha256: str
    known_first: int
    known_last: int
    version_first: int
    version_last: int
    outcome_last: int = -1
    corrections: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class BatchSource:
    """Source of a batch: table, name, and SHA-256 of bytes and read settings."""

    table: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class InboxMark:
    """Mark of a batch that takes the inbox over, up to a number.

    It takes over the entries up to ``through``, but for those that wait for their order.
    """

    through: int
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Commit:
    """One committed batch with all of its tables.

    inbox: how far it takes the inbox over, None = not at all.
    """

    sequence: int
    batch: str
    made_at: int
    files: tuple[RecordFile, ...]
    sources: tuple[BatchSource, ...]
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    inbox: InboxMark | None = None

    @property
    def known_first(self) -> Instant:
        """The earliest instant at which a record of the batch was known."""
        return Instant(min((f.version_first for f in self.files), default=self.made_at))


class RecordLog:
    """The committed batches of ``SHOP/records``, in order."""

    def __init__(self, records: Path) -> None:
        self.records = records
        self.folder = records / "_log"

    def commits(self) -> list[Commit]:
        """Return all batches, oldest first.

        Raises:
            Unavailable: an entry of the log cannot be read.
        """
        return [self.read(name) for name in self.names()]

    def names(self) -> list[str]:
        """Return the names of the log's entries, oldest first; an entry never changes."""
        return sorted(path.name for path in self.folder.glob("*.json"))

    def files(self, table: str) -> list[RecordFile]:
        """Return the committed files of one table, oldest batch first."""
        return [file for commit in self.commits() for file in commit.files if file.table == table]

    def batches(self) -> dict[int, Instant]:
        """Return, by sequence number, the earliest ``known_at`` of each batch."""
        return {commit.sequence: commit.known_first for commit in self.commits() if commit.files}

    def inbox_mark(self, sequence: int | None = None) -> InboxMark:
        """Return how far the inbox is taken over by the committed batches.

        It counts the batch ``sequence`` and those before it; None = all batches.
        """
        marks = [commit.inbox for commit in self.commits() if commit.inbox and (sequence is None or commit.sequence <= sequence)]
        return marks[-1] if marks else InboxMark(0)

    def digests(self) -> set[tuple[str, str]]:
        """Return (table, digest) of every source that was committed."""
        return {(source.table, source.digest) for commit in self.commits() for source in commit.sources}

    def commit(self, commit: Commit) -> None:
        """Commit a batch; its files must be on disk under their names."""
        target = self.folder / f"{commit.sequence:08d}-{commit.batch}.json"
        temporary = self.folder / f".{target.name}.part"
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(asdict(commit), ensure_ascii=False, indent=1), encoding="utf-8")
        publish(temporary, target, owner_only=True)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; the kernel releases it when its process dies.

        Raises:
            Conflict: another run is writing.
        """
        private_folder(self.records)
        private_folder(self.folder)
        path = self.folder / "lock"
        private_file(path)
        with path.open("a+", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                holder = lock.read().strip() or "another process"
                raise Conflict(f"records are being written by {holder}", fix="wait until it has finished, then run this again") from None
            lock.truncate(0)
            lock.write(f"process {os.getpid()}")
            lock.flush()
            yield
            lock.truncate(0)

    def sweep(self, quarantine: Path) -> int:
        """Remove files of killed runs; return their number.

        Only the holder of the writer's lock may call it.
        """
        committed = self.commits()
        named = {file.path for commit in committed for file in commit.files}
        batches = {commit.batch for commit in committed}
        orphans = [p for p in self.records.glob("*/known_on=*/*") if str(p.relative_to(self.records)) not in named]
        orphans += [p for p in self.folder.iterdir() if p.name.endswith(".part")]
        orphans += [p for p in quarantine.glob("*/*") if p.name.removesuffix(".parquet").removesuffix(OF_LEDGER) not in batches]
        for path in orphans:
            path.unlink(missing_ok=True)
        shutil.rmtree(self.staging, ignore_errors=True)
        return len(orphans)

    @property
    def staging(self) -> Path:
        """The folder in which a batch is prepared; its files do not outlive a run."""
        return self.records / "_staging"

    def read(self, name: str) -> Commit:
        """Return the batch of one entry.

        Raises:
            Unavailable: it cannot be read.
        """
        path = self.folder / name
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            files = tuple(RecordFile(**file) for file in entry["files"])
            sources = tuple(BatchSource(**source) for source in entry["sources"])
            said = entry.get("inbox")
            inbox = InboxMark(said["through"], tuple(said["waiting"])) if said else None
            return Commit(entry["sequence"], entry["batch"], entry["made_at"], files, sources, entry["tables"], inbox)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"the log entry {path} cannot be read ({type(error).__name__})", fix="restore it from the backup") from None
