"""Pending batches: committed records that a ledger has not imported yet.

They may contain opt-outs, so nobody is contacted before the import. A process that dies between commit and sync, or a database that is
down, leaves the ledger behind the records. The check is cheap enough for every two seconds: one listing of the log, one query.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.records.store.commit_log import RecordLog

LEDGER_TABLES = ("identities", "suppressions", "contacts", "consents")
"""The tables that a ledger imports, in this order: a consent never comes before the refusals that came with it, nor before a merge."""


@dataclass(slots=True)
class PendingBatches:
    """Repeated comparison of commit log and ledger; each log entry is read once."""

    records: RecordLog
    _tables: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def find(self, last_batch: Callable[[str], int]) -> str:
        """Return the pending batches as text, '' where there are none.

        last_batch: returns the last imported batch of a table, -1 for none.

        Raises:
            Unavailable: an entry of the log, or the ledger, cannot be read.
        """
        names = self.records.names()
        self._tables |= {name: self._of_ledger(name) for name in names if name not in self._tables}
        lacking = []
        for table in LEDGER_TABLES:
            sequences = [sequence for sequence, tables in (self._tables[name] for name in names) if table in tables]
            last = last_batch(table) if sequences else -1
            count = sum(sequence > last for sequence in sequences)
            lacking += [f"{count:,} batch{'' if count == 1 else 'es'} of {table}"] if count else []
        return f"the ledger has not taken {', '.join(lacking)}" if lacking else ""

    def _of_ledger(self, name: str) -> tuple[int, tuple[str, ...]]:
        commit = self.records.read(name)
        return commit.sequence, tuple({file.table for file in commit.files if file.rows and file.table in LEDGER_TABLES})
