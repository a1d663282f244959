"""One decision job as a folder: request, progress and result.

Each is a file that is there whole or not at all.

::

    request.json     what was asked and when; never changed
    customers.json   the list of customers that was asked for, if there is one
    cancel           a cancellation was asked for
    started.json     when the worker began, how often, and at which part the last attempt began
    progress.json    customers decided and in all; replaced after each part
    inputs/          summaries and product lists of the moment of the start, pinned until the end (``pinned_inputs``)
    plan.json        policy, models and cut-off of the moment of the start
    decisions/       the run (``adapters.decision_archive.run_folder``)
    result.json      how it ended; a job without it goes on

The status is read off the files, so that a process that is killed leaves nothing to repair.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from adapters.decision_archive.run_folder import DecisionFolder
from adapters.files.atomic_files import publish, replace_text
from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.ports.decision_jobs import DecisionJob, JobRequest, JobStatus

_REQUEST, _CUSTOMERS = "request.json", "customers.json"
_CANCEL, _STARTED, _PROGRESS, _PLAN, _RESULT = "cancel", "started.json", "progress.json", "plan.json", "result.json"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The files of one job."""

    path: Path

    @property
    def job_id(self) -> str:
        """The job's id: the name of its folder."""
        return self.path.name

    @property
    def decisions(self) -> Path:
        """The folder of the run."""
        return self.path / "decisions"

    @property
    def inputs(self) -> Path:
        """The folder of the pinned inputs."""
        return self.path / "inputs"

    @property
    def prices(self) -> Path:
        """The file of the shadow prices that the job found."""
        return self.path / "prices.json"

    @property
    def is_job(self) -> bool:
        """Whether the folder is that of a job."""
        return (self.path / _REQUEST).exists()

    @property
    def ended(self) -> bool:
        """Whether the job has a result."""
        return (self.path / _RESULT).exists()

    @property
    def started(self) -> bool:
        """Whether a worker has begun."""
        return (self.path / _STARTED).exists()

    @property
    def cancelling(self) -> bool:
        """Whether a cancellation was asked for."""
        return (self.path / _CANCEL).exists()

    def write_request(self, request: JobRequest, body_digest: str, created_at: Instant, sequence: int) -> None:
        """Write what was asked; once, before the folder has its name.

        sequence: orders the jobs of one second.
        """
        listed = request.customer_ids
        if listed is not None:
            self._publish(_CUSTOMERS, {"customer_ids": listed})
        asked = asdict(replace(request, customer_ids=None)) | {
            "as_of": int(request.as_of),
            "listed": None if listed is None else len(listed),
        }
        self._publish(_REQUEST, {"request": asked, "body_digest": body_digest, "created_at": int(created_at), "sequence": sequence})

    def request(self) -> JobRequest:
        """Return what was asked, the list of customers included."""
        asked = self._required(_REQUEST)["request"]
        listed = None if asked["listed"] is None else tuple(self._required(_CUSTOMERS)["customer_ids"])
        return JobRequest(Instant(asked["as_of"]), listed, _names(asked["scenarios"]), _names(asked["channels"]), asked["dry_run"])

    def body_digest(self) -> str:
        """Return the digest of the body that made the job."""
        return str(self._required(_REQUEST)["body_digest"])

    def order(self) -> tuple[int, int, str] | None:
        """Return the place of the job among others, the oldest first.

        None: the folder is no job.
        """
        asked = self._read(_REQUEST)
        return None if asked is None else (int(asked["created_at"]), int(asked["sequence"]), self.job_id)

    def cancel(self) -> None:
        """Ask for the end of the job."""
        try:
            (self.path / _CANCEL).touch()
        except OSError as error:
            raise Unavailable(f"job {self.job_id} cannot be cancelled ({error.strerror})", fix="make room, then repeat the call") from error

    def begin(self, now: Instant, parts: int) -> int:
        """Note an attempt; return how many there were without a new part, this one included."""
        before = self._read(_STARTED) or {"started_at": int(now), "attempts": 0, "parts": -1, "why": None}
        attempts = int(before["attempts"]) + 1 if before["parts"] == parts else 1
        self._publish(_STARTED, before | {"attempts": attempts, "parts": parts})
        return attempts

    def note_outage(self, error: Mapping[str, str]) -> None:
        """Keep the error of an attempt that met an outage.

        It does not count as an attempt, for it says nothing of the job.
        """
        before = self._read(_STARTED) or {}
        self._publish(_STARTED, before | {"attempts": int(before["attempts"]) - 1, "why": dict(error)})

    def progress(self, done: int, customers: int) -> None:
        """Replace the progress; not durable, because the next part replaces it."""
        replace_text(self.path / _PROGRESS, json.dumps({"customers_done": done, "customers": customers}))

    def plan(self) -> dict[str, Any] | None:
        """Return the plan, None before the worker made it."""
        return self._read(_PLAN)

    def write_plan(self, plan: Mapping[str, Any]) -> None:
        """Write the plan; the inputs it names are pinned before."""
        self._publish(_PLAN, plan)

    def end(self, status: JobStatus, now: Instant, error: Mapping[str, str] | None = None) -> None:
        """Write how the job ended, and let go of its inputs."""
        self._publish(_RESULT, {"status": str(status), "ended_at": int(now), "error": None if error is None else dict(error)})
        shutil.rmtree(self.inputs, ignore_errors=True)

    def read(self) -> DecisionJob:
        """Return the job."""
        asked, started, result = self._required(_REQUEST), self._read(_STARTED), self._read(_RESULT)
        progress = self._read(_PROGRESS) or {"customers_done": 0, "customers": None}
        request = asked["request"]
        status = JobStatus(result["status"]) if result else JobStatus.RUNNING if started else JobStatus.QUEUED
        return DecisionJob(
            job_id=self.job_id,
            as_of=Instant(request["as_of"]),
            dry_run=request["dry_run"],
            listed=request["listed"],
            scenarios=_names(request["scenarios"]),
            channels=_names(request["channels"]),
            status=status,
            created_at=Instant(asked["created_at"]),
            started_at=Instant(started["started_at"]) if started else None,
            ended_at=Instant(result["ended_at"]) if result else None,
            customers_done=progress["customers_done"],
            customers=progress["customers"],
            cancelling=not status.ended and self.cancelling,
            manifest=DecisionFolder(self.decisions).manifest() if status.ended else None,
            error=result["error"] if result else (started or {}).get("why"),
        )

    def _required(self, name: str) -> dict[str, Any]:
        found = self._read(name)
        if found is None:
            raise Unavailable(f"{self.path / name} cannot be read", fix="restore the job's folder, or remove it")
        return found

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise Unavailable(f"{self.path / name} cannot be read ({error.strerror})", fix="check the disk and its rights") from error
        return content

    def _publish(self, name: str, content: Mapping[str, Any]) -> None:
        aside = self.path / f".{name}.part"
        try:
            aside.write_text(json.dumps(content, ensure_ascii=False, sort_keys=True), encoding="utf-8")
            publish(aside, self.path / name)
        except OSError as error:
            raise Unavailable(f"{self.path / name} cannot be written ({error.strerror})", fix="free space or rights there") from error


def _names(listed: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(listed)
