"""The real service in its own process, on a shop with real models: asked, killed with damaged models, swapped, drained."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.models.store.champions import ModelFolder
from adapters.online_store.snapshot_reader import SnapshotStore
from adapters.online_store.snapshot_writer import write_snapshot
from benchmarks.http.__main__ import free_port, ours, started
from benchmarks.http.shop import made_shop
from decisions.compiler.evidence import FILE_NAME, Evidence
from features import summary_names
from otokui.domain import Instant, Label, show_instant
from otokui.settings.settings import load
from pipelines.ingestion.ingest import ingest
from pipelines.shop.shop import Shop

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """A running service and its shop."""

    http: httpx.Client
    shop: Path
    cutoff: Instant
    customer_ids: list[str]

    def decide(self, *customer_ids: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        body = {"customers": [{"customer_id": customer_id} for customer_id in customer_ids]} | more
        return self.http.post("/v1/decisions", json=body, headers=headers)

    def until(self, what: Any, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until readiness satisfies ``what``."""
        end = time.monotonic() + seconds
        while not what(said := self.http.get("/readyz").json()):
            assert time.monotonic() < end, said
            time.sleep(0.2)
        return said


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests of this file: its start takes longer than all of them together."""
    folder = tmp_path_factory.mktemp("served")
    cutoff = Instant(int(time.time()) // 3_600 * 3_600)
    made = made_shop(folder / "shop", 400, cutoff, rounds=20)
    port = free_port()
    command, env = ours(made.folder, port)
    with (
        started(command, env | {"BENTOML_HOME": str(folder / "bentoml")}, port, folder / "log") as running,
        httpx.Client(base_url=running.address, timeout=30.0) as http,
    ):
        yield Served(http, made.folder, cutoff, made.customer_ids)


def test_decisions_and_predictions_are_answered(served: Served) -> None:
    """A thousand customers in one call, one row each, in the order asked; the unknown among them too."""
    ids = [*(served.customer_ids * 3)[:999], "nobody"]

    decided = served.decide(*ids, dry_run=True).json()["decisions"]
    foretold = served.http.post("/v1/predictions", json={"customers": [{"customer_id": c} for c in ids]}).json()["predictions"]

    assert [row["customer_id"] for row in decided] == [row["customer_id"] for row in foretold] == ids
    assert {row["status"] for row in decided} <= {"contact", "no_contact", "suppressed", "control"}
    assert (decided[-1]["known"], decided[-1]["status"], decided[-1]["suppressions"][0]["code"]) == (False, "suppressed", "no_consent")
    assert all(0.0 <= row["next_purchase"]["p_30d"] <= 1.0 for row in foretold)


def test_a_decision_is_looked_up_and_comes_to_the_same_bytes(served: Served) -> None:
    """By its id, out of the real log, with the models and the policy of its moment."""
    (made,) = served.decide(served.customer_ids[0], as_of=show_instant(served.cutoff + 30)).json()["decisions"]

    assert served.http.get(f"/v1/decisions/{made['decision_id']}").json() == made
    again = served.http.post(f"/v1/decisions/{made['decision_id']}/replay").json()
    assert (again["same"], again["differing"], again["why"]) == (True, [], None)


def test_a_decision_is_reserved_once_whoever_asks_how_often(served: Served) -> None:
    """Sixteen retries at once under one key: one answer, byte for byte, and one place in the ledger."""
    as_of = show_instant(served.cutoff + 60)
    ids = served.customer_ids[20:40]

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: served.decide(*ids, as_of=as_of, headers={"Idempotency-Key": "one"}), range(16)))

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    contacts = [row["decision_id"] for row in replies[0].json()["decisions"] if row["status"] == "contact"]
    assert contacts
    assert sorted(_reserved(served.shop, ids)) == sorted(contacts)
    assert served.decide("nobody", headers={"Idempotency-Key": "one"}).status_code == 409


def test_calls_at_once_never_exceed_a_cap(served: Served) -> None:
    """Other instants, the same customers: places beyond the cap of two in seven days are refused, and the answer says so."""
    ids = served.customer_ids[100:110]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: served.decide(*ids, as_of=show_instant(served.cutoff + 120 + i)), range(24)))

    taken = _reserved(served.shop, ids)
    assert taken
    assert len(taken) <= 2 * len(ids)
    last = served.decide(*ids, as_of=show_instant(served.cutoff + 600)).json()["decisions"]
    assert {s["code"] for row in last for s in row["suppressions"]} & {"contact_cap", "message_cap", "channel_cap"}


def test_a_caller_of_odd_values_harms_nobody_else(served: Served) -> None:
    """Year 9999, NUL and ten thousand characters in a loop, from eight callers, among ordinary calls: not one fails."""
    ids = served.customer_ids[200:240]
    odd: list[dict[str, Any]] = [
        {"customers": [{"customer_id": ids[0]}], "as_of": "9999-12-31T23:59:59Z"},
        {"customers": [{"customer_id": f"{ids[0]}\x00"}]},
        {"customers": [{"customer_id": "x" * 10_000}]},
    ]

    with ThreadPoolExecutor(16) as pool:
        refused = [pool.submit(served.http.post, "/v1/decisions", json=odd[i % 3]) for i in range(120)]
        honest = list(pool.map(lambda c: served.decide(c, dry_run=True), ids))

    assert {reply.result().status_code for reply in refused} <= {422, 429}
    assert {reply.status_code for reply in honest} <= {200, 429}
    rows = [row for reply in honest if reply.status_code == 200 for row in reply.json()["decisions"]]
    assert len(rows) >= 20
    assert not any(row["status"] == "error" or "state_unavailable" in str(row["suppressions"]) for row in rows)


def test_while_the_ledger_is_behind_the_records_nobody_is_contacted(served: Served) -> None:
    """As after a crash between commit and sync: the next look finds it, and the one after the sync finds it healed."""
    customer = served.customer_ids[300]
    consents = served.shop.parent / "consents.csv"
    consents.write_text(f"customer_id,channel,opted_in,changed_at\n{served.customer_ids[301]},email,no,2024-01-01\n", encoding="utf-8")
    before = _codes(served, customer)
    ingest(served.shop, load(served.shop / "otokui.toml"), {"consents": str(consents)}, Instant(int(time.time())))

    said = served.until(lambda said: any("has not taken" in warning for warning in said["warnings"]))
    behind = _codes(served, customer)
    Shop(served.shop).sync()
    served.until(lambda said: not said["warnings"])

    assert said["ready"] is True
    assert behind == ["ledger_behind"]
    assert _codes(served, customer) == before


def _codes(served: Served, customer: str) -> list[str]:
    (row,) = served.decide(customer, dry_run=True).json()["decisions"]
    return [each["code"] for each in row["suppressions"]]


def test_bad_requests_are_problems(served: Served) -> None:
    """Also through BentoML's own middlewares: its pickle type, endless bodies, unknown paths."""
    post = served.http.post
    pickled = post("/v1/decisions", content=b"\x80\x04N.", headers={"Content-Type": "application/vnd.bentoml+pickle"})

    assert (pickled.status_code, pickled.headers["content-type"]) == (415, "application/problem+json")
    assert post("/v1/decisions", content=b" " * 2_000_001, headers={"Content-Type": "application/json"}).status_code == 413
    assert served.decide(*["c"] * 1_001).status_code == 413
    assert post("/v1/decisions", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert served.http.get("/no/such").json()["status"] == 404


def test_probes_and_metrics(served: Served) -> None:
    """Unknown paths leave no label, whoever calls them."""
    for i in range(5):
        served.http.get(f"/random-{i}")
    served.decide("nobody", dry_run=True)

    text = served.http.get("/metrics").text

    assert served.http.get("/livez").status_code == 200
    assert "random" not in text
    assert 'otokui_requests_total{call="decisions",status="200"}' in text
    assert "otokui_ready 1.0" in text


def test_newer_summaries_are_served_without_a_restart(served: Served) -> None:
    """The pointer moved; the next look finds it, and a call sees the new cut-off."""
    online = served.shop / "online"
    rows = SnapshotStore(online, summary_names()).fetch(served.customer_ids)
    later = Instant(served.cutoff + 1)
    (online / FILE_NAME).write_text(Evidence(later).to_json(), encoding="utf-8")
    name, _ = write_snapshot(iter([rows]), online, summary_names(), later)

    said = served.until(lambda said: said["summaries"] == name)

    assert said["ready"]
    assert served.decide("nobody", as_of=show_instant(served.cutoff), dry_run=True).status_code == 422


def test_a_damaged_model_is_refused_and_the_old_one_goes_on(served: Served) -> None:
    """One byte of its text is changed after promotion was decided elsewhere; the service says so and keeps answering."""
    models = ModelFolder(served.shop / "models", tries=lambda _folders: None)
    before = models.digests()
    label = Label.NEXT_PURCHASE
    files = models.live()[label]
    manifest = json.loads(files.manifest) | {"data_digest": "another"}
    digest = models.export(label, type(files)(json.dumps(manifest, indent=1), files.text.replace("split_gain=", "split_gain=9", 1)))
    models.promote({label: digest}, Instant(served.cutoff + 5))

    said = served.until(lambda said: said["warnings"])

    assert said["models"][label] == before[label]
    assert "not the one its manifest vouches for" in said["warnings"][0]
    assert served.decide(served.customer_ids[0], dry_run=True).status_code == 200
    models.roll_back(Instant(served.cutoff + 6), (label,))
    assert served.until(lambda said: not said["warnings"])["models"][label] == before[label]


def test_what_is_inside_is_answered_before_the_process_ends(served: Served, tmp_path: Path) -> None:
    """SIGTERM in the middle of calls: those that were accepted get their answer."""
    shop = tmp_path / "shop"
    shutil.copytree(served.shop, shop)
    port = free_port()
    command, env = ours(shop, port)
    ids = (served.customer_ids * 3)[:1_000]

    def ask(http: httpx.Client) -> int:
        try:
            body = {"customers": [{"customer_id": c} for c in ids], "dry_run": True}
            return http.post(f"http://127.0.0.1:{port}/v1/decisions", json=body, timeout=20.0).status_code
        except httpx.ConnectError:
            return 0  # it had stopped listening: nothing was accepted

    with (
        started(command, env | {"BENTOML_HOME": str(tmp_path / "bentoml")}, port, tmp_path / "log") as running,
        httpx.Client() as http,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = pool.submit(ask, http)
        time.sleep(0.05)
        os.kill(running.pid, signal.SIGTERM)
        assert asked.result() in (200, 0)


def _reserved(shop: Path, customer_ids: list[str]) -> list[str]:
    import sqlite3

    with sqlite3.connect(shop / "ledger.db") as ledger:
        rows = ledger.execute(
            f"SELECT decision_id FROM reservations WHERE customer_id IN ({','.join('?' * len(customer_ids))})", customer_ids
        )
        return [row[0] for row in rows]
