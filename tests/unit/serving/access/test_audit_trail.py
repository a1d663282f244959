"""Audit lines: one for each call, or one for each minute; what cannot be written waits or stops the call."""

from __future__ import annotations

import asyncio

import pytest

from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.identity.roles import Role
from otokui.ports.access import AuditEntry
from serving.access import audit_trail
from serving.access.audit_trail import AuditTrail
from serving.http.gate import Caller, CallOutcome
from tests.unit.serving.access_book import NOON, AccessBook
from tests.unit.serving.conftest import World

ENGINE = Caller("key-1", Role.SEND_ENGINE, "203.0.113.7")
GONE = Unavailable("the ledger is gone", fix="bring it back")


def record(trail: AuditTrail, *outcomes: CallOutcome, caller: Caller = ENGINE, at_once: bool = False) -> None:
    """Record calls of one name."""
    for outcome in outcomes:
        asyncio.run(trail.record("decisions", caller, outcome, at_once=at_once))


def test_calls_of_a_minute_are_one_line_for_each_status() -> None:
    """With their number and customers; the running minute waits."""
    book, times = AccessBook(), [NOON]
    trail = AuditTrail(lambda: book, lambda: times[-1])
    record(trail, CallOutcome(200, 5), CallOutcome(200, 7), CallOutcome(422, 0))
    trail.flush()
    assert book.lines == []

    times.append(Instant(NOON + 60))
    trail.flush()

    assert book.lines == [
        AuditEntry(NOON, "key-1", "decisions", "203.0.113.7", 200, customers=12, requests=2),
        AuditEntry(NOON, "key-1", "decisions", "203.0.113.7", 422, customers=0, requests=1),
    ]


def test_many_addresses_are_named_in_part() -> None:
    """A line stays short, whoever tries keys from everywhere."""
    book = AccessBook()
    trail = AuditTrail(lambda: book, lambda: NOON)
    for i in range(100):
        record(trail, CallOutcome(401, 0), caller=Caller("", None, f"203.0.113.{i}"))

    trail.flush(everything=True)

    assert (book.lines[0].requests, book.lines[0].address.count(","), book.lines[0].address.endswith("and others")) == (100, 4, True)


def test_a_call_recorded_at_once_is_in_the_log_when_it_returns() -> None:
    """Reads of a customer, exports and changes."""
    book = AccessBook()
    record(AuditTrail(lambda: book, lambda: NOON), CallOutcome(200, 1), at_once=True)
    assert book.lines == [AuditEntry(NOON, "key-1", "decisions", "203.0.113.7", 200, customers=1)]


def test_without_the_log_it_fails_and_its_line_waits() -> None:
    """What happened is in the log as soon as there is one again, once."""
    book = AccessBook(failure=GONE)
    trail = AuditTrail(lambda: book, lambda: NOON)
    with pytest.raises(Unavailable):
        record(trail, CallOutcome(200, 1), at_once=True)
    trail.flush()
    book.failure = None

    trail.flush()
    trail.flush()

    assert [line.status for line in book.lines] == [200]


def test_lines_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The log says how many are lost."""
    monkeypatch.setattr(audit_trail, "_MOST_PENDING", 3)
    book = AccessBook(failure=GONE)
    trail = AuditTrail(lambda: book, lambda: NOON)
    for status in range(200, 205):
        with pytest.raises(Unavailable):
            record(trail, CallOutcome(status, 1), at_once=True)
    book.failure = None
    trail.flush()

    assert [line.status for line in book.lines] == [202, 203, 204]
    captured = capsys.readouterr()
    assert "audit_lines_lost" in captured.out + captured.err


class TestOverHttp:
    def test_a_read_of_a_decision_is_a_line_and_decisions_are_counted(self, world: World) -> None:
        """By who called, never by what was asked."""
        decision_id = world.decide("ada", "bob").json()["decisions"][0]["decision_id"]
        world.http.get(f"/v1/decisions/{decision_id}")
        world.http.get("/livez")
        world.app.access.trail.flush(everything=True)

        lines = [(line.who, line.call, line.status, line.customers) for line in world.access.lines]
        assert lines == [("open", "decision", 200, 1), ("open", "decisions", 200, 2)]
        assert decision_id not in repr(world.access.lines)

    def test_nothing_is_read_without_the_log(self, world: World) -> None:
        """503, and no decision in the reply; a decision itself is still made."""
        decision_id = world.decide("ada").json()["decisions"][0]["decision_id"]
        world.access.failure = GONE

        reply = world.http.get(f"/v1/decisions/{decision_id}")

        assert (reply.status_code, reply.headers["retry-after"], "ada" in reply.text) == (503, "2", False)
        assert world.decide("ada").status_code == 200
