"""Webhooks to a receiver that fails, stalls, redirects and answers twice: nothing is lost, held up, or offered after a no."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from adapters.ledger import SqlLedger, open_ledger
from adapters.ledger.outbox.webhooks.ledger_webhooks import LedgerWebhooks
from otokui.clock import now as clock
from otokui.domain import DAY, HOUR, Instant
from otokui.errors import BadSettings
from otokui.settings.service.webhooks import Webhook
from serving.live.webhook_workers import WebhookWorkers
from tests.contract.ledgers import CHANNELS, MESSAGES, consents, make_schema, place
from tests.places import taken

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
ENVIRONMENT = {"HOOK": SECRET}


@dataclass
class Receiver:
    """A receiver that answers as it is told to, in turn, then 204; it keeps what it was sent."""

    answers: list[Any] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    url: str = ""
    inside: Counter[str] = field(default_factory=Counter)
    together: int = 0

    def decisions(self, kind: str = "due") -> list[str]:
        """The decisions told of, in order."""
        return [row["decision_id"] for body in self.bodies for row in body["data"]["changes"] if row["change"] == kind]


@contextmanager
def receiving(*answers: Any) -> Iterator[Receiver]:
    """Run a receiver; an answer is a status, or seconds to stall."""
    receiver, lock = Receiver(list(answers)), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            receiver.asked["GET"] += 1
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            name, sent_at = self.headers["webhook-id"], datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
            assert Verifier(SECRET).sign(name, sent_at, body.decode()) == self.headers["webhook-signature"]  # else there is no answer
            with lock:
                receiver.asked[self.path] += 1
                receiver.inside[name] += 1
                receiver.together = max(receiver.together, receiver.inside[name])
                answer = receiver.answers.pop(0) if receiver.answers else 204
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 204
            with lock:
                receiver.inside[name] -= 1
                if 200 <= answer < 300:
                    receiver.bodies.append(json.loads(body))
                    receiver.ids.append(name)
            self.send_response(answer)
            if answer == 302:
                self.send_header("location", receiver.url)
            self.end_headers()
            if answer == 200:  # twice
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty ledger of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
    else:
        yield from make_schema(request.getfixturevalue("postgres_server"))


@contextmanager
def opened(url: str) -> Iterator[tuple[SqlLedger, LedgerWebhooks]]:
    """Open the ledger and its webhooks, as one process does."""
    with open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=9, contact_cap_days=7) as ledger:
        yield ledger, LedgerWebhooks(ledger.database, ledger.outbox, "UTC", environment=ENVIRONMENT, jitter=lambda: 1.0)


def endpoint(url: str, **more: Any) -> Webhook:
    """An endpoint with short times."""
    return Webhook(**{"name": "engine", "url": url, "secret_env": "HOOK", "timeout_seconds": 0.5, "most_changes": 2} | more)


def reserve(ledger: SqlLedger, count: int, at: Instant) -> list[str]:
    """Reserve a mail to each of so many customers; return the decisions."""
    wanted = [place(f"d{n}", customer_id=f"c{n}", send_at=at, valid_until=at + DAY) for n in range(count)]
    assert all(taken(ledger, wanted, at))
    return [reservation.decision_id for reservation in wanted]


def drain(webhooks: LedgerWebhooks, webhook: Webhook, at: int) -> None:
    """Deliver until nothing is waiting at an instant."""
    while webhooks.deliver(webhook, Instant(at)):
        pass


def test_what_failed_stalled_or_was_redirected_comes_again_under_its_id(url: str) -> None:
    """Each change arrives once it is taken; a redirect is not followed; a second answer on the wire harms nothing."""
    with receiving(500, 0.9, 302, 200, 200) as receiver, opened(url) as (ledger, webhooks):
        at, hook = Instant(clock()), endpoint(receiver.url)
        decisions = reserve(ledger, 5, at)
        for turn in range(6):
            drain(webhooks, hook, at + turn * HOUR)

        assert sorted(set(receiver.decisions())) == decisions
        assert (receiver.asked["GET"], receiver.asked["/hook"]) == (0, 6)
        assert webhooks.counts() == {"engine": {"delivered": 3}}
        assert [body["type"] for body in receiver.bodies] == ["decisions.changed"] * len(receiver.bodies)
        assert max(message["attempts"] for message in webhooks.messages()) >= 2


def test_a_repeated_message_does_not_offer_who_has_refused_since(url: str) -> None:
    """And who was told is told of the withdrawal."""
    with receiving(204, 500) as receiver, opened(url) as (ledger, webhooks):
        at, hook = Instant(clock()), endpoint(receiver.url, most_changes=1)
        reserve(ledger, 2, at)
        webhooks.deliver(hook, at)  # d0 is told
        webhooks.deliver(hook, at)  # d1 fails
        ledger.import_consents(consents(*((f"c{n}", "email", False, at + 1) for n in range(2))))

        drain(webhooks, hook, at + HOUR)

        assert (receiver.decisions(), sorted(receiver.decisions("withdrawn"))) == (["d0"], ["d0", "d1"])
        assert webhooks.counts()["engine"]["lapsed"] == 1


def test_what_fails_for_too_long_is_given_up_and_can_be_sent_again(url: str) -> None:
    """The operator is told; a dead receiver takes no message with it."""
    with receiving(*[503] * 3) as receiver, opened(url) as (ledger, webhooks):
        at, hook = Instant(clock()), endpoint(receiver.url, give_up_hours=2.0, most_changes=9)
        reserve(ledger, 2, at)
        for turn in range(3):
            drain(webhooks, hook, at + turn * HOUR)

        (warning,) = webhooks.warnings([hook])
        assert webhooks.counts() == {"engine": {"given_up": 1}}
        assert "'engine': 1 messages" in warning

        assert webhooks.retry("engine", Instant(at + 3 * HOUR)) == 1
        drain(webhooks, hook, at + 3 * HOUR)
        assert (receiver.decisions(), webhooks.warnings([hook])) == (["d0", "d1"], [])


def test_two_processes_never_send_one_message_at_a_time(url: str) -> None:
    """Both look for work at once; the receiver stalls a little, so that they would meet."""
    with receiving(*[0.02] * 30) as receiver, opened(url) as (ledger, one), opened(url) as (_, two):
        at, hook = Instant(clock()), endpoint(receiver.url, timeout_seconds=5.0)
        decisions = reserve(ledger, 24, at)
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(drain, webhooks, hook, at) for webhooks in (one, two) * 2]:
                done.result()
        drain(one, hook, at)

        assert sorted(receiver.decisions()) == sorted(decisions)
        assert (receiver.together, len(receiver.ids)) == (1, len(set(receiver.ids)))


def test_a_process_that_dies_while_sending_leaves_the_message_to_the_next(url: str) -> None:
    """As soon as its claim has ended; under the same id."""

    def die(*_: Any) -> Any:
        raise KeyboardInterrupt

    with receiving() as receiver, opened(url) as (ledger, webhooks):
        at, hook = Instant(clock()), endpoint(receiver.url)
        reserve(ledger, 1, at)
        killed = LedgerWebhooks(ledger.database, ledger.outbox, "UTC", environment=ENVIRONMENT, post=die)
        with pytest.raises(KeyboardInterrupt):
            killed.deliver(hook, at)

        drain(webhooks, hook, at + 5)
        assert receiver.bodies == []
        drain(webhooks, hook, at + 60)
        assert receiver.decisions() == ["d0"]
        assert webhooks.purge([hook], Instant(at + 9 * DAY)) == 2  # the message, and its change
        assert webhooks.messages() == []


def test_a_stalled_endpoint_holds_up_no_other(tmp_path: Path) -> None:
    """The service's workers: one thread each; settings without the endpoint end it."""
    with receiving(*[9.0] * 3) as stalls, receiving() as works, opened(f"sqlite:///{tmp_path}/ledger.db") as (ledger, webhooks):
        hooks = (endpoint(stalls.url, name="stalls", timeout_seconds=2.0), endpoint(works.url, name="works", channels=("email",)))
        live = SimpleNamespace(settings=SimpleNamespace(webhooks=hooks), webhooks=webhooks)
        state: Any = SimpleNamespace(live=live, more_warnings=[])
        decisions = reserve(ledger, 4, Instant(clock()))
        workers = WebhookWorkers(state, clock, idle_seconds=0.05)
        workers.start()
        for _ in range(100):
            if len(works.decisions()) == 4:
                break
            time.sleep(0.05)
        live.settings = SimpleNamespace(webhooks=())
        workers.stop()

    assert works.decisions() == decisions
    assert stalls.bodies == []


def test_a_test_message_is_signed_and_recorded_nowhere(tmp_path: Path) -> None:
    """A missing secret is an error of the settings."""
    with receiving() as receiver, opened(f"sqlite:///{tmp_path}/ledger.db") as (_, webhooks):
        assert webhooks.test(endpoint(receiver.url), Instant(clock())).delivered
        assert [body["type"] for body in receiver.bodies] == ["webhook.test"]
        assert webhooks.messages() == []
        with pytest.raises(BadSettings, match="NOT_SET"):
            webhooks.test(endpoint(receiver.url, secret_env="NOT_SET"), Instant(clock()))
    assert webhooks.test(endpoint(receiver.url), Instant(clock())).error == "ClientConnectorError"
