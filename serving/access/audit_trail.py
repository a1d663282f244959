"""Audit trail of the HTTP calls, one by one or counted by minute.

A call has a line of its own, or is counted in a line of its minute. A call that reads, exports or changes is in the log before its reply is
sent. Calls that come by the thousand (decisions, predictions, events, feedback) are counted by key, call and status, one line a minute; a
process that is killed loses at most the counts of the running minute, never a decision, which is logged by itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from otokui.domain import Instant
from otokui.errors import OtokuiError
from otokui.observe import log
from otokui.ports.access import AccessStore, AuditEntry
from serving.http.gate import Caller, CallOutcome

MINUTE: Final = 60
_MOST_ADDRESSES, _MOST_PENDING = 5, 10_000

Counted = tuple[int, str, str, int]
"""Minute, who, call, status."""


@dataclass(slots=True)
class _Count:
    requests: int = 0
    customers: int = 0
    addresses: dict[str, None] = field(default_factory=dict)

    def add(self, caller: Caller, outcome: CallOutcome) -> None:
        self.requests += 1
        self.customers += outcome.customers
        if len(self.addresses) <= _MOST_ADDRESSES:
            self.addresses[caller.address] = None

    def where(self) -> str:
        """Return the addresses, the first few of them where there are many."""
        shown = list(self.addresses)[:_MOST_ADDRESSES]
        return ", ".join(filter(None, shown)) + (" and others" if len(self.addresses) > _MOST_ADDRESSES else "")


@dataclass(slots=True)
class AuditTrail:
    """Audit lines of this process on their way to the audit log."""

    store: Callable[[], AccessStore]
    clock: Callable[[], Instant]
    _counts: dict[Counted, _Count] = field(default_factory=dict)
    _pending: list[AuditEntry] = field(default_factory=list)  # lines that could not be written yet
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def record(self, name: str, caller: Caller, outcome: CallOutcome, *, at_once: bool) -> None:
        """Record a call.

        Raises:
            Unavailable: the line must be written at once, and cannot be.
        """
        now = self.clock()
        if at_once:
            await asyncio.to_thread(self._write, [AuditEntry(now, caller.who, name, caller.address, outcome.status, outcome.customers)])
            return
        with self._lock:
            counted = (now // MINUTE, caller.who, name, outcome.status)
            self._counts.setdefault(counted, _Count()).add(caller, outcome)

    def flush(self, *, everything: bool = False) -> None:
        """Write the audit lines of past minutes.

        The running minute is written with ``everything``. What cannot be written waits.
        """
        this_minute = self.clock() // MINUTE
        with self._lock:
            due = {counted: count for counted, count in self._counts.items() if everything or counted[0] < this_minute}
            for counted in due:
                del self._counts[counted]
        lines = [
            AuditEntry(Instant(minute * MINUTE), who, name, count.where(), status, count.customers, count.requests)
            for (minute, who, name, status), count in due.items()
        ]
        try:
            self._write(lines)
        except OtokuiError as error:
            log.warning("audit_log_unwritable", error=type(error).__name__, waiting=len(self._pending))

    def _write(self, lines: list[AuditEntry]) -> None:
        """Write lines after those that wait; on failure they wait too, and the error is raised."""
        with self._lock:
            waiting, self._pending = self._pending, []
        lines = [*waiting, *lines]
        if not lines:
            return
        try:
            self.store().append(lines)
        except OtokuiError:
            with self._lock:
                self._pending = [*lines, *self._pending]
                lost = self._pending[:-_MOST_PENDING]
                del self._pending[: len(lost)]
            if lost:
                log.error("audit_lines_lost", lines=len(lost))
            raise
