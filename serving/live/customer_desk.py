"""Disclosure and erasure of customers as the service sees them.

A worker rewrites the files. The worker is a child process with lower priority: rewriting the files of a large shop in this process would
hold up every call. Until it has ended an erasure is pending in the ledger, so it does not matter which process dies first.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from otokui.domain import Instant
from otokui.errors import OtokuiError
from otokui.observe import log
from serving.http.error_detail import report

LOOKS_EVERY_SECONDS: Final = 2.0
LONGEST_WAIT_SECONDS: Final = 300.0


class RequestedErasure(Protocol):
    """One erasure as the ledger keeps it."""

    @property
    def mark(self) -> str:
        """Keyed hash of the id."""
        ...

    @property
    def requested_at(self) -> Instant:
        """When it was requested first."""
        ...

    @property
    def finished_at(self) -> Instant | None:
        """When every file was done, None = not yet."""
        ...

    @property
    def proof(self) -> Mapping[str, Any] | None:
        """What was erased where."""
        ...


@dataclass(frozen=True, slots=True)
class CustomerDesk:
    """Disclosure and erasure of a shop's customers.

    disclose: returns what stores and files hold, by kind; request: ends contacts and deletes the ledger's rows; erased: returns an
    erasure, None where there is none; pending: whether files are still to be rewritten; begin: starts the worker that does it.
    """

    disclose: Callable[[str], Mapping[str, Any]]
    request: Callable[[str, Instant], RequestedErasure]
    erased: Callable[[str], RequestedErasure | None]
    pending: Callable[[], bool]
    begin: Callable[[], subprocess.Popen[bytes]]


@dataclass(slots=True)
class ErasureWatcher:
    """Thread that starts a worker when an erasure is pending and none is at work."""

    desk: Callable[[], CustomerDesk | None]
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _worker: subprocess.Popen[bytes] | None = None
    _failures: int = 0

    def start(self) -> None:
        """Watch in the background."""
        self._thread = threading.Thread(target=self._watch, name="otokui-erasures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; a worker at work ends by itself."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(LOOKS_EVERY_SECONDS)

    def look(self) -> float:
        """Start a worker if one is needed; return the seconds until the next look."""
        desk = self.desk()
        try:
            if self._worker is not None:
                code = self._worker.poll()
                if code is None:
                    return LOOKS_EVERY_SECONDS
                self._worker, self._failures = None, self._failures + 1 if code else 0
                if code:
                    log.warning("erasure_not_finished", code=code)
                    return float(min(LOOKS_EVERY_SECONDS * 2**self._failures, LONGEST_WAIT_SECONDS))
            if desk is not None and desk.pending():
                self._worker = desk.begin()
        except OtokuiError as error:
            log.warning("erasures_not_watched", why=error.detail)
        except Exception as error:  # the watcher survives any error
            report("erasures_not_watched", error)
        return LOOKS_EVERY_SECONDS

    def _watch(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            wait = self.look()
