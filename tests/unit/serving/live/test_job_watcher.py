"""Watcher of jobs: one worker when one is needed, again after a failure, later each time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from otokui.errors import Unavailable
from serving.live.job_watcher import LONGEST_WAIT_SECONDS, LOOKS_EVERY_SECONDS, JobWatcher


class Worker:
    """A process that is at work until it is given a code."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.ended = False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.ended = True

    def wait(self) -> int:
        return 0


class Desk:
    """Jobs that wait or not; remembers the workers begun."""

    def __init__(self) -> None:
        self.waits = True
        self.fails: Exception | None = None
        self.workers: list[Worker] = []
        self.jobs = self

    def needs_worker(self) -> bool:
        if self.fails is not None:
            raise self.fails
        return self.waits

    def begin(self) -> Worker:
        self.workers.append(Worker())
        return self.workers[-1]


def watching(desk: Desk | None) -> JobWatcher:
    """Return a watcher of a service with this desk."""
    return JobWatcher(cast(Any, SimpleNamespace(live=SimpleNamespace(job_desk=desk))))


def test_one_worker_is_begun_when_a_job_waits() -> None:
    """And no second one while it is at work."""
    desk = Desk()
    watcher = watching(desk)

    assert [watcher.look() for _ in range(3)] == [LOOKS_EVERY_SECONDS] * 3
    assert len(desk.workers) == 1


def test_none_is_begun_when_none_waits() -> None:
    """Nor before anything is live."""
    desk = Desk()
    desk.waits = False

    watching(desk).look()
    watching(None).look()
    JobWatcher(cast(Any, SimpleNamespace(live=None))).look()

    assert desk.workers == []


def test_a_worker_that_ended_well_is_followed_at_once() -> None:
    """A job may have come just then."""
    desk = Desk()
    watcher = watching(desk)
    watcher.look()
    desk.workers[0].code = 0

    watcher.look()

    assert len(desk.workers) == 2


def test_a_worker_that_failed_is_followed_later_each_time() -> None:
    """A ledger that is away is not asked every second; a success begins the count anew."""
    desk, waits = Desk(), []
    watcher = watching(desk)
    for code in (-9, 1, 1, 1, 1, 1, 1, 1, 0, 1):
        watcher.look()
        desk.workers[-1].code = code
        waits.append(watcher.look())

    assert waits[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]
    assert waits[-1] == 1.0


@pytest.mark.parametrize("error", [Unavailable("the disk is away", fix="bring it back"), OSError(5, "input/output error")])
def test_the_watcher_survives_every_error(error: Exception) -> None:
    """And looks again."""
    desk = Desk()
    desk.fails = error
    watcher = watching(desk)
    assert watcher.look() == LOOKS_EVERY_SECONDS

    desk.fails = None
    watcher.look()

    assert len(desk.workers) == 1


def test_stopping_ends_the_worker() -> None:
    """Its job goes on with the next start; a process that outlives its service would look like a second one."""
    desk = Desk()
    watcher = watching(desk)
    watcher.look()

    watcher.start()
    watcher.stop()

    assert desk.workers[0].ended
