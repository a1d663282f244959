"""Port of decision jobs: decisions for the whole base or a list, in the background.

The service accepts jobs and reads their pages; a worker process makes the decisions. Both use this port, so that the service never imports
what the worker needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from otokui.domain import Instant
from otokui.ports.ledger import RequestKey


class JobStatus(StrEnum):
    """Status of a job: waiting, at work, or ended in one of three ways."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will be decided any more."""
        return self not in (JobStatus.QUEUED, JobStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class JobRequest:
    """Request of a decision job.

    Its decisions depend on it, and on the models, policy and summaries that are live when it starts. customer_ids: canonical, each once,
    in the order of the decisions; None = every customer with a summary. scenarios, channels: decide among these only; None = all.
    dry_run: reserve nothing.
    """

    as_of: Instant
    customer_ids: tuple[str, ...] | None = None
    scenarios: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class DecisionJob:
    """One job with its progress and its result.

    listed: customers of the request's list, None = every customer. customers: how many it decides about, None until the worker has counted
    them. cancelling: a cancellation waits for the worker.
    manifest: of the decisions made (``pipelines.decision_run.nightly_run``), None before the end. error: code, detail and fix, of a
    job that failed or, while it runs, of the outage after which it was tried again.
    """

    job_id: str
    as_of: Instant
    dry_run: bool
    listed: int | None
    scenarios: tuple[str, ...] | None
    channels: tuple[str, ...] | None
    status: JobStatus
    created_at: Instant
    started_at: Instant | None = None
    ended_at: Instant | None = None
    customers_done: int = 0
    customers: int | None = None
    cancelling: bool = False
    manifest: Mapping[str, Any] | None = None
    error: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Decisions of a page as JSON, and the position of the next page.

    ``following`` is None after the last page.
    """

    lines: Sequence[bytes]
    following: int | None


class DecisionJobs(Protocol):
    """Jobs of a shop. Every method raises Unavailable if they cannot be read or written."""

    def create(self, request: JobRequest, key: RequestKey | None, now: Instant) -> DecisionJob:
        """Store a job durably and return it.

        The same key returns the job that has it.

        Raises:
            Conflict: the key was used with another body.
        """
        ...

    def find(self, key: RequestKey) -> DecisionJob | None:
        """Return the job of an idempotency key, or None.

        Raises:
            Conflict: the key was used with another body.
        """
        ...

    def waiting_count(self) -> int:
        """Return the number of jobs that have not ended."""
        ...

    def needs_worker(self) -> bool:
        """Return whether a job waits and no worker is at work."""
        ...

    def job(self, job_id: str) -> DecisionJob:
        """Return a job.

        Raises:
            Missing: there is none of that id.
        """
        ...

    def jobs(self) -> Sequence[DecisionJob]:
        """Return all jobs, the newest first."""
        ...

    def cancel(self, job_id: str) -> DecisionJob:
        """Ask for the end of a job and return it.

        A job that has ended stays as it is.

        Raises:
            Missing: there is none of that id.
        """
        ...

    def page(self, job: DecisionJob, position: int, limit: int) -> DecisionPage:
        """Return decisions of an ended job, from a position on, in its order."""
        ...

    def part(self, job: DecisionJob, number: int) -> bytes:
        """Return a Parquet part of an ended job, by its number from 0.

        Raises:
            Missing: there is no such part.
        """
        ...
