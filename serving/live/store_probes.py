"""Probes of the stores that a reply needs: ledger writable, disk space, summaries present.

Probes run on threads of their own and at most once a second, however many callers there are. They neither delay replies nor load a
database, and a store that hangs blocks only its own thread. The reason of a failure is sent over HTTP, so it names no path, address or
password; the log has those.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Protocol

from otokui.errors import OtokuiError, Unavailable
from otokui.observe import log
from otokui.ports.stores import SummaryStore
from serving.http.error_detail import report

FRESH_SECONDS = 1.0
TIMEOUT_SECONDS = 2.0


class VersionedStore(SummaryStore, Protocol):
    """A summary store with a version and a probe."""

    def probe(self) -> None:
        """Raise Unavailable where a written customer is missing from the store."""
        ...

    @property
    def version(self) -> str:
        """Version of the served summaries; every materialisation has another."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One store: its name, its probe and its fix.

    probe: raises where the store does not work.
    """

    name: str
    trouble: str
    fix: str
    probe: Callable[[], None]

    @property
    def why(self) -> str:
        """The reason in readiness where the probe fails."""
        return f"{self.name}: {self.trouble}; {self.fix}"


LEDGER_FIX: Final = "check [stores] ledger_url and the database; the log of the service says more"


def checks(ledger: Callable[[], None], summaries: Callable[[], None], free: Callable[[], int], least: int) -> tuple[Check, ...]:
    """Return the probes of a shop: ledger writable, so many bytes of disk, summaries present."""

    def disk() -> None:
        free_bytes = free()
        if free_bytes < least:
            raise Unavailable(f"{free_bytes} bytes are left", fix="make room")

    return (
        Check("ledger", "it cannot be written", LEDGER_FIX, ledger),
        Check("disk", f"fewer than {least:,} bytes are left", "make room, or set [service] min_free_bytes", disk),
        Check("online store", "summaries that were published are not found", "run `otokui materialise --shop SHOP`", summaries),
    )


@dataclass(slots=True)
class StoreProbes:
    """Store probes with results that are cached for a second."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="otokui-probes"))
    _tasks: dict[str, tuple[float, Future[bool]]] = field(default_factory=dict)
    _failing: set[str] = field(default_factory=set)

    async def __call__(self, checks: Sequence[Check]) -> list[str]:
        """Return the reasons why decisions cannot be made now; none where every store works."""
        now = time.monotonic()
        waited = {}
        for check in checks:
            began, task = self._tasks.get(check.name, (0.0, None))
            if task is None or (task.done() and now - began >= FRESH_SECONDS):
                task = self._pool.submit(self._works, check)
                self._tasks[check.name] = now, task
            waited[check.name] = asyncio.wrap_future(task)
        if waited:
            await asyncio.wait(waited.values(), timeout=TIMEOUT_SECONDS)
        return [
            check.why if waited[check.name].done() else f"{check.name}: no answer within {TIMEOUT_SECONDS:g} seconds; {check.fix}"
            for check in checks
            if not (waited[check.name].done() and waited[check.name].result())
        ]

    def _works(self, check: Check) -> bool:
        try:
            check.probe()
        except Exception as error:  # any error means that the store does not work
            if check.name not in self._failing:  # logged once, not every second
                if isinstance(error, OtokuiError):
                    log.warning("store_failing", store=check.name, why=error.detail)
                else:
                    report("store_failing", error, store=check.name)
            self._failing.add(check.name)
            return False
        if check.name in self._failing:
            log.info("store_works_again", store=check.name)
            self._failing.discard(check.name)
        return True
