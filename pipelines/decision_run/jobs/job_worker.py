"""Worker of decision jobs: one process at a time per shop.

It carries out the jobs that the services accepted.

It runs the code of `otokui decide`, job after job, and ends when none waits. A worker that is killed is followed by another one, which
finds the parts that are whole and the reservations that are made, and goes on behind them.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.decision_archive.decision_index import RunRegistry, write_index
from adapters.decision_archive.jobs.job_folder import JobFolder
from adapters.decision_archive.jobs.job_store import FOLDER, JobStore
from otokui.domain import Instant
from otokui.errors import OtokuiError, Unavailable
from otokui.observe import log, run
from otokui.ports.decision_jobs import JobStatus
from pipelines.decision_run.jobs.job_plan import plan_job
from pipelines.decision_run.limits.reservations import ReservationGroups
from pipelines.decision_run.nightly_run import decide
from pipelines.decision_run.recycle_list import write_recycle
from pipelines.shop.shop import Shop

MOST_ATTEMPTS: Final = 5
"""Workers that may die on a job one after another without finishing a part; it would keep the others waiting for ever."""

NICENESS: Final = 10
"""Priority of the worker below the service. Not the lowest: a worker that holds a lock of the ledger must not starve."""

RESERVED_AT_ONCE: Final = 50
"""Contacts in one transaction of the ledger: a call that comes meanwhile waits some milliseconds."""

LONGEST_PAUSE_SECONDS: Final = 0.05
"""After each such transaction the worker waits as long as it took, at most this, so that calls get their turn."""

_DIED: Final = {
    "code": "worker-died",
    "detail": f"{MOST_ATTEMPTS} workers died on this job without finishing a part",
    "fix": "read the log of the service: memory or disk may be short; then post the job again, perhaps as lists",
}
_UNEXPECTED: Final = {
    "code": "unexpected",
    "detail": "the job could not be carried out",
    "fix": "read the log of the service, then post the job again",
}


def run_jobs(folder: Path, now: Callable[[], Instant]) -> int:
    """Carry out the waiting jobs of a shop, the oldest first; return how many ended. 0 where another worker is at work.

    Raises:
        Unavailable: a store does not answer; the job goes on when the next worker comes.
    """
    store, ended = JobStore(folder / FOLDER), 0
    with store.worker_lock() as held:
        if not held:
            return 0
        while waiting := store.waiting():
            with run("decision_job", job=waiting[0].job_id):
                _carry_out(folder, store, waiting[0], now)
            ended += 1
        store.clean(now(), Shop(folder).settings.jobs.keep_days)
        RunRegistry(folder).drop_missing()
    return ended


def step_back() -> None:
    """Lower the priority of this process below the service's."""
    os.nice(NICENESS)


def end_with_parent() -> None:
    """End this process when the parent that holds its standard input has ended.

    As a kill would.
    """

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="otokui-parent", daemon=True).start()


def _carry_out(folder: Path, store: JobStore, job: JobFolder, now: Callable[[], Instant]) -> None:
    """Carry out one job to its end, good or bad."""
    if job.cancelling and not job.started:
        job.end(JobStatus.CANCELLED, now())
        return
    if job.begin(now(), len(list(job.decisions.glob("part-*.json")))) > MOST_ATTEMPTS:
        job.end(JobStatus.FAILED, now(), _DIED)
        return
    try:
        status = _decided(Shop(folder), store, job, now)
    except Unavailable as error:
        job.note_outage(_told(error))
        raise
    except OtokuiError as error:
        log.warning("job_failed", why=error.detail)
        job.end(JobStatus.FAILED, now(), _told(error))
    except Exception as error:  # its text may name a customer, so the log has its type and place
        locations = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-6:]]
        log.error("job_failed", error=type(error).__name__, where=locations)
        job.end(JobStatus.FAILED, now(), _UNEXPECTED)
    else:
        job.end(status, now())


def _decided(shop: Shop, store: JobStore, job: JobFolder, now: Callable[[], Instant]) -> JobStatus:
    request = job.request()
    shop.sync()
    plan = plan_job(shop, job, request)
    customers = len(plan.customer_ids)
    job.progress(0, customers)

    def stop() -> bool:
        for other in store.waiting():
            if other.cancelling and not other.started:
                other.end(JobStatus.CANCELLED, now())
        return job.cancelling

    made = decide(
        plan.chunks(),
        plan.run,
        engine=plan.engine,
        ledger=shop.ledger,
        out=job.decisions,
        progress=lambda done: job.progress(done, customers),
        stop=stop,
        lines=True,
        groups=ReservationGroups(RESERVED_AT_ONCE, lambda seconds: time.sleep(min(seconds, LONGEST_PAUSE_SECONDS))),
    )
    if request.customer_ids is None:
        write_recycle(job.decisions, made, plan.engine.policy)
    if not request.dry_run:
        write_index(job.decisions, made)
        RunRegistry(shop.folder).add(job.decisions, made["run_digest"])
    log.info("job_decided", customers=made["rows"], contacts=made["by_status"].get("contact", 0))
    return JobStatus.CANCELLED if made.get("stopped") else JobStatus.COMPLETED


def _told(error: OtokuiError) -> dict[str, str]:
    return {"code": type(error).__name__, "detail": error.detail, "fix": error.fix}
