"""Worker of jobs: in their order, each to an end, and none keeps the others waiting for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.decision_archive.jobs.job_store import FOLDER, JobStore
from otokui.domain import DAY, Instant
from otokui.errors import Missing, Unavailable
from otokui.ports.decision_jobs import JobRequest, JobStatus
from pipelines.decision_run.jobs import job_worker
from pipelines.decision_run.jobs.job_worker import MOST_ATTEMPTS, run_jobs
from pipelines.shop.init import init

NOW = Instant(1_000 * DAY)
Decided = Callable[..., JobStatus]


class Bench:
    """A shop with jobs, and a run that does what it is told."""

    def __init__(self, shop: Path) -> None:
        self.shop, self.store = shop, JobStore(shop / FOLDER)
        self.decided: list[str] = []
        self.fails: Exception | None = None

    def __call__(self, _shop: Any, _store: JobStore, job: Any, _now: Any) -> JobStatus:
        self.decided.append(job.job_id)
        if self.fails is not None:
            raise self.fails
        return JobStatus.COMPLETED

    def post(self) -> str:
        return self.store.create(JobRequest(NOW), None, NOW).job_id

    def work(self) -> int:
        return run_jobs(self.shop, lambda: NOW)

    def status(self, job_id: str) -> JobStatus:
        return self.store.job(job_id).status


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A shop in which nothing is decided in truth."""
    init(tmp_path / "shop")
    made = Bench(tmp_path / "shop")
    monkeypatch.setattr(job_worker, "_decided", made)
    return made


def test_jobs_run_in_their_order(bench: Bench) -> None:
    """The oldest first, until none waits."""
    jobs = [bench.post() for _ in range(3)]

    assert bench.work() == 3
    assert bench.decided == jobs
    assert {bench.status(job) for job in jobs} == {JobStatus.COMPLETED}
    assert bench.work() == 0


def test_a_second_worker_does_nothing(bench: Bench) -> None:
    """Two services may start one each."""
    bench.post()

    with bench.store.worker_lock():
        assert bench.work() == 0
    assert bench.decided == []


def test_a_cancelled_job_that_waits_is_never_begun(bench: Bench) -> None:
    """The next one is."""
    first, second = bench.post(), bench.post()
    bench.store.cancel(first)

    bench.work()

    assert bench.decided == [second]
    assert (bench.status(first), bench.store.job(first).started_at) == (JobStatus.CANCELLED, None)


def test_an_error_ends_one_job_and_says_its_fix(bench: Bench) -> None:
    """The worker goes on with the next."""
    first = bench.post()
    bench.fails = Missing("no model is live", fix="run `otokui train`")

    bench.work()

    assert bench.status(first) is JobStatus.FAILED
    assert bench.store.job(first).error == {"code": "Missing", "detail": "no model is live", "fix": "run `otokui train`"}


def test_an_error_nobody_foresaw_says_nothing_of_a_customer(bench: Bench) -> None:
    """Its text may hold one; the log has where it happened."""
    first = bench.post()
    bench.fails = ValueError("customer c-17")

    bench.work()

    error = bench.store.job(first).error
    assert error is not None
    assert error["code"] == "unexpected"
    assert "c-17" not in str(error)


def test_an_outage_leaves_the_job_waiting(bench: Bench) -> None:
    """However often: it says nothing of the job. The reason can be seen meanwhile, and the next worker goes on."""
    first = bench.post()
    bench.fails = Unavailable("the ledger is away", fix="bring it back")

    for _ in range(MOST_ATTEMPTS + 2):
        with pytest.raises(Unavailable):
            bench.work()
    job = bench.store.job(first)
    assert (job.status, job.error and job.error["detail"]) == (JobStatus.RUNNING, "the ledger is away")

    bench.fails = None
    bench.work()
    assert (bench.status(first), bench.store.job(first).error) == (JobStatus.COMPLETED, None)


def test_a_job_on_which_workers_die_is_given_up(bench: Bench) -> None:
    """A job that takes all the memory would keep the others waiting for ever."""
    first, second = bench.post(), bench.post()
    for _ in range(MOST_ATTEMPTS):
        bench.store.waiting()[0].begin(NOW, 0)

    bench.work()

    error = bench.store.job(first).error
    assert (bench.status(first), error and error["code"]) == (JobStatus.FAILED, "worker-died")
    assert bench.decided == [second]


def test_old_jobs_are_removed_at_the_end(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After [jobs] keep_days."""
    first = bench.post()
    bench.work()

    run_jobs(bench.shop, lambda: Instant(NOW + 15 * DAY))

    assert [job.job_id for job in bench.store.jobs()] == []
    assert not (bench.shop / FOLDER / first).exists()
