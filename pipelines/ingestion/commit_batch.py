"""Commit of one batch of staged tables: versions, quarantine, log entry.

The entry of the log makes all of it visible. Files (``ingest``) and the inbox (``takeover``) come this way, so that a record is versioned
alike however it came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adapters.records.store.batch import PreparedBatch, RecordBatch
from adapters.records.store.commit_log import BatchSource, Commit, InboxMark, RecordLog
from adapters.records.store.sql import connect
from adapters.records.store.staging import TableStaging
from otokui.domain import Instant
from otokui.observe import log as tell
from otokui.settings.settings import Settings


def commit_batch(
    shop: Path,
    settings: Settings,
    stages: Mapping[str, TableStaging],
    taken: Sequence[BatchSource],
    now: Instant,
    *,
    mark: InboxMark | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[int, PreparedBatch]:
    """Version staged tables and commit them as one batch.

    Returns: its sequence number and what is in it. Only the holder of the writer's lock may call it. mark:
    how far the batch takes over the inbox.

    Raises:
        BadRecords: a file lost more rows than permitted; nothing changed.
    """
    records = RecordLog(shop / "records")
    aside = records.staging
    commits = records.commits()
    sequence = commits[-1].sequence + 1 if commits else 1
    batch = hashlib.blake2b(json.dumps([sequence, *(s.digest for s in taken)]).encode(), digest_size=6).hexdigest()
    with closing(connect(memory_limit=settings.stores.memory_limit, threads=settings.stores.threads, spill_folder=aside / "spill")) as db:
        channels = tuple(channel.name for channel in settings.channels)
        pending = RecordBatch(db, records, stages, batch=batch, now=int(now), aside=aside, channels=channels)
        progress("versions")
        done = pending.bring()
        pending.quarantine(shop / "quarantine")
    progress("commit")
    records.commit(Commit(sequence, batch, int(now), tuple(done.files), tuple(taken), _counts_json(done), mark))
    kept = {table: count.kept for table, count in done.counts.items()}
    tell.info("records_ingested", sequence=sequence, set_aside=sum(sum(c.set_aside.values()) for c in done.counts.values()), **kept)
    return sequence, done


def _counts_json(done: PreparedBatch) -> dict[str, dict[str, Any]]:
    return {table: asdict(count) for table, count in done.counts.items()}
