"""Watcher of decision jobs: a thread that starts workers.

It starts one when a job waits and none is at work. Every service of a shop watches; the worker's lock lets one worker through. A worker
that fails is started again, later each time.
"""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from typing import Final

from otokui.errors import OtokuiError
from otokui.observe import log
from serving.http.error_detail import report
from serving.live.state import LiveState

LOOKS_EVERY_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
_ENDS_WITHIN_SECONDS: Final = 5.0


@dataclass(slots=True)
class JobWatcher:
    """Thread that starts a worker when a job waits.

    It starts none while a worker of any service is at work.
    """

    state: LiveState
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _worker: subprocess.Popen[bytes] | None = None
    _failures: int = 0

    def start(self) -> None:
        """Watch in the background."""
        self._thread = threading.Thread(target=self._watch, name="otokui-jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and end the worker; its job goes on with the next one."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_ENDS_WITHIN_SECONDS)
        if self._worker is not None:
            self._worker.terminate()
            self._worker.wait()

    def look(self) -> float:
        """Start a worker if one is needed; return the seconds until the next look."""
        live = self.state.live
        if self._worker is not None:
            code = self._worker.poll()
            if code is None:
                return LOOKS_EVERY_SECONDS
            self._failures = self._failures + 1 if code else 0
            self._worker = None
            if code:
                log.warning("job_worker_ended", code=code)
                return float(min(2 ** (self._failures - 1), LONGEST_WAIT_SECONDS))
        try:
            if live is not None and live.job_desk is not None and live.job_desk.jobs.needs_worker():
                self._worker = live.job_desk.begin()
        except OtokuiError as error:
            log.warning("jobs_not_watched", why=error.detail)
        except Exception as error:  # the watcher survives any error
            report("jobs_not_watched", error)
        return LOOKS_EVERY_SECONDS

    def _watch(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            wait = self.look()
