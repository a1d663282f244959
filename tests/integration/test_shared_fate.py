"""Callers who share a batch share nothing else: whatever one of them sends, the others get the very bytes they would have got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import polars as pl
import pytest

import scoring.score
from adapters.decision_archive.decision_index import RunRegistry
from adapters.decision_archive.run_archive import RunArchive
from adapters.ledger import SqlLedger, open_ledger
from decisions.compiler.compile_policy import compile_policy
from decisions.compiler.evidence import Evidence
from decisions.engine.engine import DecisionEngine
from features import summary_names
from otokui.domain import DAY, Instant, Label
from otokui.errors import BadInput
from otokui.frames import Batch, texts
from otokui.settings.service.service import Service
from serving.app import App
from serving.handlers.decisions.decision_handler import DecisionHandler, KeyedRequest
from serving.handlers.predictions import PredictionHandler
from serving.http.requests import CustomerRequest, DecisionRequest, PredictionRequest
from serving.live.ledger_circuit_breaker import LedgerCircuitBreaker
from serving.live.opt_out_check import OptOutCheck
from serving.live.state import Live, LiveState
from serving.wiring import PERSONAL, DecisionArchive
from tests.unit.serving.conftest import CUTOFF, NOON, SETTINGS, Source, made_up

AS_OF = "2025-04-01T12:00:00+09:00"
HONEST = [f"c{i:02d}" for i in range(40)]
ATTACKS: list[tuple[bytes, str]] = [
    (json.dumps({"customers": [{"customer_id": "c01"}], "as_of": "9999-12-31T23:59:59Z"}).encode(), "$.as_of"),
    (json.dumps({"customers": [{"customer_id": "c01"}], "as_of": "0001-01-01T00:00:00+14:00"}).encode(), "$.as_of"),
    (json.dumps({"customers": [{"customer_id": "c01"}], "as_of": "2026-06-01T00:00:00Z"}).encode(), "$.as_of"),
    (
        json.dumps({"customers": [{"customer_id": "c02"}, {"customer_id": "c01\x00x"}], "as_of": AS_OF}).encode(),
        "$.customers[1].customer_id",
    ),
    (json.dumps({"customers": [{"customer_id": "c0\n1"}], "as_of": AS_OF}).encode(), "$.customers[0].customer_id"),
    (json.dumps({"customers": [{"customer_id": "x" * 10_000}], "as_of": AS_OF}).encode(), "$.customers[0].customer_id"),
    (json.dumps({"customers": [{"customer_id": "c01"}], "request_id": "r\x00", "as_of": AS_OF}).encode(), "$.request_id"),
    (b'{"customers":[{"customer_id":"\\ud800"}]}', ""),
    (b'{"customers":[{"customer_id":"c01"}],"channels":["e\\u0000"]}', "$.channels"),
]


class Everybody:
    """A store in which each customer of HONEST has bought twice, and others nothing."""

    summarised_at = CUTOFF
    version = "test"

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        values = np.full((len(customer_ids), len(summary_names())), np.nan)
        bought = {"has_record": 1.0, "purchase_count": 2.0, "first_purchase_at": CUTOFF - 90 * DAY, "last_purchase_at": CUTOFF - 40 * DAY}
        for row, customer_id in enumerate(customer_ids):
            for name, value in bought.items() if customer_id in HONEST else ():
                values[row, summary_names().index(name)] = value
        return Batch(texts(customer_ids), summary_names(), values)


@pytest.fixture(params=["sqlite", "postgresql"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Two empty databases of a kind, as URLs: with the attacker, and without."""
    if request.param == "sqlite":
        yield [f"sqlite:///{tmp_path}/{name}.db" for name in ("one", "two")]
        return
    one = request.getfixturevalue("postgres_url")
    yield [one, f"{one}?options=-csearch_path%3Dsecond"]


def opened(url: str) -> SqlLedger:
    """A ledger in which all but one of the honest customers have said yes to e-mail."""
    if "search_path" in url:
        import sqlalchemy as sa

        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE SCHEMA second"))
        engine.dispose()
    ledger = open_ledger(url, channels=SETTINGS.channels, messages=SETTINGS.messages, contact_cap=2, contact_cap_days=7)
    ids = HONEST[1:]
    ledger.import_consents(
        pl.DataFrame({"customer_id": ids, "channel": "email", "opted_in": [True] * len(ids), "changed_at": CUTOFF - DAY, "known_at": 1})
    )
    return ledger


def state(ledger: SqlLedger) -> LiveState:
    """What is live over a ledger."""
    source = Source()
    models: Any = SimpleNamespace(models={Label.CHURN: SimpleNamespace(manifest=SimpleNamespace(trained_through=1))})
    past: Any = None
    source.next = Live(
        engine=DecisionEngine(models, compile_policy(SETTINGS, Evidence(Instant(0), delivery_tracked=False))),
        summaries=Everybody(),
        ledger=LedgerCircuitBreaker(ledger, OptOutCheck(), slow_seconds=60.0),
        outbox=ledger.outbox,
        webhooks=past,
        work_list=past,
        digests={Label.CHURN: "abc"},
        timezone="Asia/Tokyo",
        max_summary_age_days=3.0,
        archive=DecisionArchive(ledger, past, RunArchive(RunRegistry(Path("no shop")), past)),
    )
    made = LiveState(source, 3_600.0)
    assert made.refresh()
    return made


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring.score, "predict", made_up)


def asked(ledger: SqlLedger, attacks: Sequence[tuple[bytes, str]], path: str = "/v1/decisions") -> tuple[list[bytes], list[httpx.Response]]:
    """Send one call for each honest customer through the ASGI application, attacks between them; return both kinds of answers."""
    app = App(state(ledger), Service(max_concurrency=500, timeout_seconds=60), lambda: NOON, PERSONAL)
    app.start()

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://127.0.0.1") as http:

            def post(body: bytes) -> Any:
                return http.post(path, content=body, headers={"Content-Type": "application/json"})

            calls = []
            for turn, customer in enumerate(HONEST):
                calls.append(post(json.dumps({"customers": [{"customer_id": customer}], "as_of": AS_OF}).encode()))
                calls += [post(attacks[(turn + i) % len(attacks)][0]) for i in range(3) if attacks]
            return list(await asyncio.gather(*calls))

    try:
        answers = asyncio.run(all_at_once())
    finally:
        app.stop()
    every = 4 if attacks else 1
    honest = answers[::every]
    assert {answer.status_code for answer in honest} == {200}
    return [answer.content for answer in honest], [answer for i, answer in enumerate(answers) if i % every]


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/predictions"])
def test_honest_answers_are_the_same_bytes_whatever_others_send(urls: list[str], path: str) -> None:
    """Years 1 and 9999, NUL, line ends, surrogates, ten thousand characters: 120 such calls among 40 honest ones."""
    with opened(urls[0]) as quiet, opened(urls[1]) as attacked:
        alone, _ = asked(quiet, [], path)
        attacks = ATTACKS if path.endswith("decisions") else ATTACKS[:-1]
        among, refused = asked(attacked, attacks, path)

    assert among == alone
    if path.endswith("decisions"):
        statuses = [json.loads(answer)["decisions"][0]["status"] for answer in alone]
        assert statuses == ["suppressed", *["contact"] * 39]
    assert {answer.status_code for answer in refused} == {400, 422}
    fields = {json.loads(answer.content).get("field", "") for answer in refused}
    assert fields == {field for _, field in attacks}
    assert not any("\\u0000" in answer.text or "x" * 100 in answer.text for answer in refused)


def requests(*more: DecisionRequest) -> list[KeyedRequest]:
    """Honest asks with others between them, as they would be past the door."""
    honest = [KeyedRequest(DecisionRequest(customers=[CustomerRequest(customer_id=c)]), None) for c in HONEST[:8]]
    return [*honest[:3], *(KeyedRequest(request, None) for request in more), *honest[3:]]


ODD = DecisionRequest(customers=[CustomerRequest(customer_id="c01\x00")])
LATE = DecisionRequest(customers=[CustomerRequest(customer_id="c01")], as_of=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))


def test_what_slips_past_the_door_fails_alone(urls: list[str]) -> None:
    """Two asks at fault in one batch with eight honest ones: each gets its own error, and the eight are contacted."""
    with opened(urls[0]) as quiet, opened(urls[1]) as attacked:
        alone = DecisionHandler(state(quiet), lambda: NOON)(requests())
        among = DecisionHandler(state(attacked), lambda: NOON)(requests(ODD, LATE))

    assert among[:3] + among[5:] == alone
    assert [json.loads(reply)["decisions"][0]["status"] for reply in alone if isinstance(reply, bytes)] == ["suppressed", *["contact"] * 7]
    assert [type(error) for error in among[3:5]] == [BadInput, BadInput]


def test_what_only_the_commit_refuses_fails_alone(urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The database turns one row of the shared transaction down: the others are committed without it."""
    from adapters.ledger import decision_log as ledger_log

    write = ledger_log.write

    def refusing(connection: Any, backend: Any, vault: Any, rows: Any) -> None:
        """Write a row that no database takes in the place of one customer's."""
        write(connection, backend, vault, [row if row.customer_id != "c05" else _without_status(row) for row in rows])

    with opened(urls[0]) as quiet, opened(urls[1]) as attacked:
        alone = DecisionHandler(state(quiet), lambda: NOON)(requests())
        monkeypatch.setattr(ledger_log, "write", refusing)
        among = DecisionHandler(state(attacked), lambda: NOON)(requests())
        logged = {row.customer_id for row in attacked.decisions(attacked.decision_ids())}

    assert [a == b for a, b in zip(alone, among, strict=True)] == [True] * 5 + [False] + [True] * 2
    assert isinstance(among[5], BadInput)
    assert logged == set(HONEST[:8]) - {"c05"}


def _without_status(row: Any) -> Any:
    from dataclasses import replace

    return replace(row, status=None)


def test_a_database_that_is_gone_is_everybodys(urls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage is not looked for in halves: one try, and nobody is contacted."""
    from sqlalchemy.exc import OperationalError

    from adapters.ledger import decision_log as ledger_log

    tries: list[int] = []

    def gone(*_: Any) -> None:
        tries.append(1)
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(ledger_log, "write", gone)
    with opened(urls[0]) as ledger:
        replies = DecisionHandler(state(ledger), lambda: NOON)(requests())

    rows = [json.loads(reply)["decisions"][0] for reply in replies if isinstance(reply, bytes)]
    assert [(row["status"], row["suppressions"][0]["code"]) for row in rows] == [("suppressed", "state_unavailable")] * 8
    assert len(tries) == 1


def test_predictions_that_slip_past_the_door_fail_alone(urls: list[str]) -> None:
    """The same for what is only foretold."""
    late = PredictionRequest(customers=[CustomerRequest(customer_id="c01")], as_of=LATE.as_of)
    honest = [PredictionRequest(customers=[CustomerRequest(customer_id=c)]) for c in HONEST[:4]]
    with opened(urls[0]) as ledger:
        predict = PredictionHandler(state(ledger), lambda: NOON)
        alone, among = predict(honest), predict([*honest[:2], late, *honest[2:]])

    assert among[:2] + among[3:] == alone
    assert all(isinstance(reply, bytes) for reply in alone)


def test_an_id_is_one_customer_over_http_however_it_is_spelt(urls: list[str]) -> None:
    """Blanks around it are no part of it: the consent on file is found, and the answer names the customer as the file does."""
    with opened(urls[0]) as ledger:
        ledger.import_consents(
            pl.DataFrame({"customer_id": ["caf\u00e9"], "channel": "email", "opted_in": [True], "changed_at": CUTOFF - DAY, "known_at": 1})
        )
        app = App(state(ledger), Service(), lambda: NOON, PERSONAL)
        app.start()
        try:
            rows = asyncio.run(_spelt(app, [" c05 ", "c05", "cafe\u0301", "\tcaf\u00e9\u3000"]))
        finally:
            app.stop()

    assert [row["customer_id"] for row in rows] == ["c05", "c05", "caf\u00e9", "caf\u00e9"]
    assert len({row["decision_id"] for row in rows}) == 2


async def _spelt(app: App, ids: list[str]) -> list[Any]:
    body = {"customers": [{"customer_id": each} for each in ids], "as_of": AS_OF, "dry_run": True}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://127.0.0.1") as http:
        rows: list[Any] = (await http.post("/v1/decisions", json=body)).json()["decisions"]
        return rows
