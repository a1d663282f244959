"""Jobs of a shop on disk: one per key, in their order, and pages that hold every decision once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.decision_archive.jobs.job_store import JobStore
from adapters.decision_archive.run_folder import arrow_table, claim
from otokui.domain import DAY, Instant
from otokui.errors import Conflict, Missing
from otokui.frames import texts
from otokui.ports.decision_jobs import JobRequest, JobStatus
from otokui.ports.ledger import RequestKey

NOW = Instant(1_000 * DAY)
ASKED = JobRequest(NOW)
KEY = RequestKey("decision-jobs:one", "digest")


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    """A shop without jobs."""
    return JobStore(tmp_path / "jobs")


def ended(store: JobStore, sizes: list[int]) -> str:
    """Make a job that has ended with parts of these sizes; return its id."""
    job_id = store.create(ASKED, None, NOW).job_id
    folder = next(each for each in store.folders() if each.job_id == job_id)
    parts, begin = [], 0
    with claim(folder.decisions, {"run_digest": "r"}) as made:
        for number, size in enumerate(sizes):
            ids = [f"c{n}" for n in range(begin, begin + size)]
            lines = made.write_lines(number, [json.dumps({"customer_id": customer}).encode() for customer in ids])
            table = arrow_table({"customer_id": texts(ids)}, np.zeros((size, 1), dtype=np.uint8))
            parts.append(made.write_part(number, table, {"rows": size, "lines": lines}))
            begin += size
        made.publish_manifest({"rows": begin, "parts": parts})
    folder.end(JobStatus.COMPLETED, NOW)
    return job_id


class TestCreating:
    def test_what_was_asked_comes_back(self, store: JobStore) -> None:
        """The list is kept apart: a list of jobs need not read it."""
        asked = JobRequest(NOW, ("c1", "c2"), ("news",), ("email",), dry_run=True)
        job = store.create(asked, None, NOW)

        assert (job.status, job.listed, job.scenarios, job.channels, job.dry_run) == (JobStatus.QUEUED, 2, ("news",), ("email",), True)
        assert store.folders()[0].request() == asked
        assert store.job(job.job_id) == job

    def test_the_same_key_is_the_same_job(self, store: JobStore) -> None:
        """However often, and from however many services at once."""
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _: JobStore(store.folder).create(ASKED, KEY, NOW), range(24)))

        assert len({job.job_id for job in made}) == 1
        assert len(store.folders()) == 1
        assert [path.name for path in store.folder.glob(".new-*")] == []
        assert store.find(KEY) == made[0]

    def test_the_same_key_with_another_body_is_a_conflict(self, store: JobStore) -> None:
        """As at the other calls."""
        store.create(ASKED, KEY, NOW)

        with pytest.raises(Conflict):
            store.create(ASKED, replace(KEY, body_digest="another"), NOW)
        with pytest.raises(Conflict):
            store.find(replace(KEY, body_digest="another"))
        assert store.find(RequestKey("decision-jobs:two", "digest")) is None

    def test_jobs_of_one_second_keep_their_order(self, store: JobStore) -> None:
        """The oldest is next; the list shows the newest first."""
        made = [store.create(ASKED, None, NOW).job_id for _ in range(5)]

        assert [folder.job_id for folder in store.waiting()] == made
        assert [job.job_id for job in store.jobs()] == made[::-1]

    def test_a_started_job_goes_before_older_ones(self, store: JobStore) -> None:
        """What was killed in the middle is finished first."""
        made = [store.create(ASKED, None, NOW).job_id for _ in range(3)]
        store.waiting()[1].begin(NOW, 0)

        assert [folder.job_id for folder in store.waiting()] == [made[1], made[0], made[2]]

    @pytest.mark.parametrize("job_id", ["", "..", "no/such", "x" * 200, "0" * 32, ".worker.lock"])
    def test_no_other_id_is_a_job(self, store: JobStore, job_id: str) -> None:
        """Whatever path it would be."""
        store.create(ASKED, None, NOW)

        with pytest.raises(Missing):
            store.job(job_id)


class TestWorkerLock:
    def test_only_one_holds_it(self, store: JobStore) -> None:
        """And while it is held no other worker is needed."""
        store.create(ASKED, None, NOW)
        assert store.needs_worker()

        with store.worker_lock() as first, JobStore(store.folder).worker_lock() as second:
            assert (first, second) == (True, False)
            assert not store.needs_worker()

        assert store.needs_worker()

    def test_without_a_waiting_job_none_is_needed(self, store: JobStore) -> None:
        """No folder, or only jobs that have ended."""
        assert not store.needs_worker()
        ended(store, [1])
        assert not store.needs_worker()


class TestAttempts:
    def test_count_until_a_part_is_finished(self, store: JobStore) -> None:
        """A job that goes on is not given up; an outage says nothing of the job."""
        store.create(ASKED, None, NOW)
        (folder,) = store.folders()

        assert [folder.begin(NOW, parts) for parts in (0, 0, 1, 1, 1, 4)] == [1, 2, 1, 2, 3, 1]
        folder.note_outage({"code": "Unavailable", "detail": "d", "fix": "f"})
        assert folder.begin(Instant(NOW + 9), 4) == 1
        assert (folder.read().started_at, folder.read().error) == (NOW, {"code": "Unavailable", "detail": "d", "fix": "f"})


class TestPages:
    @given(sizes=st.lists(st.integers(1, 9), max_size=4), limits=st.lists(st.integers(1, 20), min_size=1, max_size=5))
    def test_hold_every_decision_once_in_order(self, tmp_path_factory: pytest.TempPathFactory, sizes: list[int], limits: list[int]) -> None:
        """Whatever the sizes of parts and pages, read once or again."""
        store = JobStore(tmp_path_factory.mktemp("pages"))
        job = store.job(ended(store, sizes))
        found: list[str] = []
        position: int | None = 0
        turn = 0
        while position is not None:
            page = store.page(job, position, limits[turn % len(limits)])
            assert page == store.page(job, position, limits[turn % len(limits)])
            found += [json.loads(line)["customer_id"] for line in page.lines]
            position, turn = page.following, turn + 1

        assert found == [f"c{n}" for n in range(sum(sizes))]

    def test_a_position_behind_the_end_is_an_empty_page(self, store: JobStore) -> None:
        """A cursor of another job, perhaps."""
        page = store.page(store.job(ended(store, [3])), 7, 5)

        assert (list(page.lines), page.following) == ([], None)

    def test_parts_are_the_files_of_the_manifest(self, store: JobStore) -> None:
        """Byte for byte; beyond the last there is none."""
        job = store.job(ended(store, [3, 2]))
        folder = store.folders()[0].decisions

        assert [store.part(job, n) for n in (0, 1)] == [(folder / f"part-0000{n}.parquet").read_bytes() for n in (0, 1)]
        for beyond in (-1, 2):
            with pytest.raises(Missing):
                store.part(job, beyond)


class TestCleaning:
    def test_jobs_that_ended_long_ago_are_removed(self, store: JobStore) -> None:
        """Others stay, however old: they have not ended."""
        old = ended(store, [1])
        waiting = store.create(ASKED, None, NOW).job_id

        assert store.clean(Instant(NOW + 14 * DAY), 14.0) == 0
        assert store.clean(Instant(NOW + 14 * DAY + 1), 14.0) == 1

        assert [folder.job_id for folder in store.folders()] == [waiting]
        assert not (store.folder / old).exists()
        assert [path.name for path in store.folder.iterdir()] == [waiting]

    def test_a_folder_that_is_no_job_stops_nothing(self, store: JobStore) -> None:
        """A poison pill would keep every job from running."""
        (store.folder / "lost+found").mkdir(parents=True)
        assert not store.needs_worker()
        job_id = store.create(ASKED, None, NOW).job_id

        assert store.waiting_count() == 1
        assert [folder.job_id for folder in store.waiting()] == [job_id]
        assert [job.job_id for job in store.jobs()] == [job_id]
        assert store.clean(NOW, 14.0) == 0


class TestCancelling:
    def test_is_asked_for_and_waits_for_the_worker(self, store: JobStore) -> None:
        """What has ended stays as it is."""
        job_id, done = store.create(ASKED, None, NOW).job_id, ended(store, [1])

        assert (store.cancel(job_id).cancelling, store.cancel(job_id).status) == (True, JobStatus.QUEUED)
        assert (store.cancel(done).cancelling, store.cancel(done).status) == (False, JobStatus.COMPLETED)
        with pytest.raises(Missing):
            store.cancel("0" * 32)
