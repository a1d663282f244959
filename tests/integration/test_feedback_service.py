"""Feedback and webhooks over the real application, on SQLite and PostgreSQL: answered means in force."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from otokui.domain import HOUR, Instant
from otokui.frames import COMPLAINED
from serving.dialects.dialect_registry import dialects
from serving.dialects.reading import ReadingContext
from serving.dialects.webhook import WebhookSecret
from serving.handlers.events.webhook_handler import WebhookHandler
from serving.http.gate import Caller
from serving.http.operations import Call
from serving.live.state import LiveState
from tests.contract.ledgers import make_schema
from tests.contract.test_dialects import CONTEXT, deliveries, secret_of, signed
from tests.contract.test_feedback_stores import Store
from tests.unit.serving.conftest import NOON, World, world

__all__ = ["world"]

AT_NOON = "2025-04-01T11:00:00+09:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, world: World) -> Iterator[Store]:
    """Each database in turn behind the service, with a decision about ada."""
    schemas = make_schema(request.getfixturevalue("postgres_server")) if request.param == "postgresql" else iter(())
    made = Store(next(schemas, f"sqlite:///{tmp_path}/ledger.db"))
    world.source.opened, world.source.told = made.inbox, made.feedback
    yield made
    made.ledger.close()
    next(schemas, None)  # drops the schema


def outcome(name: str, event_id: str, **more: Any) -> dict[str, Any]:
    """An outcome of the contact that decision d-1 led to."""
    return {"kind": "outcome", "event_id": event_id, "outcome": name, "occurred_at": AT_NOON} | (more or {"decision_id": "d-1"})


class TestFeedback:
    def test_each_item_has_its_result_and_is_in_force(self, world: World, store: Store) -> None:
        """A click, a complaint, a repeat, one that cannot be read, and one that names no contact."""
        store.reserve()
        items = [
            outcome("clicked", "e1"),
            outcome("complained", "e2"),
            outcome("clicked", "e1"),
            outcome("clicked", "e3") | {"machine": "perhaps"},
            outcome("clicked", "e4", decision_id="unheard-of"),
        ]
        reply = world.http.post("/v1/feedback", json={"items": items})

        said = reply.json()
        assert reply.status_code == 200
        assert [item["status"] for item in said["items"]] == ["accepted", "accepted", "duplicate", "refused", "refused"]
        assert [item.get("rule", "") for item in said["items"]] == ["", "", "", "unreadable_item", "unknown_decision"]
        assert all(item["fix"] for item in said["items"][3:])
        assert [row["contact_id"] for row in store.contacts()] == ["d-1"]
        assert store.ledger.contact_state(["ada"], NOON).refused[0, 0] == COMPLAINED

    def test_without_a_ledger_nothing_is_accepted(self, world: World) -> None:
        """503 with Retry-After: the sender repeats."""
        reply = world.http.post("/v1/feedback", json={"items": [outcome("clicked", "e1")]})
        assert (reply.status_code, "retry-after" in reply.headers) == (503, True)


class TestWebhooks:
    @pytest.mark.parametrize("path", ["/v1/events", "/v1/feedback"])
    def test_a_payload_with_both_kinds_goes_where_each_belongs(self, world: World, store: Store, path: str) -> None:
        """By either address, signed, with counts of what was ignored and left behind."""
        store.reserve()
        dialect = dialects()["cloudevents"]
        world.source.secret = WebhookSecret("X", secret_of(dialect), True)
        envelope = {"specversion": "1.0", "time": AT_NOON}
        events = [
            envelope | {"id": "1", "source": "/e", "type": "a.outcome", "data": {"outcome": "clicked", "decision_id": "d-1"}},
            envelope | {"id": "2", "source": "/s", "type": "a.behaviour", "subject": "ada", "data": {"type": "search", "phone": "090"}},
            envelope | {"id": "3", "source": "/s", "type": "a.weather", "data": {}},
        ]
        body = json.dumps(events).encode()
        headers = {name.decode(): value.decode() for name, value in signed(dialect, body, {}, NOON).items()}
        headers["content-type"] = "application/cloudevents-batch+json"
        reply = world.http.post(f"{path}?as=cloudevents", content=body, headers=headers)

        assert (reply.status_code, reply.json()["accepted"]) == (200, 2)
        assert (reply.json()["ignored"], reply.json()["stripped"]) == ({"a.weather": 1}, {"phone": 1})
        assert sorted(table for entry in store.inbox.after(0) for table in entry.rows) == ["contacts", "events"]
        wrong = world.http.post(f"{path}?as=cloudevents", content=body + b" ", headers=headers)
        assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/wrong-signature")

    def test_a_provider_without_a_key_is_let_in_by_its_signature_alone(self, world: World, store: Store) -> None:
        """From another machine, where open access asks for a key; without `as`, or without a secret, nobody is."""
        store.reserve()
        dialect = dialects()["sendgrid"]
        body = json.dumps([{"event": "open", "sg_event_id": "1", "timestamp": int(NOON) - HOUR, "decision_id": "d-1"}]).encode()
        headers = {
            name.decode(): value.decode() for name, value in signed(dialect, body, {"content-type": "application/json"}, NOON).items()
        }
        headers["x-forwarded-for"] = "203.0.113.9"
        assert world.http.post("/v1/feedback?as=sendgrid", content=body, headers=headers).status_code == 401
        assert world.http.post("/v1/feedback", content=body, headers=headers).status_code == 403
        world.source.secret = WebhookSecret("X", secret_of(dialect), True)
        assert world.http.post("/v1/feedback?as=sendgrid", content=body, headers=headers).json()["accepted"] == 1
        assert world.http.post("/v1/feedback?as=fax", content=body, headers=headers).status_code == 400
        world.app.access.trail.flush(everything=True)
        assert "webhook:sendgrid" in {line.who for line in world.access.lines}

    @pytest.mark.parametrize("name", list(dialects()))
    def test_shuffled_doubled_and_late_calls_give_the_tables_of_a_clean_replay(self, name: str) -> None:
        """Each call twice, one 46 times, all of them 29 hours late, in any order."""
        calls = deliveries(name)
        late = [*calls, *calls, *([calls[0]] * 46)]
        random.Random(name).shuffle(late)
        clean, played = replayed(name, calls), replayed(name, late)
        assert {table: rows for table, rows in clean.items() if rows}
        for table, rows in clean.items():
            assert played[table] == rows, table


def replayed(name: str, calls: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The tables after these webhooks, at an instant 29 hours after the last of them."""
    store, dialect = Store("sqlite:///:memory:"), dialects()[name]
    for decision, customer in (("d-23", "ada"), ("d-9", "c-19"), ("d-31", "bob"), ("d-4", "c-17"), ("d-1", "eve")):
        store.reserve(decision, customer)
    secret = WebhookSecret("X", secret_of(dialect), True)
    source = SimpleNamespace(
        inbox=lambda: store.inbox, feedback=lambda: store.feedback, webhooks=lambda _: (secret, cast(ReadingContext, CONTEXT))
    )
    handler, now = WebhookHandler(LiveState(cast(Any, source), 1.0)), Instant(int(datetime(2026, 11, 28, tzinfo=UTC).timestamp()))
    for delivery in calls:
        body = json.dumps(delivery["body"], ensure_ascii=False).encode()
        headers = signed(dialect, body, delivery.get("headers", {}), now)
        handler(name, Call(headers, body, caller=Caller("", None, "")), now)
    tables = store.tables()
    rows = store.rows("SELECT event_key, body_digest, customer_id, order_id, visible_at, contents FROM inbox ORDER BY event_key")
    tables["inbox"] = [row for row in rows if '"contacts"' not in row["contents"]]  # of a contact the newest row counts
    store.ledger.close()
    return tables
