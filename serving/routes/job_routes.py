"""Calls on decision jobs.

They post, look up, list and cancel jobs, and read the decisions page by page.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Final

import msgspec

from otokui.errors import Conflict
from otokui.ports.decision_jobs import DecisionJob
from serving.handlers.decisions.decision_handler import not_ready
from serving.handlers.jobs.job_replies import has_decisions, reply_of, summary_of
from serving.handlers.jobs.job_requests import AcceptanceRules, accept
from serving.handlers.jobs.job_types import NDJSON, PARQUET, DecisionJobRequest, JobList, JobListQuery, JobPageQuery, JobReply
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.problems import Refused
from serving.live.job_desk import JobDesk
from serving.live.job_watcher import JobWatcher
from serving.live.state import Live
from serving.routes.decision_routes import DECIDERS
from serving.routes.group import RouteGroup

_ID: Final = {"job_id": "id of the job, from the reply that accepted it"}
_GONE: Final = {404: "no job has this id; jobs are removed [jobs] keep_days after their end"}
_CURSOR: Final = re.compile(r"([rp])(\d{1,12})")
_ROWS, _PARTS = "r", "p"


@dataclass(slots=True)
class JobRoutes(RouteGroup):
    """Decision jobs over the whole base or a list of customers.

    They are carried out by a process of their own.
    """

    _watcher: JobWatcher = field(init=False)

    def __post_init__(self) -> None:
        self._watcher = JobWatcher(self.state)

    def start(self) -> None:
        """Start the thread that starts workers."""
        self._watcher.start()

    def stop(self) -> None:
        """End the worker; the job in progress goes on with the next start."""
        self._watcher.stop()

    @Operation(
        "POST",
        "/v1/decision-jobs",
        name="decision_job_post",
        roles=DECIDERS,
        takes=DecisionJobRequest,
        gives=JobReply,
        status=202,
        keyed=True,
        refusals={429: "too many calls at once, or too many jobs wait; see Retry-After"},
        example={"request_id": "2025-04-01-night", "channels": ["email", "line"]},
    )
    async def post_decision_job(self, call: Call) -> HttpResponse:
        """Decide for the whole base or a list, in the background.

        The job decides what `POST /v1/decisions` would decide for each customer at `as_of`: the same models, policy and summaries, and the
        same reservations. Orders and behaviour that arrived since the last `otokui materialise` are not seen. One job of a shop runs at a
        time; others wait. `Location` is the path of the job. A job goes on after a restart, of the service or of the machine, and reserves
        nothing twice.
        """
        live, desk = self._desk()
        key = call.headers.get(b"idempotency-key", b"").decode("latin-1")
        rules = AcceptanceRules(self.clock(), self.limits.max_as_of_days_ahead, self.personal)
        job = await asyncio.to_thread(accept, live, desk, call.body, key, rules)
        return self._told(live, job, 202)

    @Operation("GET", "/v1/decision-jobs", name="decision_jobs", roles=DECIDERS, query=JobListQuery, gives=JobList)
    async def list_decision_jobs(self, call: Call) -> HttpResponse:
        """List decision jobs, the newest first."""
        live, desk = self._desk()
        jobs = await asyncio.to_thread(desk.jobs.jobs)
        query: JobListQuery = call.query
        chosen = [job for job in jobs if query.status is None or job.status == query.status][: query.limit]
        return HttpResponse(msgspec.json.encode(JobList(jobs=[summary_of(job, live.timezone) for job in chosen])))

    @Operation(
        "GET",
        "/v1/decision-jobs/{job_id}",
        name="decision_job",
        roles=DECIDERS,
        gives=JobReply,
        parameters=_ID,
        refusals=_GONE,
        counted=True,
    )
    async def look_up_decision_job(self, call: Call) -> HttpResponse:
        """Look up one decision job.

        Status, progress, and at the end the manifest: counts, versions, files with checksums and where they lie.
        """
        live, desk = self._desk()
        return self._told(live, await asyncio.to_thread(desk.jobs.job, call.named["job_id"]))

    @Operation(
        "GET",
        "/v1/decision-jobs/{job_id}/decisions",
        name="decision_job_page",
        roles=DECIDERS,
        query=JobPageQuery,
        media_types=(NDJSON, PARQUET),
        parameters=_ID,
        refusals=_GONE | {409: "the job has not ended, or it failed"},
    )
    async def read_decision_job(self, call: Call) -> HttpResponse:
        """Read the decisions of an ended job, page by page.

        One decision per line, as `GET /v1/decisions/{decision_id}` returns it, in the order of the job. The header `X-Next-Cursor` (and
        `Link` with `rel="next"`) leads to the next page; the last page has none. With `Accept: application/vnd.apache.parquet` or
        `format=parquet` a page is a Parquet part of the job, byte for byte the file of the manifest. A page can be read again, any time
        before the job is removed.
        """
        _, desk = self._desk()
        job = await asyncio.to_thread(desk.jobs.job, call.named["job_id"])
        if not has_decisions(job):
            raise Conflict(f"the job is {job.status}", fix="look it up until it is completed; if it failed, its error says what to do")
        query: JobPageQuery = call.query
        parquet = query.format == "parquet" or (query.format is None and PARQUET.encode() in call.headers.get(b"accept", b""))
        position = _position(query.cursor, _PARTS if parquet else _ROWS)
        if parquet:
            parts = len((job.manifest or {"parts": ()})["parts"])
            body = await asyncio.to_thread(desk.jobs.part, job, position) if parts or position else b""
            rows = (job.manifest or {})["parts"][position]["rows"] if parts else 0
            return _page(call, body, PARQUET, f"{_PARTS}{position + 1}" if position + 1 < parts else None, rows)
        page = await asyncio.to_thread(desk.jobs.page, job, position, query.limit)
        lines = b"".join(line + b"\n" for line in page.lines)
        return _page(call, lines, NDJSON, None if page.following is None else f"{_ROWS}{page.following}", len(page.lines))

    @Operation(
        "DELETE",
        "/v1/decision-jobs/{job_id}",
        name="decision_job_cancel",
        roles=DECIDERS,
        gives=JobReply,
        status=202,
        parameters=_ID,
        refusals=_GONE,
    )
    async def cancel_decision_job(self, call: Call) -> HttpResponse:
        """Cancel a decision job.

        It ends after the part in progress. The decisions made by then stay readable and keep their reservations until `valid_until`. A job
        that has ended stays as it is.
        """
        live, desk = self._desk()
        return self._told(live, await asyncio.to_thread(desk.jobs.cancel, call.named["job_id"]), 202)

    @Operation(
        "POST",
        "/v1/decision-jobs/{job_id}/cancel",
        name="decision_job_cancel",
        roles=DECIDERS,
        gives=JobReply,
        status=202,
        parameters=_ID,
        refusals=_GONE,
    )
    async def end_decision_job(self, call: Call) -> HttpResponse:
        """Cancel a decision job, for callers that cannot send DELETE."""
        return await self.cancel_decision_job(call)

    def _desk(self) -> tuple[Live, JobDesk]:
        live = self.state.live
        if live is None or live.job_desk is None:
            raise not_ready()
        return live, live.job_desk

    def _told(self, live: Live, job: DecisionJob, status: int = 200) -> HttpResponse:
        body = msgspec.json.encode(reply_of(job, live.timezone))
        return HttpResponse(body, status, headers={"location": f"/v1/decision-jobs/{job.job_id}"}, customers=job.listed or 0)


def _position(cursor: str | None, kind: str) -> int:
    if cursor is None:
        return 0
    found = _CURSOR.fullmatch(cursor)
    if found is None or found[1] != kind:
        raise Refused(
            422, "the cursor is not one of this call and format", "send X-Next-Cursor of the page before", code="cursor", field="cursor"
        )
    return int(found[2])


def _page(call: Call, body: bytes, media_type: str, following: str | None, customers: int) -> HttpResponse:
    headers = {}
    if following is not None:
        query: JobPageQuery = call.query
        more = f"cursor={following}&limit={query.limit}" + (f"&format={query.format}" if query.format else "")
        headers = {"x-next-cursor": following, "link": f'</v1/decision-jobs/{call.named["job_id"]}/decisions?{more}>; rel="next"'}
    return HttpResponse(body, 200, media_type, headers, customers)
