"""What never reaches an answer: too large, too many, of another kind, or nowhere; each with its status and a fix."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from otokui.errors import BadInput, BrokenModel, Conflict, Missing, NotEnoughData, OtokuiError, SkewError, Unavailable
from otokui.settings.service.service import Service
from serving.handlers.micro_batching import MicroBatcher
from serving.http import problems
from serving.http.asgi import HttpApp
from serving.http.operations import Call, HttpResponse, Operation
from serving.http.request_bodies import Reader
from serving.wiring import PERSONAL
from tests.unit.serving.access_book import AccessBook, gate
from tests.unit.serving.conftest import World

JSON = {"Content-Type": "application/json"}
ONE = b'{"customers":[{"customer_id":"ada"}]}'


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "field"),
    [
        ("/v1/decisions", b"{", JSON, 400, None),
        ("/v1/decisions", b"\xff\xfe", JSON, 400, None),
        ("/v1/decisions", b"[" * 50_000, JSON | {"X": "deep"}, 413, None),
        ("/v1/decisions", b"[" * 1_900, JSON, 422, "$"),
        ("/v1/decisions", b"[]", JSON, 422, "$"),
        ("/v1/decisions", b"{}", JSON, 422, "$"),
        ("/v1/decisions", b'{"customers":[]}', JSON, 422, "$.customers"),
        ("/v1/decisions", b'{"customers":[{"customer_id":7}]}', JSON, 422, "$.customers[0].customer_id"),
        ("/v1/decisions", b'{"customers":[{"customer_id":""}]}', JSON, 422, "$.customers[0].customer_id"),
        ("/v1/decisions", ONE[:-1] + b',"dry_rum":true}', JSON, 422, "$"),
        ("/v1/decisions", ONE[:-1] + b',"as_of":"2025-04-01T12:00:00"}', JSON, 422, "$.as_of"),
        ("/v1/decisions", ONE[:-1] + b',"as_of":"yesterday"}', JSON, 422, "$.as_of"),
        ("/v1/decisions", ONE[:-1] + b',"scenarios":["nix"]}', JSON, 422, "$.scenarios"),
        ("/v1/decisions", ONE[:-1] + b',"channels":["fax"]}', JSON, 422, "$.channels"),
        ("/v1/decisions", b'{"customers":[' + b",".join([b'{"customer_id":"a"}'] * 6) + b"]}", JSON, 413, "$.customers"),
        ("/v1/decisions", b"x" * 2_001, JSON, 413, None),
        ("/v1/decisions", ONE, {}, 415, None),
        ("/v1/decisions", ONE, {"Content-Type": "application/vnd.bentoml+pickle"}, 415, None),
        ("/v1/decisions", ONE, {"Content-Type": "text/plain"}, 415, None),
        ("/v1/decisions", ONE, JSON | {"Content-Encoding": "gzip"}, 415, None),
        ("/v1/decisions", ONE, {"Content-Type": "application/json; charset=shift_jis"}, 415, None),
        ("/v1/predictions", b'{"customers":[{"customer_id":"ada"}],"dry_run":true}', JSON, 422, "$"),
        ("/v1/predictions", ONE[:-1] + b',"as_of":"2020-01-01T00:00:00Z"}', JSON, 422, "$.as_of"),
        ("/v1/nothing", ONE, JSON, 404, None),
        ("/", ONE, JSON, 404, None),
    ],
)
def test_a_refusal_is_a_problem_document_with_a_fix(
    world: World, path: str, body: bytes, headers: dict[str, str], status: int, field: str | None
) -> None:
    """RFC 9457, the path called, the field at fault, and never what was sent."""
    reply = world.http.post(path, content=body, headers=headers)

    said = reply.json()
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    assert said["fix"]
    assert said["type"].startswith("/problems/")
    assert said["instance"] == path
    assert said.get("field") == field
    assert '"ada"' not in reply.text
    assert (world.book.reserved, world.book.logged) == ([], [])


def test_json_with_its_charset_is_json(world: World) -> None:
    """Many clients name it."""
    assert world.http.post("/v1/decisions", content=ONE, headers={"Content-Type": "application/json; charset=UTF-8"}).status_code == 200


def test_another_method_is_405(world: World) -> None:
    """And the message names the one that is answered."""
    reply = world.http.get("/v1/decisions")

    assert (reply.status_code, "POST" in reply.json()["detail"]) == (405, True)


def test_a_head_is_answered_as_a_get(world: World) -> None:
    """Monitors ask so; unknown paths stay unknown."""
    assert world.http.head("/livez").status_code == 200
    assert world.http.head("/v1/nothing").status_code == 404
    assert world.http.head("/v1/decisions").status_code == 405


def test_a_path_has_several_methods() -> None:
    """Each its own handler; what is allowed names all of them; a literal path goes before a parameter."""

    async def named(call: Call) -> HttpResponse:
        return HttpResponse(call.named.get("thing", "literal").encode())

    async def gone(call: Call) -> HttpResponse:
        return HttpResponse(b"", 204)

    calls = [
        (Operation("GET", "/v1/things/{thing}", roles=None), named),
        (Operation("DELETE", "/v1/things/{thing}", roles=None), gone),
        (Operation("GET", "/v1/things/all", roles=None), named),
    ]
    http = TestClient(
        HttpApp(
            calls,
            Reader(10, 1.0, most=4, most_bytes=40),
            max_concurrency=4,
            timeout_seconds=1.0,
            gate=gate(AccessBook(), Service()),
            personal=PERSONAL,
        )
    )

    assert [http.get(f"/v1/things/{name}").text for name in ("a", "all")] == ["a", "literal"]
    assert http.delete("/v1/things/a").status_code == 204
    assert http.post("/v1/things/a").headers["allow"] == "DELETE, GET, HEAD"
    assert [http.get(path).status_code for path in ("/v1/things/a/b", "/v1/things/", "/v1/things", "/v1/things/a/")] == [404] * 4


def test_an_error_nobody_foresaw_is_500_and_shows_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the caller nor the log reads what was in it."""

    async def broken(_: object, ask: object, size: int) -> bytes:
        raise RuntimeError("taro@example.com")

    monkeypatch.setattr(MicroBatcher, "__call__", broken)

    reply = world.http.post("/v1/decisions", content=ONE, headers=JSON)

    captured = capsys.readouterr()
    assert reply.status_code == 500
    assert reply.json()["fix"].startswith("try again with the same Idempotency-Key")
    assert "taro" not in reply.text + captured.out + captured.err


def test_a_body_that_grows_while_it_comes_is_cut_off(world: World) -> None:
    """A caller who declares no length is counted as it sends."""

    def growing() -> Any:
        for _ in range(5):
            yield b" " * 500

    reply = world.http.post("/v1/decisions", content=growing(), headers=JSON)

    assert reply.status_code == 413


def test_more_calls_at_once_than_the_limit_get_429(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a time to come again; the ones inside are answered."""
    go = asyncio.Event()

    async def slow(_: object, ask: object, size: int) -> bytes:
        await go.wait()
        return b"{}"

    async def three() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app.asgi), base_url="http://127.0.0.1") as http:
            calls = [asyncio.create_task(http.post("/v1/decisions", content=ONE, headers=JSON)) for _ in range(3)]
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            probe = await http.get("/readyz")
            go.set()
            return [probe, *await asyncio.gather(*calls)]

    monkeypatch.setattr(MicroBatcher, "__call__", slow)

    probe, *replies = asyncio.run(three())

    assert sorted(reply.status_code for reply in replies) == [200, 200, 429]
    assert next(reply.headers["retry-after"] for reply in replies if reply.status_code == 429) == "1"
    assert probe.status_code == 200


def test_no_answer_in_time_is_503(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the place inside is free again afterwards."""

    async def stuck(_: object, ask: object, size: int) -> bytes:
        await asyncio.sleep(60)
        return b"{}"

    monkeypatch.setattr(MicroBatcher, "__call__", stuck)
    world.app.asgi.timeout_seconds = 0.05

    replies = [world.http.post("/v1/decisions", content=ONE, headers=JSON) for _ in range(3)]

    assert [(reply.status_code, reply.headers["retry-after"]) for reply in replies] == [(503, "2")] * 3


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput, 422),
        (Missing, 404),
        (Conflict, 409),
        (NotEnoughData, 409),
        (SkewError, 503),
        (BrokenModel, 503),
        (Unavailable, 503),
        (OtokuiError, 500),
    ],
)
def test_every_error_of_ours_has_its_status(error: type[OtokuiError], status: int) -> None:
    """What is the caller's business is told; where it lies on the machine stays there."""
    problem = problems.of_error(error("/srv/shop/ledger.db is gone", fix="look at /srv/shop/online"))

    assert problem.status == status
    assert "/srv" not in problem.detail + problem.fix
    assert ("ledger.db is gone" in problem.detail) == (status < 500)


class TestProbes:
    def test_alive_and_ready(self, world: World) -> None:
        """Ready says what is served."""
        ready = world.http.get("/readyz")

        assert world.http.get("/livez").status_code == 200
        assert (ready.status_code, ready.json()["ready"], ready.json()["summarised_at"]) == (200, True, "2025-04-01T09:00:00+09:00")

    def test_not_ready_says_why(self, world: World) -> None:
        """So that whoever is woken knows what to run."""
        world.app.state.live = None
        world.source.failure = Missing("no model is live", fix="run `otokui train --shop SHOP`")
        world.app.state.refresh()

        reply = world.http.get("/readyz")

        assert (reply.status_code, reply.json()["reasons"]) == (503, ["no model is live; run `otokui train --shop SHOP`"])

    def test_unknown_paths_make_no_labels(self, world: World) -> None:
        """Whoever calls random paths would otherwise fill the memory of service and Prometheus."""
        for i in range(20):
            world.http.get(f"/random-{i}")

        text = world.http.get("/metrics").text

        assert "random" not in text
        assert 'otokui_requests_total{call="other",status="404"}' in text

    def test_counts_are_told_where_a_library_announces_workers_too_late(
        self, world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """BentoML sets the folder of several workers; in a process that counts by itself already the folder is empty."""
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        world.http.get("/random")

        assert 'otokui_requests_total{call="other",status="404"}' in world.http.get("/metrics").text

    def test_decisions_are_counted_by_status(self, world: World) -> None:
        """What a dashboard watches first."""
        before = counted(world)
        world.decide("ada", "nobody")

        assert counted(world) - before == 1.0


def counted(world: World) -> float:
    lines = [line for line in world.http.get("/metrics").text.splitlines() if line.startswith('otokui_decisions_total{status="contact"}')]
    return float(lines[0].split()[-1]) if lines else 0.0


def test_the_openapi_document_describes_both_calls(world: World) -> None:
    """Requests, replies and refusals, every reference resolved."""
    said = world.http.get("/openapi.json").json()

    assert said["openapi"] == "3.1.0"
    assert {"200", "400", "409", "413", "415", "422", "429", "503"} <= set(said["paths"]["/v1/decisions"]["post"]["responses"])
    text = json.dumps(said)
    wanted = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert wanted == set(said["components"]["schemas"])
    assert {"DecisionRequest", "Decision", "PredictionReply", "Problem", "Readiness"} <= wanted
