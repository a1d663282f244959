"""Decision jobs of the real service on both databases: killed in the middle, they go on; nothing is lost, made twice or otherwise."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import psutil
import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from adapters.decision_archive.jobs.job_store import FOLDER, JobStore
from benchmarks.http.__main__ import Running, free_port, ours, started
from benchmarks.http.shop import made_shop
from otokui.domain import DAY, Instant, show_instant
from otokui.ports.decision_jobs import JobRequest
from otokui.settings.settings import in_shop
from pipelines.decision_run.jobs.job_worker import run_jobs
from pipelines.shop.shop import Shop
from serving.app import App
from serving.live.state import LiveState
from serving.wiring import PERSONAL, ShopSource

pytestmark = pytest.mark.slow

CUSTOMERS = 900
OWN = {"jobs": {"part_customers": 15}, "decisions": {"exploration_share": 0.2}}
PATIENCE_SECONDS = 300.0


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop, and beside it a calm one, in which an undisturbed worker decided about the base."""
    folder = tmp_path_factory.mktemp("jobs")
    cutoff = Instant(int(time.time()) // 3_600 * 3_600)
    shop = made_shop(folder / "shop", CUSTOMERS, cutoff, rounds=10, own=OWN).folder
    shutil.copytree(shop, folder / "calm")
    JobStore(folder / "calm" / FOLDER).create(JobRequest(Instant(cutoff + DAY)), None, cutoff)
    assert run_jobs(folder / "calm", lambda: cutoff) == 1
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, made: Path, tmp_path: Path) -> Path:
    """A copy of the shop on each database."""
    copied = tmp_path / "shop"
    shutil.copytree(made / "shop", copied)
    if request.param == "postgresql":
        with (copied / "otokui.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[stores]\nledger_url = "{request.getfixturevalue("postgres_url")}"\n')
        consents = rows(made / "shop", "SELECT customer_id, channel, opted_in, changed_at, known_at FROM consents")
        names = ("customer_id", "channel", "opted_in", "changed_at", "known_at")
        frame = pl.DataFrame(consents, schema=list(names), orient="row")
        Shop(copied).ledger.import_consents(frame.with_columns(pl.col("opted_in").cast(pl.Boolean)))
    return copied


@dataclass(frozen=True)
class Service:
    """A running service and its calls."""

    running: Running
    http: httpx.Client

    def worker(self) -> psutil.Process:
        """Return the worker that the service began."""

        def found() -> psutil.Process | None:
            children = psutil.Process(self.running.pid).children()
            return next((child for child in children if "run-jobs" in child.cmdline()), None)

        return eventually(found)

    def until_done(self, path: str, customers: int) -> None:
        """Wait until a job has decided about so many customers."""
        eventually(lambda: self.http.get(path).json()["progress"]["customers_done"] >= customers or None)


@pytest.fixture
def service(shop: Path, tmp_path: Path) -> Iterator[Service]:
    """The service of the shop, in a process of its own."""
    port = free_port()
    command, env = ours(shop, port)
    with (
        started(command, env | {"BENTOML_HOME": str(tmp_path / "bentoml")}, port, tmp_path / "log") as running,
        httpx.Client(base_url=running.address, timeout=60.0) as http,
    ):
        yield Service(running, http)


def eventually(what: Callable[[], Any]) -> Any:
    """Return the first result that is not None."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := what()) is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def rows(shop: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in a shop's ledger."""
    engine = sa.create_engine(in_shop(Shop(shop).settings.stores.ledger_url, shop))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return found


def reservations(shop: Path) -> list[tuple[Any, ...]]:
    """Return the reservations of a shop."""
    return sorted(rows(shop, "SELECT decision_id, customer_id, message_id, channel, send_at FROM reservations"))


def lines(shop: Path) -> list[bytes]:
    """Return the decisions of a shop's one job."""
    store = JobStore(shop / FOLDER)
    (job,) = store.jobs()
    return list(store.page(job, 0, 2 * CUSTOMERS).lines)


def test_a_killed_worker_and_a_killed_service_lose_and_double_nothing(made: Path, shop: Path, service: Service) -> None:
    """kill -9 of the worker, then of the service with the next worker; the third completes the bytes and places of an undisturbed run."""
    calm = made / "calm"
    (undisturbed,) = JobStore(calm / FOLDER).jobs()
    body, key = {"as_of": show_instant(undisturbed.as_of)}, {"Idempotency-Key": "night"}
    posted = [service.http.post("/v1/decision-jobs", json=body, headers=key) for _ in range(3)]
    path = posted[0].headers["location"]

    service.until_done(path, 60)
    service.worker().kill()
    stopped_at = service.http.get(path).json()["progress"]["customers_done"]
    service.until_done(path, stopped_at + 60)
    worker = service.worker()
    os.kill(service.running.pid, signal.SIGKILL)
    worker.wait(PATIENCE_SECONDS)  # it ends with its service
    (interrupted,) = JobStore(shop / FOLDER).jobs()
    run_jobs(shop, lambda: undisturbed.created_at)

    assert {(reply.status_code, reply.json()["job_id"]) for reply in posted} == {(202, interrupted.job_id)}
    assert 120 <= interrupted.customers_done < CUSTOMERS
    (job,) = JobStore(shop / FOLDER).jobs()
    assert (job.status, job.error, job.customers_done) == ("completed", None, CUSTOMERS)
    assert lines(shop) == lines(calm)
    assert reservations(shop) == reservations(calm)


def test_a_job_reads_like_calls(made: Path) -> None:
    """Pages hold every customer once; a decision by id, and its replay, are the very bytes; a call at the same instant gives them too."""
    settings = Shop(made / "calm").settings
    state = LiveState(ShopSource(made / "calm", tries=lambda _: None), 3_600.0)
    app = App(state, settings.service, lambda: Instant(int(time.time())), PERSONAL)
    app.start()  # no job waits, so no worker begins
    http = TestClient(app.asgi, base_url="http://127.0.0.1")
    (job,) = http.get("/v1/decision-jobs").json()["jobs"]
    found, following = list[str](), f"{job['decisions']}?limit=700"
    while following:
        page = http.get(following)
        found += page.text.splitlines()
        following = page.links["next"]["url"] if "next" in page.links else ""
    decisions = [json.loads(line) for line in found]
    asked = [{"customer_id": each["customer_id"]} for each in decisions[:50]]

    assert len({each["customer_id"] for each in decisions}) == len(decisions) == CUSTOMERS
    for row in (0, 14, 15, CUSTOMERS - 1):
        decision_id = decisions[row]["decision_id"]
        assert http.get(f"/v1/decisions/{decision_id}").text == found[row]
        again = http.post(f"/v1/decisions/{decision_id}/replay").json()
        assert (again["same"], again["why"], again["decision"]) == (True, None, decisions[row])
    assert http.get(f"/v1/decisions/{'0' * 32}").status_code == 404
    called = http.post("/v1/decisions", json={"customers": asked, "as_of": decisions[0]["as_of"], "dry_run": True}).text
    assert [line for line in found[:50] if line not in called] == []
    app.stop()
