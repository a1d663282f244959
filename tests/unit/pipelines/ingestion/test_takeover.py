"""The inbox becomes records: each entry once, whatever order it came in and whatever stops the run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.files import atomic_files
from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import open_ledger
from adapters.records.store import commit_log
from adapters.records.store.commit_log import RecordLog
from otokui.domain import DAY, Instant
from otokui.errors import Conflict
from otokui.ports.inbox import InboxEntry, ItemStatus
from pipelines.ingestion import takeover
from pipelines.ingestion.ingest import IngestReport, ingest
from tests.unit.pipelines.ingesting import LINES, NOW, ORDERS, Shop


class Fed:
    """A shop whose service takes items in."""

    def __init__(self, folder: Path) -> None:
        self.shop = Shop(folder, attributes=("rank",))
        self.ledger = open_ledger(f"sqlite:///{folder}/ledger.db", channels=(), messages=(), contact_cap=3, contact_cap_days=7)
        self.inbox = LedgerInbox(self.ledger, EntryChecks(self.shop.settings.records, "UTC"), "UTC")

    def take(self, *entries: InboxEntry, at: int = NOW) -> None:
        """Receive entries, each of which is fit."""
        assert {result.status for result in self.inbox.take(entries, Instant(at))} <= {ItemStatus.ACCEPTED, ItemStatus.DUPLICATE}

    def ingest(self, at: int = NOW + 60) -> IngestReport:
        """Take the inbox over."""
        return ingest(self.shop.path, self.shop.settings, {}, Instant(at), ledger=self.ledger, inbox=self.inbox)

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every table as it is known in the end."""
        columns = {
            "orders": ("order_id", "customer_id", "ordered_at", "delivered_at", "cancelled_at"),
            "order_lines": ("order_id", "product_id", "quantity", "paid_amount", "returned_quantity", "customer_id"),
            "deliveries": ("order_id", "delivered_at"),
            "events": ("event_id", "customer_id", "type", "occurred_at"),
            "customers": ("customer_id", "area", "gender", "attribute_1"),
            "contacts": ("contact_id", "opened_at", "clicked_at", "sent_at"),
            "consents": ("customer_id", "channel", "opted_in", "changed_at"),
        }
        there = self.shop.source().tables()
        return {table: self.shop.rows(table, *columns[table]) for table in columns if table in there}


@pytest.fixture
def fed(tmp_path: Path) -> Iterator[Fed]:
    """A shop with one order on record, of the month before."""
    made = Fed(tmp_path)
    made.shop.bring(orders=ORDERS + "o0,ada,2024-05-01\n", order_lines=LINES + "o0,tea,2,100\n")
    yield made
    made.ledger.close()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


def entry(event_id: str, *, known: int | None = None, **rows: list[dict[str, Any]]) -> InboxEntry:
    return InboxEntry("api", event_id, "d", rows, None if known is None else Instant(NOW + known))


def order(order_id: str, seconds: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    line = {"order_id": order_id, "product_id": "tea", "quantity": 1, "paid_amount": 100}
    return {"orders": [{"order_id": order_id, "customer_id": "bob", "ordered_at": at(seconds)} | more], "order_lines": [line]}


def update(order_id: str, seconds: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    return {"order_updates": [{"order_id": order_id, "occurred_at": at(seconds)} | more]}


def returned(order_id: str, seconds: int, quantity: float) -> dict[str, list[dict[str, Any]]]:
    return {"returns": [{"order_id": order_id, "product_id": "tea", "occurred_at": at(seconds), "returned_quantity": quantity}]}


def day(known: Callable[[int], int | None]) -> list[InboxEntry]:
    """A day of items of every kind; ``known`` says when an import learnt what happened at a second."""
    contact = {"contact_id": "k1", "customer_id": "ada", "message_id": "news", "channel": "email", "sent_at": at(-900)}
    return [
        entry("e1", known=known(-800), **order("o1", -800)),
        entry("e2", known=known(-700), **update("o1", -700, delivered_at=at(-700))),
        entry("e3", known=known(-600), **update("o0", -600, delivered_at=at(-650)), **returned("o0", -600, 1)),
        entry("e4", known=known(-500), **update("o0", -500), **returned("o0", -500, 2)),
        entry("e5", known=known(-400), customer_changes=[{"customer_id": "ada", "area": "Tokyo", "rank": "gold", "occurred_at": at(-400)}]),
        entry("e6", known=known(-300), customer_changes=[{"customer_id": "ada", "area": "Osaka", "gender": "f", "occurred_at": at(-300)}]),
        entry("e7", known=known(-200), contacts=[contact | {"opened_at": at(-200)}]),
        entry("e8", known=known(-100), contacts=[contact | {"clicked_at": at(-100)}]),
        entry("e9", known=known(-50), events=[{"event_id": "e9", "customer_id": "ada", "type": "search", "occurred_at": at(-50)}]),
        entry("e10", known=known(-40), consents=[{"customer_id": "ada", "channel": "email", "opted_in": False, "changed_at": at(-40)}]),
        entry("e11", known=known(-30), **update("o1", -30, cancelled_at=at(-30))),
    ]


EXPECTED = {
    "orders": [("o0", "ada", 1714521600, NOW - 650, None), ("o1", "bob", NOW - 800, NOW - 700, NOW - 30)],
    "order_lines": [("o0", "tea", 2.0, 100.0, 2.0, "ada"), ("o1", "tea", 1.0, 100.0, None, "bob")],
    "deliveries": [("o0", NOW - 650)],
    "events": [("e9", "ada", "search", NOW - 50)],
    "customers": [("ada", "Osaka", "f", "gold")],
    "contacts": [("k1", NOW - 200, NOW - 100, NOW - 900)],
    "consents": [("ada", "email", False, NOW - 40)],
}


class TestTakeover:
    def test_items_of_every_kind_become_rows_of_their_tables(self, fed: Fed) -> None:
        """Updates over the order on record or in the inbox, outcomes added up, partial customers over earlier ones."""
        fed.take(*day(lambda seconds: seconds))
        report = fed.ingest()

        assert fed.tables() == EXPECTED
        assert (report.inbox.entries, report.inbox.waiting) == (11, 0)

    @pytest.mark.parametrize("seed", range(2, 4))
    def test_the_order_of_arrival_and_repeats_change_nothing(self, fed: Fed, seed: int) -> None:
        """Shuffled, doubled, and in two takeovers: the same tables."""
        chance = random.Random(seed)
        items = [item for item in day(lambda seconds: None) for _ in range(chance.randint(1, 3))]
        chance.shuffle(items)
        cut = chance.randrange(len(items))
        for part, start in ((items[:cut], 0), (items[cut:], 1_000)):
            for place, item in enumerate(part):
                fed.take(item, at=NOW + start + place)
            fed.ingest(NOW + start + 900)

        assert fed.tables() == EXPECTED

    def test_a_second_run_changes_nothing(self, fed: Fed) -> None:
        """Not a byte of the shop."""
        fed.take(*day(lambda seconds: seconds))
        fed.ingest()
        before = fed.shop.contents()
        assert fed.ingest(NOW + 120).inbox.entries == 0

        assert fed.shop.contents() == before

    def test_an_update_waits_for_its_order(self, fed: Fed) -> None:
        """Until the order comes, by item or by file; after thirty days it is given up."""
        fed.take(entry("e1", **update("o7", -50, cancelled_at=at(-50))), entry("e2", **update("o8", -50, delivered_at=at(-50))))
        assert fed.ingest().inbox.waiting == 2
        fed.shop.bring(Instant(NOW + 70), orders=ORDERS + "o7,cy,2024-05-02\n", order_lines=LINES + "o7,tea,1,100\n")
        assert fed.ingest(NOW + 80).inbox.waiting == 1
        assert ("o7", "cy", 1714608000, None, NOW - 50) in fed.tables()["orders"]

        report = fed.ingest(NOW + 31 * DAY).inbox
        assert (report.waiting, report.given_up) == (0, 1)

    def test_large_inboxes_are_taken_in_several_batches(self, fed: Fed, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each with its own number; the tables are the same."""
        monkeypatch.setattr(takeover, "MOST_ENTRIES", 4)
        fed.take(*day(lambda seconds: seconds))
        fed.ingest()

        assert [commit.inbox.through for commit in RecordLog(fed.shop.path / "records").commits() if commit.inbox] == [4, 8, 11]
        assert fed.tables() == EXPECTED

    def test_a_ledger_that_is_older_than_the_records_is_refused(self, fed: Fed, tmp_path: Path) -> None:
        """Its new items would carry numbers that were taken over already."""
        fed.take(*day(lambda seconds: seconds))
        fed.ingest()
        (tmp_path / "other").mkdir()
        other = open_ledger(f"sqlite:///{tmp_path}/other/ledger.db", channels=(), messages=(), contact_cap=3, contact_cap_days=7)
        with other:
            fed.inbox = LedgerInbox(other, EntryChecks(fed.shop.settings.records, "UTC"), "UTC")
            with pytest.raises(Conflict, match="item 11"):
                fed.ingest()


class TestStopped:
    @pytest.mark.parametrize("files", [0, 5, 9])
    def test_a_run_that_dies_anywhere_neither_loses_nor_doubles(self, fed: Fed, monkeypatch: pytest.MonkeyPatch, files: int) -> None:
        """Whichever file is the last to be published before it dies; the next run takes over what is missing."""
        fed.take(*day(lambda seconds: seconds))
        published = 0

        def publish(part: Path, target: Path, **more: Any) -> None:
            nonlocal published
            published += 1
            if published > files:
                raise KeyboardInterrupt
            atomic_files.publish(part, target, **more)

        for module in (commit_log, *_publishers()):
            monkeypatch.setattr(module, "publish", publish)
        with suppress(KeyboardInterrupt):
            fed.ingest()
        monkeypatch.undo()
        fed.ingest(NOW + 90)

        assert fed.tables() == EXPECTED
        assert fed.ingest(NOW + 120).inbox.entries == 0


def _publishers() -> list[Any]:
    from adapters.records.store import batch, parquet_writer

    return [batch, parquet_writer]
