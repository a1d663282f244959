"""Decision jobs over HTTP: accepted once per key, refused early, told as they are, read page by page."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from adapters.decision_archive.jobs.job_store import JobStore
from adapters.decision_archive.run_folder import arrow_table, claim
from otokui.domain import DAY
from otokui.frames import texts
from otokui.ports.decision_jobs import JobStatus
from serving.handlers.jobs.job_types import NDJSON, PARQUET
from tests.unit.serving.conftest import CUTOFF, NOON, World

JOBS = "/v1/decision-jobs"


def post(world: World, key: str = "", **body: Any) -> Any:
    return world.http.post(JOBS, json=body, headers={"Idempotency-Key": key} if key else {})


def finish(store: JobStore, status: JobStatus = JobStatus.COMPLETED, sizes: tuple[int, ...] = (3, 2)) -> None:
    """End the oldest job with parts of these sizes."""
    job = store.waiting()[0]
    job.begin(NOON, 0)
    parts, begin = [], 0
    with claim(job.decisions, {"run_digest": "r"}) as made:
        for number, size in enumerate(sizes):
            ids = [f"c{n}" for n in range(begin, begin + size)]
            lines = made.write_lines(number, [json.dumps({"customer_id": customer}).encode() for customer in ids])
            table = arrow_table({"customer_id": texts(ids)}, np.zeros((size, 1), dtype=np.uint8))
            parts.append(made.write_part(number, table, {"rows": size, "lines": lines}))
            begin += size
        counted = {"by_status": {"contact": begin}, "totals": {"cost": 1.0, "expected_value": 2.0}}
        run = {"run_digest": "r", "summarised_at": CUTOFF, "versions": {"policy": "p", "models": {"churn": "m"}}}
        made.publish_manifest({"rows": begin, "parts": parts} | counted | run)
    job.progress(begin, begin)
    job.end(status, NOON)


class TestPosting:
    def test_is_accepted_with_its_place(self, world: World, job_store: JobStore) -> None:
        """202 and a path to look it up; the instant is fixed by then."""
        reply = post(world, customer_ids=["ada", "bob", "ada"], channels=["email"])

        job = reply.json()
        assert (reply.status_code, reply.headers["location"]) == (202, f"{JOBS}/{job['job_id']}")
        assert (job["status"], job["as_of"], job["customers_listed"]) == ("queued", "2025-04-01T12:00:00+09:00", 2)
        assert job["progress"] == {"customers_done": 0, "customers": None, "share": 0.0}
        assert world.http.get(reply.headers["location"]).json() == job
        assert job_store.folders()[0].request().customer_ids == ("ada", "bob")

    def test_the_same_key_is_the_same_job(self, world: World, job_store: JobStore) -> None:
        """In the header or in the body, also when no further job would be taken; with another body it is a conflict."""
        first = post(world, "night").json()
        post(world)
        post(world)

        assert post(world, "night").json() == first
        assert post(world).status_code == 429
        assert post(world, "night", dry_run=True).status_code == 409
        assert len(job_store.folders()) == 3

    def test_too_many_waiting_jobs_are_refused(self, world: World, job_store: JobStore) -> None:
        """Until one has ended."""
        for _ in range(3):
            post(world)
        refused = post(world)
        finish(job_store)

        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert post(world).status_code == 202

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"customer_ids": []}, "$.customer_ids"),
            ({"customer_ids": ["ada", "b\x00b"]}, "$.customer_ids[1]"),
            ({"customers": ["ada"]}, "$"),
            ({"scenarios": ["no such"]}, "$.scenarios"),
            ({"channels": ["pigeon"]}, "$.channels"),
            ({"as_of": "9999-12-31T00:00:00Z"}, "$.as_of"),
            ({"as_of": "2025-03-31T00:00:00Z"}, "$.as_of"),
            ({"request_id": "a\nb"}, "$.request_id"),
        ],
    )
    def test_what_could_fail_later_is_refused_now(self, world: World, job_store: JobStore, body: Any, field: str) -> None:
        """Nobody waits for the answer of a job in the background; the field is named and no job is made."""
        refused = post(world, **body)

        assert (refused.status_code, refused.json()["field"]) == (422, field)
        assert job_store.folders() == []

    @pytest.mark.usefixtures("job_store")
    def test_without_models_none_is_taken(self, world: World) -> None:
        """It would fail; 503 says when to come again."""
        world.app.state.live = None

        assert [post(world).status_code, world.http.get(JOBS).status_code] == [503, 503]


class TestLookingUp:
    def test_an_ended_job_has_its_manifest(self, world: World, job_store: JobStore) -> None:
        """Counts, versions, files with checksums, and where they lie in the shop's folder; no path of the machine."""
        made = post(world).json()
        finish(job_store)

        job = world.http.get(f"{JOBS}/{made['job_id']}").json()

        assert (job["status"], job["progress"]["share"], job["decisions"]) == ("completed", 1.0, f"{JOBS}/{made['job_id']}/decisions")
        manifest = job["manifest"]
        assert (manifest["rows"], manifest["counts"], manifest["policy"]) == (5, {"by_status": {"contact": 5}}, "p")
        assert manifest["folder"] == f"jobs/{made['job_id']}/decisions"
        assert [part["parquet"]["file"] for part in manifest["parts"]] == ["part-00000.parquet", "part-00001.parquet"]
        assert str(job_store.folder) not in json.dumps(job)

    def test_the_list_shows_the_newest_first(self, world: World, job_store: JobStore) -> None:
        """Of one status, or at most so many."""
        jobs = [post(world).json()["job_id"] for _ in range(3)]
        finish(job_store)

        def listed(**query: Any) -> list[str]:
            return [job["job_id"] for job in world.http.get(JOBS, params=query).json()["jobs"]]

        assert listed() == jobs[::-1]
        assert listed(status="completed") == jobs[:1]
        assert listed(limit=2) == jobs[:0:-1]
        assert world.http.get(JOBS, params={"status": "done"}).status_code == 422

    @pytest.mark.usefixtures("job_store")
    @pytest.mark.parametrize("call", ["GET {0}", "GET {0}/decisions", "DELETE {0}", "POST {0}/cancel"])
    def test_no_such_job_is_not_found(self, world: World, call: str) -> None:
        """Whatever is asked of it."""
        method, path = call.format(f"{JOBS}/{'0' * 32}").split()

        assert world.http.request(method, path).status_code == 404

    def test_a_failed_job_says_why(self, world: World, job_store: JobStore) -> None:
        """And has no decisions to read."""
        made = post(world).json()
        job_store.waiting()[0].end(JobStatus.FAILED, NOON, {"code": "Missing", "detail": "no model in /srv/shop/models", "fix": "train"})

        job = world.http.get(f"{JOBS}/{made['job_id']}").json()

        assert (job["status"], job["error"]) == ("failed", {"code": "Missing", "detail": "no model in models", "fix": "train"})
        assert world.http.get(f"{JOBS}/{made['job_id']}/decisions").status_code == 409


class TestReading:
    @pytest.mark.parametrize("limit", [1, 2, 3, 1_000])
    def test_pages_hold_every_customer_once(self, world: World, job_store: JobStore, limit: int) -> None:
        """Following the cursor of the header, or the link."""
        path = f"{JOBS}/{post(world).json()['job_id']}/decisions"
        finish(job_store)
        found, following = [], f"{path}?limit={limit}"
        while following:
            page = world.http.get(following)
            assert page.headers["content-type"] == NDJSON
            found += [json.loads(line)["customer_id"] for line in page.text.splitlines()]
            assert ("x-next-cursor" in page.headers) == ("next" in page.links)
            following = page.links["next"]["url"] if "next" in page.links else ""

        assert found == ["c0", "c1", "c2", "c3", "c4"]

    def test_parquet_parts_are_the_files(self, world: World, job_store: JobStore) -> None:
        """By the header, or by the query; their cursors are others."""
        path = f"{JOBS}/{post(world).json()['job_id']}/decisions"
        finish(job_store)
        files = [each.read_bytes() for each in sorted(job_store.folders()[0].decisions.glob("*.parquet"))]

        first = world.http.get(path, headers={"Accept": PARQUET})
        second = world.http.get(path, params={"format": "parquet", "cursor": first.headers["x-next-cursor"]})

        assert [first.content, second.content] == files
        assert first.headers["content-type"] == second.headers["content-type"] == PARQUET
        assert "x-next-cursor" not in second.headers
        assert world.http.get(path, params={"cursor": first.headers["x-next-cursor"]}).status_code == 422

    @pytest.mark.parametrize(
        "query", [{"cursor": "r-1"}, {"cursor": "2"}, {"cursor": "r" + "9" * 40}, {"limit": 0}, {"limit": 1_001}, {"x": 1}]
    )
    def test_odd_queries_are_refused(self, world: World, job_store: JobStore, query: Any) -> None:
        """With the parameter's name."""
        path = f"{JOBS}/{post(world).json()['job_id']}/decisions"
        finish(job_store)

        assert world.http.get(path, params=query).status_code == 422

    def test_not_before_the_end(self, world: World, job_store: JobStore) -> None:
        """A page of a job at work might lack customers."""
        path = f"{JOBS}/{post(world).json()['job_id']}/decisions"
        waiting = world.http.get(path)
        finish(job_store, JobStatus.CANCELLED, (3,))

        assert (waiting.status_code, "queued" in waiting.json()["detail"]) == (409, True)
        assert len(world.http.get(path).text.splitlines()) == 3

    def test_a_job_of_nobody_is_an_empty_page(self, world: World, job_store: JobStore) -> None:
        """In both formats."""
        path = f"{JOBS}/{post(world).json()['job_id']}/decisions"
        finish(job_store, sizes=())

        assert [world.http.get(path, params={"format": form}).content for form in ("ndjson", "parquet")] == [b"", b""]


def test_cancelling_is_told(world: World, job_store: JobStore) -> None:
    """By DELETE, or by POST where a caller has no DELETE; an ended job stays as it is."""
    jobs = [post(world).json()["job_id"] for _ in range(2)]
    finish(job_store)

    ended, waiting = (world.http.delete(f"{JOBS}/{job}") for job in jobs)

    assert [(reply.status_code, reply.json()["cancelling"]) for reply in (ended, waiting)] == [(202, False), (202, True)]
    assert world.http.post(f"{JOBS}/{jobs[1]}/cancel").json()["cancelling"] is True
    assert job_store.waiting()[0].cancelling


def test_a_later_instant_may_be_asked_for(world: World, job_store: JobStore) -> None:
    """Tonight's job for tomorrow morning."""
    post(world, as_of="2025-04-02T08:00:00+09:00")

    assert job_store.folders()[0].request().as_of == CUTOFF + DAY - 3_600
