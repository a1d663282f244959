"""Request and reply types of decision jobs and their pages."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from serving.http.requests import CustomerKey, Name, When
from serving.http.responses import Failure, Time

NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"

Status = Literal["queued", "running", "completed", "failed", "cancelled"]


class DecisionJobRequest(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Job: decisions for every customer, or for a list of them, in the background."""

    customer_ids: (
        Annotated[
            list[CustomerKey],
            Meta(min_length=1, description="decide for these, each once, in this order; left out: every customer with a summary"),
        ]
        | None
    ) = None
    request_id: (
        Annotated[str, Meta(min_length=1, max_length=255, description="idempotency key, where the header Idempotency-Key is absent")] | None
    ) = None
    as_of: When | None = None
    scenarios: Annotated[list[Name], Meta(min_length=1, description="decide among these scenarios only")] | None = None
    channels: Annotated[list[Name], Meta(min_length=1, description="decide among these channels only")] | None = None
    dry_run: Annotated[bool, Meta(description="decide without reservations; the decisions are not found by id")] = False


class JobProgress(Struct, kw_only=True):
    """Progress of a job."""

    customers_done: int
    customers: Annotated[int, Meta(description="customers of the job, once they are counted")] | None
    share: Annotated[float, Meta(ge=0.0, le=1.0, description="customers_done of customers")]


class JobFile(Struct, kw_only=True):
    """One file of a job."""

    file: str
    bytes: int
    sha256: Annotated[str, Meta(description="SHA-256 of the file")]


class JobPart(Struct, kw_only=True):
    """Decisions of some customers in the order of the job.

    They come as columns, and the same decisions as JSON lines.
    """

    rows: int
    parquet: JobFile
    lines: Annotated[JobFile, Meta(description="JSON lines, compressed with zstd")]


class JobManifest(Struct, kw_only=True):
    """Result of a job: counts, versions, and the files with their checksums."""

    run_digest: Annotated[str, Meta(description="digest of the run, also in the ledger")]
    summarised_at: Annotated[Time, Meta(description="cut-off of the summaries")]
    rows: int
    counts: Annotated[dict[str, dict[str, int]], Meta(description="decisions by status, message, channel, scenario, group, reason, …")]
    totals: Annotated[dict[str, float], Meta(description="expected value and cost, summed over the contacts")]
    policy: Annotated[str, Meta(description="digest of the policy")]
    models: Annotated[dict[str, str], Meta(description="digest of each model, by label")]
    folder: Annotated[str, Meta(description="folder of the files, in the shop's folder")]
    parts: list[JobPart]


class JobSummary(Struct, kw_only=True):
    """One decision job and its progress."""

    job_id: str
    status: Status
    created_at: Time
    started_at: Time | None
    ended_at: Time | None
    as_of: Annotated[Time, Meta(description="instant of the decisions; fixed when the job was accepted")]
    dry_run: bool
    customers_listed: Annotated[int, Meta(description="customers of the request's list; null: every customer")] | None
    scenarios: list[str] | None
    channels: list[str] | None
    progress: JobProgress
    cancelling: Annotated[bool, Meta(description="a cancellation was asked for; the job ends after the part in progress")]
    error: Annotated[Failure, Meta(description="why it failed, or the outage after which it is tried again")] | None
    decisions: Annotated[str, Meta(description="path of the decisions, once the job is completed or cancelled")] | None


class JobReply(JobSummary, kw_only=True):
    """One decision job with its result."""

    manifest: Annotated[JobManifest, Meta(description="of the decisions made; null while the job runs, and where it failed")] | None


class JobList(Struct, kw_only=True):
    """Decision jobs, the newest first."""

    jobs: list[JobSummary]


class JobListQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Filter of the list of jobs."""

    status: Annotated[Status, Meta(description="jobs of this status only")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="jobs at most")] = 100


class JobPageQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Page of a job's decisions."""

    cursor: Annotated[str, Meta(max_length=32, description="where the page begins: X-Next-Cursor of the page before")] | None = None
    limit: Annotated[int, Meta(ge=1, le=1_000, description="decisions at most; a Parquet part is always whole")] = 1_000
    format: Annotated[Literal["ndjson", "parquet"], Meta(description="default: the header Accept, else ndjson")] | None = None
