"""Decision jobs as replies: times with offset, files by their path in the shop's folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otokui.domain import Instant, show_instant
from otokui.ports.decision_jobs import DecisionJob, JobStatus
from serving.handlers.jobs.job_types import JobFile, JobManifest, JobPart, JobProgress, JobReply, JobSummary
from serving.http.error_detail import caller_text
from serving.http.responses import Failure

_COUNTED = "by_"


def summary_of(job: DecisionJob, timezone: str) -> JobSummary:
    """Return a job without its result."""
    return JobSummary(**_fields(job, timezone))


def reply_of(job: DecisionJob, timezone: str) -> JobReply:
    """Return a job with its result."""
    return JobReply(**_fields(job, timezone), manifest=None if job.manifest is None else _manifest(job.job_id, job.manifest, timezone))


def has_decisions(job: DecisionJob) -> bool:
    """Return whether the decisions of a job can be read.

    They are all of them, or those made before it was cancelled.
    """
    return job.status in (JobStatus.COMPLETED, JobStatus.CANCELLED)


def _fields(job: DecisionJob, timezone: str) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "status": str(job.status),
        "created_at": show_instant(job.created_at, timezone),
        "started_at": _shown(job.started_at, timezone),
        "ended_at": _shown(job.ended_at, timezone),
        "as_of": show_instant(job.as_of, timezone),
        "dry_run": job.dry_run,
        "customers_listed": job.listed,
        "scenarios": None if job.scenarios is None else list(job.scenarios),
        "channels": None if job.channels is None else list(job.channels),
        "progress": JobProgress(
            customers_done=job.customers_done,
            customers=job.customers,
            share=(1.0 if job.status is JobStatus.COMPLETED else 0.0) if not job.customers else job.customers_done / job.customers,
        ),
        "cancelling": job.cancelling,
        "error": None if job.error is None else Failure(**{name: caller_text(text) for name, text in job.error.items()}),
        "decisions": f"/v1/decision-jobs/{job.job_id}/decisions" if has_decisions(job) else None,
    }


def _manifest(job_id: str, manifest: Mapping[str, Any], timezone: str) -> JobManifest:
    versions = manifest["versions"]
    return JobManifest(
        run_digest=manifest["run_digest"],
        summarised_at=show_instant(Instant(manifest["summarised_at"]), timezone),
        rows=manifest["rows"],
        counts={name: dict(counted) for name, counted in manifest.items() if name.startswith(_COUNTED)},
        totals=dict(manifest["totals"]),
        policy=versions["policy"],
        models=dict(versions["models"]),
        folder=f"jobs/{job_id}/decisions",
        parts=[JobPart(rows=part["rows"], parquet=_file(part), lines=_file(part["lines"])) for part in manifest["parts"]],
    )


def _file(vouched: Mapping[str, Any]) -> JobFile:
    return JobFile(file=vouched["file"], bytes=vouched["bytes"], sha256=vouched["sha256"])


def _shown(at: Instant | None, timezone: str) -> str | None:
    return None if at is None else show_instant(at, timezone)
