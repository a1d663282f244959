"""The call on events, over the real inbox in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.inbox.records_of_customers import RecordsOfCustomers
from adapters.inbox.served_mark import ServedMark
from adapters.inbox.todays_summaries import InboxSummaries
from adapters.ledger import SqlLedger, open_ledger
from features import summary_names, unpack
from otokui.domain import NO, Instant
from otokui.frames import Batch, Bools
from otokui.settings.records import RecordSettings
from serving.live.todays_rows import TodaysRows
from tests.unit.serving.conftest import CUTOFF, NOON, SETTINGS, World


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


class TestTheDay:
    def test_the_next_decision_and_prediction_know_of_an_order(self, world: World, ledger: SqlLedger, tmp_path: Path) -> None:
        """Of a customer who was on record last night, and of one who is new today; the decision is logged with what it knew."""
        mark = ServedMark("test-1", CUTOFF, 0)
        records = RecordsOfCustomers(tmp_path / "records", tmp_path / "spill")
        today = TodaysRows(InboxSummaries(world.source.opened, world.store, records, mark, "Asia/Tokyo"), lambda: NOON)
        world.source.next = world.live(today=today)
        assert world.app.state.refresh()
        line = {"product_id": "tea", "quantity": 1, "paid_amount": 500}
        orders = [
            {"kind": "order", "event_id": f"o-{one}", "order_id": f"o-{one}", "customer_id": one, "lines": [line]}
            | {"ordered_at": "2025-04-01T11:00:00+09:00", "place": "ec"}
            for one in ("ada", "newcomer")
        ]
        assert world.http.post("/v1/events", json={"items": orders}).json()["accepted"] == 2
        today.refresh()
        asked = {"customers": [{"customer_id": one} for one in ("ada", "newcomer", "stranger")]}
        predicted = world.http.post("/v1/predictions", json=asked).json()["predictions"]
        world.decide("ada", "newcomer")
        ada, newcomer = unpack(["ada", "newcomer"], [entry.inputs for entry in world.book.logged]).values

        assert [row["known"] for row in predicted] == [True, True, False]
        assert [row[summary_names().index("last_purchase_at")] for row in (ada, newcomer)] == [NOON - 3_600] * 2
        assert [row[summary_names().index("purchase_count")] for row in (ada, newcomer)] == [3.0, 1.0]

    def test_a_customer_whose_items_are_not_read_is_not_contacted(self, world: World, ledger: SqlLedger) -> None:
        """A second after they arrived; nobody decides as if nothing had happened."""
        world.source.next = world.live(today=Unmade())
        assert world.app.state.refresh()
        ada, bob = world.decide("ada", "bob").json()["decisions"]

        assert (ada["status"], ada["suppressions"][0]["code"]) == ("suppressed", "state_unavailable")
        assert bob["status"] != "suppressed"


class Unmade:
    """Rows of today that could not be made for ada."""

    def over(self, summaries: Batch, as_of: Instant) -> tuple[Batch, Bools]:
        return summaries, summaries.customer_ids == "ada"

    def stop(self) -> None:
        pass


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
