"""The call on events, over the real inbox in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import NO
from otokui.settings.records import RecordSettings
from tests.unit.serving.conftest import NOON, SETTINGS, World


@pytest.fixture
def ledger(world: World, tmp_path: Path) -> Iterator[SqlLedger]:
    """A ledger whose inbox the service uses."""
    with open_ledger(
        f"sqlite:///{tmp_path}/ledger.db", channels=SETTINGS.channels, messages=SETTINGS.messages, contact_cap=3, contact_cap_days=7
    ) as opened:
        world.source.opened = LedgerInbox(opened, EntryChecks(RecordSettings(), "Asia/Tokyo"), "Asia/Tokyo")
        yield opened


def view(event_id: str, **more: Any) -> dict[str, Any]:
    """A page view of ada's."""
    row = {"kind": "behaviour", "event_id": event_id, "customer_id": "ada", "type": "page_view", "occurred_at": "2025-04-01T10:00:00+09:00"}
    return row | more


def no(event_id: str) -> dict[str, Any]:
    """A refusal of ada's."""
    row = {"kind": "consent", "event_id": event_id, "customer_id": "ada", "channel": "email", "opted_in": False}
    return row | {"changed_at": "2025-04-01T10:00:00+09:00"}


class TestEvents:
    def test_each_item_has_its_result(self, world: World, ledger: SqlLedger) -> None:
        """In the order of the call, with counts; a repeat is a success, a bad one names its rule and its fix."""
        reply = world.http.post("/v1/events", json={"items": [view("e1"), view("e1"), view("e2", type="")]})

        said = reply.json()
        assert reply.status_code == 200
        assert (said["accepted"], said["duplicates"], said["refused"]) == (1, 1, 1)
        assert said["items"][:2] == [{"event_id": "e1", "status": "accepted"}, {"event_id": "e1", "status": "duplicate"}]
        assert (said["items"][2]["rule"], said["items"][2]["column"]) == ("missing_value", "type")
        assert said["items"][2]["fix"]

    def test_a_refusal_holds_when_the_reply_is_there(self, world: World, ledger: SqlLedger) -> None:
        """The contact state of the same second has it."""
        world.http.post("/v1/events", json={"items": [no("e1") | {"changed_at": "not a time"}]})

        assert ledger.contact_state(["ada"], NOON).consented[0, 0] == NO

    def test_an_alias_is_known_from_the_identity_in_the_same_call(self, world: World, ledger: SqlLedger) -> None:
        """And in every later one; a merge that would close a circle is refused."""
        identity = {"kind": "identity", "event_id": "i1", "customer_id": "ada", "alias": {"source": "line", "id": "U1"}}
        viewed = {name: value for name, value in view("e1").items() if name != "customer_id"} | {"alias": {"source": "line", "id": "U1"}}
        merges = [
            {"kind": "identity", "event_id": f"m{a}", "customer_id": a, "merged_id": b, "occurred_at": "2025-04-01T10:00:00+09:00"}
            for a, b in (("x", "y"), ("y", "x"))
        ]
        when = {"occurred_at": "2025-04-01T09:00:00+09:00"}
        first = world.http.post("/v1/events", json={"items": [viewed, identity | when]}).json()
        later = world.http.post("/v1/events", json={"items": [viewed | {"event_id": "e2"}, merges[0]]}).json()
        circle = world.http.post("/v1/events", json={"items": [merges[1]]}).json()

        assert (first["accepted"], later["accepted"], circle["refused"]) == (2, 2, 1)
        assert circle["items"][0]["rule"] == "merge_circle"
        assert [one.customer_id for one in world.source.inbox().after(0) if "events" in one.rows] == ["ada", "ada"]

    def test_too_many_items_are_refused_whole(self, world: World, ledger: SqlLedger) -> None:
        """Nothing of such a call is stored."""
        world.app.asgi.reader.max_body_bytes = 10_000_000
        reply = world.http.post("/v1/events", json={"items": [view(f"e{i}") for i in range(1_001)]})

        assert (reply.status_code, reply.json()["field"]) == (413, "$.items")
        assert world.source.inbox().after(0) == []

    def test_without_a_ledger_nothing_is_accepted(self, world: World) -> None:
        """503 with Retry-After: the sender repeats."""
        reply = world.http.post("/v1/events", json={"items": [view("e1")]})

        assert reply.status_code == 503
        assert "retry-after" in reply.headers

    @pytest.mark.parametrize("body", [{"items": []}, {"items": 3}, {}, {"items": [], "more": 1}])
    def test_a_call_without_items_is_refused(self, world: World, ledger: SqlLedger, body: Any) -> None:
        """There is nothing to answer item by item."""
        assert world.http.post("/v1/events", json=body).status_code == 422
