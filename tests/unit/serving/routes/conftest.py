"""The service of the neighbouring tests, with the settings of its shop and a place for jobs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.decision_archive.jobs.job_store import JobStore
from serving.live.job_desk import JobDesk
from tests.unit.serving.conftest import SETTINGS, World, world

__all__ = ["world"]


def never() -> Any:
    """Begin no worker: the tests are the worker."""
    raise AssertionError("no worker is needed here")


@pytest.fixture
def job_store(world: World, tmp_path: Path) -> Iterator[JobStore]:
    """The jobs of the service, on disk; at most three wait."""
    store = JobStore(tmp_path / "jobs")
    world.source.next = world.live(job_desk=JobDesk(store, 3, cast(Any, never)), settings=SETTINGS)
    world.app.state.refresh()
    with store.worker_lock():
        yield store
