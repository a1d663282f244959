"""Decision jobs of a shop in SHOP/jobs, one folder each.

A folder gets its name in one rename, so two services that accept the same key make one job. One worker at a time holds the lock, which
the kernel releases with the process, however it ends: no job is run twice, and none waits for a lease to lapse.

::

    jobs/<job id>/     one job (``job_folder``)
    jobs/.worker.lock  held by the worker
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from adapters.decision_archive.decision_lines import read_lines
from adapters.decision_archive.jobs.job_folder import JobFolder
from adapters.files.atomic_files import sync
from adapters.files.private_files import private_folder
from otokui.domain import DAY, Instant
from otokui.errors import Conflict, Missing, Unavailable
from otokui.identity.ids import is_canonical
from otokui.ports.decision_jobs import DecisionJob, DecisionPage, JobRequest
from otokui.ports.ledger import RequestKey

FOLDER: Final = "jobs"
_LOCK: Final = ".worker.lock"
_MAKING, _REMOVED = ".new-", ".removed-"
_LOST_AFTER_SECONDS: Final = 3_600


class JobStore:
    """Jobs in a folder; implements ``otokui.ports.decision_jobs.DecisionJobs``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, request: JobRequest, key: RequestKey | None, now: Instant) -> DecisionJob:
        """Store a job durably and return it.

        The same key returns the job that has it.

        Raises:
            Conflict: the key was used with another body.
        """
        target = JobFolder(self.folder / uuid.uuid4().hex) if key is None else self._named(key)
        if target.path.exists():
            return self._of_key(target, key)
        making = JobFolder(self.folder / f"{_MAKING}{uuid.uuid4().hex}")
        try:
            private_folder(making.path)
            making.write_request(request, "" if key is None else key.body_digest, now, time.time_ns())
            making.path.rename(target.path)
            sync(self.folder)
        except OSError as error:
            shutil.rmtree(making.path, ignore_errors=True)
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another service accepted the same key first
                return self._of_key(target, key)
            raise Unavailable(f"the job cannot be stored ({error.strerror})", fix="make room, then repeat with the same key") from error
        return target.read()

    def find(self, key: RequestKey) -> DecisionJob | None:
        """Return the job of an idempotency key, or None.

        Raises:
            Conflict: the key was used with another body.
        """
        folder = self._named(key)
        return self._of_key(folder, key) if folder.path.exists() else None

    def waiting_count(self) -> int:
        """Return the number of jobs that have not ended."""
        return sum(not folder.ended for folder in self._unordered())

    def needs_worker(self) -> bool:
        """Return whether a job waits and no worker is at work."""
        if all(folder.ended for folder in self._unordered()):
            return False
        with self.worker_lock() as free:
            return free

    def job(self, job_id: str) -> DecisionJob:
        """Return a job.

        Raises:
            Missing: there is none of that id.
        """
        return self._folder(job_id).read()

    def jobs(self) -> list[DecisionJob]:
        """Return all jobs, the newest first."""
        return [folder.read() for folder in reversed(self.folders())]

    def cancel(self, job_id: str) -> DecisionJob:
        """Ask for the end of a job and return it.

        A job that has ended stays as it is.
        """
        folder = self._folder(job_id)
        if not folder.ended:
            folder.cancel()
        return folder.read()

    def page(self, job: DecisionJob, position: int, limit: int) -> DecisionPage:
        """Return decisions of a job that has ended, from a position on.

        They come in the job's order.
        """
        manifest = job.manifest or {"rows": 0, "parts": []}
        lines: list[bytes] = []
        begin, end = 0, min(position + limit, int(manifest["rows"]))
        for part in manifest["parts"]:
            first, last = max(position - begin, 0), min(end - begin, int(part["rows"]))
            if first < last:
                lines += read_lines(self._folder(job.job_id).decisions, part, first, last) or []
            begin += int(part["rows"])
        return DecisionPage(lines, end if end < int(manifest["rows"]) else None)

    def part(self, job: DecisionJob, number: int) -> bytes:
        """Return a Parquet part of a job that has ended, by its number from 0.

        Raises:
            Missing: there is no such part.
        """
        parts = (job.manifest or {"parts": []})["parts"]
        if not 0 <= number < len(parts):
            raise Missing(f"job {job.job_id} has {len(parts)} parts", fix="begin without a cursor, and follow the one in each reply")
        try:
            path: Path = self._folder(job.job_id).decisions / parts[number]["file"]
            return path.read_bytes()
        except OSError as error:
            raise Missing(f"a part of job {job.job_id} is gone", fix="post the job again") from error

    def folders(self) -> list[JobFolder]:
        """Return the folders of all jobs, the oldest first."""
        orders = [(folder.order(), folder) for folder in self._unordered()]
        return [folder for order, folder in sorted(orders, key=lambda each: each[0] or ()) if order is not None]

    def waiting(self) -> list[JobFolder]:
        """Return the jobs that have not ended: a started one first, then the oldest first."""
        return sorted((folder for folder in self.folders() if not folder.ended), key=lambda folder: not folder.started)

    def clean(self, now: Instant, keep_days: float) -> int:
        """Remove jobs that ended so many days ago; return their number."""
        removed = 0
        for folder in self.folders():
            ended_at = folder.read().ended_at
            if ended_at is not None and ended_at < now - keep_days * DAY:
                folder.path.rename(self.folder / f"{_REMOVED}{folder.job_id}")  # gone for readers at once, not file by file
                removed += 1
        for path in (*self.folder.glob(f"{_REMOVED}*"), *self.folder.glob(f"{_MAKING}*")):
            if path.name.startswith(_REMOVED) or path.stat().st_mtime < now - _LOST_AFTER_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        return removed

    @contextmanager
    def worker_lock(self) -> Iterator[bool]:
        """Hold the worker's lock if it is free; say whether it is held."""
        private_folder(self.folder)
        with (self.folder / _LOCK).open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
            else:
                yield True

    def _named(self, key: RequestKey) -> JobFolder:
        return JobFolder(self.folder / hashlib.sha256(key.key.encode()).hexdigest()[:32])

    def _unordered(self) -> list[JobFolder]:
        try:
            folders = [JobFolder(path) for path in self.folder.iterdir() if not path.name.startswith(".")]
        except FileNotFoundError:
            return []
        return [folder for folder in folders if folder.is_job]

    def _of_key(self, folder: JobFolder, key: RequestKey | None) -> DecisionJob:
        if key is None or folder.body_digest() != key.body_digest:
            raise Conflict(
                "this idempotency key was used with another body", fix="send a new key with a new request; the same key only to repeat one"
            )
        return folder.read()

    def _folder(self, job_id: str) -> JobFolder:
        if not is_canonical(job_id) or not job_id.isalnum() or not (self.folder / job_id).is_dir():
            raise Missing(
                "no job has this id", fix="check the id; GET /v1/decision-jobs lists the jobs, and ended ones are removed in time"
            )
        return JobFolder(self.folder / job_id)
