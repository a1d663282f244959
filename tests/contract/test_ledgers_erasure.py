"""Erasure in every ledger: nothing is left, nobody else is touched, and who was erased is never contacted or imported again."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select, text

from adapters.inbox.entry_checks import EntryChecks
from adapters.inbox.feedback.ledger_feedback import LedgerFeedback
from adapters.inbox.ledger_inbox import LedgerInbox
from adapters.ledger import SqlLedger, open_ledger
from adapters.ledger.erasure.customer_rows import tables_of_customers
from adapters.ledger.erasure.key_ring import UNWRAPPED, KeyRing
from adapters.ledger.storage.tables import CUSTOMER_KEYS, DECISIONS, LEDGER_KEYS, METADATA, NOBODY
from otokui.domain import DAY, YES, Instant
from otokui.errors import Missing, Unavailable
from otokui.ports.identities import MERGE, Identity
from otokui.ports.inbox import InboxEntry, ItemStatus
from otokui.ports.ledger import RequestKey
from otokui.settings.records import RecordSettings
from tests.contract import test_feedback_stores as feedback
from tests.contract.ledgers import CALL, CHANNELS, MESSAGES, NOW, consents, contact, decision_of, identify, place, suppression, url_of
from tests.contract.test_inboxes import at, view
from tests.contract.test_ledgers_commit import logged, writes
from tests.places import placed

ADA, BOB = "ada-lovelace-0815", "bob"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty ledger, of each kind in turn; keys that a test wrapped are not left to the next one."""
    address = url_of(request, tmp_path)
    yield address
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(LEDGER_KEYS.delete())
    engine.dispose()


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    """The ledger, opened, with something about two customers in every table that the ledger fills itself."""
    with opened(url) as made:
        for customer_id in (ADA, BOB):
            fill(made, customer_id)
        yield made


def opened(url: str, ring: KeyRing = UNWRAPPED) -> SqlLedger:
    """Open a ledger: at most 3 contacts in 7 days."""
    return open_ledger(url, channels=(*CHANNELS, CALL), messages=MESSAGES, contact_cap=3, contact_cap_days=7, ring=ring)


def fill(ledger: SqlLedger, customer_id: str) -> None:
    """Bring what can be on record about a customer, decide about them, and answer a call about them."""
    ledger.import_consents(consents((customer_id, "email", True, 5)))
    ledger.import_suppressions(suppression(customer_id=customer_id, channel="sms"))
    ledger.import_contacts(contact(7, customer_id=customer_id, contact_id=f"k-{customer_id}"))
    ledger.import_contacts(contact(8, customer_id=customer_id, contact_id=f"u-{customer_id}", channel="sms", unsubscribed_at=9))
    identify(ledger, Identity("line", f"U-{customer_id}", customer_id, Instant(5), Instant(5)))
    inbox_of(ledger).take([view(f"e-{customer_id}", customer_id=customer_id)], NOW)
    told = feedback.told("not_sent", contact_id="f", **feedback.BY_NAMES | {"customer_id": customer_id})
    LedgerFeedback(ledger, inbox_of(ledger)).take([told], NOW)
    decided = logged(decision_of(customer_id), customer_id=customer_id, inputs=b"inputs of " + customer_id.encode())
    reply = f'{{"customer_id":"{customer_id}"}}'.encode()
    ids = {"email": decided.decision_id, "call": decision_of(f"call {customer_id}")}
    wanted = [place(decision_id, customer_id=customer_id, channel=channel) for channel, decision_id in ids.items()]
    ledger.commit(wanted, NOW, writes(reply, decided), RequestKey(f"key of {customer_id}", "x"), NOW)


def inbox_of(ledger: SqlLedger) -> LedgerInbox:
    """Return the inbox in the ledger's database."""
    return LedgerInbox(ledger, EntryChecks(RecordSettings(), "Asia/Tokyo"), "Asia/Tokyo")


def rows(ledger: SqlLedger, table: Any) -> list[Any]:
    """Return all rows of a table."""
    with ledger._engine.connect() as connection:
        return list(connection.execute(select(table)).all())


def everything(ledger: SqlLedger, url: str) -> bytes:
    """Return every byte that the database keeps: its files, or its dump."""
    if url.startswith("sqlite"):
        folder = ledger.folder()
        assert folder is not None
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    schema = ledger._engine.url.query["options"].split("search_path=")[1]  # type: ignore[union-attr]
    address = make_url(url).set(drivername="postgresql", query={}).render_as_string(hide_password=False)
    dumped = subprocess.run(["pg_dump", "--schema", schema, address], capture_output=True, check=False)
    if dumped.returncode == 0:
        return dumped.stdout
    return "\n".join(str(row) for table in METADATA.sorted_tables for row in rows(ledger, table)).encode()


class TestTables:
    def test_each_says_whose_rows_it_holds(self) -> None:
        """A column that ends in customer_id, or the reason why no customer stands there: a new table cannot be forgotten."""
        silent = [
            table.name
            for table in METADATA.sorted_tables
            if not any(column.name.endswith("customer_id") for column in table.columns) and not table.info.get(NOBODY)
        ]
        assert silent == []

    def test_those_filled_here_are_all_that_there_are(self, ledger: SqlLedger) -> None:
        """Who adds a table of customers fills it in this test's ``fill``, so that its erasure is tried."""
        for table in tables_of_customers():
            found = {row for row in rows(ledger, table) if ADA in row}
            assert found, f"{table.name} holds no row about {ADA}: fill it in tests/contract/test_ledgers_erasure.py"


class TestErasure:
    def test_nothing_is_left_of_the_customer_and_everything_of_the_others(self, ledger: SqlLedger, url: str) -> None:
        """In every table, in the file's free pages and in the write-ahead log."""
        assert ADA.encode() in everything(ledger, url)
        before = {table.name: [row for row in rows(ledger, table) if BOB in row] for table in tables_of_customers()}

        _, counts = ledger.erasures.request(ADA, NOW)
        ledger.erasures.delete_late_rows([ADA])
        ledger.erasures.finish(ADA, Instant(NOW + 5), {"files": 3})
        ledger.erasures.scrub()

        assert set(counts) == {table.name for table in tables_of_customers()} | {"answers"}
        assert ADA.encode() not in everything(ledger, url)
        assert {table.name: [row for row in rows(ledger, table) if BOB in row] for table in tables_of_customers()} == before
        assert ledger.answered(RequestKey(f"key of {ADA}", "x"), NOW) is None
        assert ledger.answered(RequestKey(f"key of {BOB}", "x"), NOW) == b'{"customer_id":"bob"}'
        assert ledger.decision(decision_of(BOB)) == logged(decision_of(BOB), customer_id=BOB, inputs=b"inputs of bob")
        with pytest.raises(Missing):
            ledger.decision(decision_of(ADA))

    def test_the_id_stays_until_the_files_are_done(self, ledger: SqlLedger, url: str) -> None:
        """A process that dies in between finds whom to erase; the proof takes the id's place."""
        erasure, _ = ledger.erasures.request(ADA, NOW)
        with opened(url) as another:
            assert another.erasures.pending() == [ADA]
            assert another.erasures.find(ADA).finished_at is None

        finished = ledger.erasures.finish(ADA, Instant(NOW + 5), {"files": 3})

        assert ledger.erasures.pending() == []
        assert (finished.mark, finished.requested_at, finished.finished_at, finished.proof) == (erasure.mark, NOW, NOW + 5, {"files": 3})
        with pytest.raises(Missing):
            ledger.erasures.find(BOB)

    def test_who_asks_again_gets_another_pass_under_the_same_tombstone(self, ledger: SqlLedger) -> None:
        """The time of the first request stays."""
        first, _ = ledger.erasures.request(ADA, NOW)
        ledger.erasures.finish(ADA, NOW, {})

        again, counts = ledger.erasures.request(ADA, Instant(NOW + DAY))

        assert (again.mark, again.requested_at, counts) == (first.mark, NOW, {})
        assert ledger.erasures.pending() == [ADA]

    def test_rows_of_transactions_that_began_before_are_deleted_late(self, ledger: SqlLedger) -> None:
        """Written after the tombstone by somebody who could not see it."""
        ledger.erasures.request(ADA, NOW)
        with ledger._engine.begin() as connection:
            connection.execute(text("INSERT INTO consents VALUES (:who, 'email', 5, true, 5)"), {"who": ADA})

        assert ledger.erasures.delete_late_rows([ADA]) == {"consents": 1}

    def test_every_id_of_a_merged_person_is_erased(self, ledger: SqlLedger) -> None:
        """Whichever of them was named."""
        merged = [Identity(MERGE, "ada-2", ADA, Instant(6), Instant(6)), Identity(MERGE, "ada-3", "ada-2", Instant(7), Instant(7))]
        identify(ledger, *merged)
        fill(ledger, "ada-3")

        ledger.erasures.request("ada-2", NOW)

        assert ledger.erasures.erased([ADA, "ada-2", "ada-3", BOB]) == {ADA, "ada-2", "ada-3"}
        assert sorted(ledger.erasures.pending()) == sorted([ADA, "ada-2", "ada-3"])
        assert [row for table in tables_of_customers() for row in rows(ledger, table) if {ADA, "ada-2", "ada-3"} & set(row)] == []

    def test_another_customers_id_that_begins_alike_is_another_customer(self, ledger: SqlLedger) -> None:
        """Also in the stored replies."""
        fill(ledger, ADA[:-1])
        ledger.erasures.request(ADA[:-1], NOW)

        assert ledger.decision(decision_of(ADA)).customer_id == ADA
        assert ledger.answered(RequestKey(f"key of {ADA}", "x"), NOW) is not None


class TestNeverAgain:
    def test_who_was_erased_is_closed_on_every_channel(self, ledger: SqlLedger) -> None:
        """Unknown from now on, and yet not contacted: the id may come again from anywhere."""
        ledger.erasures.request(ADA, NOW)
        state = ledger.contact_state([BOB, ADA, BOB], NOW)

        assert (state.blacklisted == YES).tolist() == [[False, True, False], [True] * 3, [False, True, False]]

    def test_who_was_erased_gets_no_place(self, ledger: SqlLedger) -> None:
        """Neither a new one nor one decided before; nobody else loses theirs."""
        ledger.erasures.request(ADA, NOW)
        wanted = [place("d-new", customer_id=ADA), place(decision_of(ADA), customer_id=ADA), place(decision_of(BOB), customer_id=BOB)]

        assert [ruling.refused_by for ruling in placed(ledger, wanted, NOW)] == ["blacklisted", "blacklisted", ""]

    def test_no_import_brings_them_back(self, ledger: SqlLedger) -> None:
        """Consents, suppressions, contacts, and decisions of a call that came after."""
        ledger.erasures.request(ADA, NOW)
        fill(ledger, ADA)

        for table in tables_of_customers():
            assert [row for row in rows(ledger, table) if ADA in row] == [], table.name
        assert ledger.erasures.erased([ADA, BOB]) == {ADA}

    def test_no_event_brings_them_back(self, ledger: SqlLedger) -> None:
        """Nor one about an order of theirs that names nobody; others' events of the same call are taken."""
        update = {"order_id": "o-1", "occurred_at": at(NOW - 60), "delivered_at": at(NOW - 60)}
        inbox = inbox_of(ledger)
        inbox.take([InboxEntry("api", "before", "d", {"order_updates": [update]})], NOW)
        ledger.erasures.request(ADA, NOW)
        ledger.erasures.bury_orders(["o-1"], NOW)

        entries = [view("e8", customer_id=ADA), view("e9", customer_id=BOB), InboxEntry("api", "e10", "d", {"order_updates": [update]})]
        results = inbox.take(entries, NOW)

        assert [(result.status, result.rule) for result in results] == [
            (ItemStatus.REFUSED, "erased"), (ItemStatus.ACCEPTED, ""), (ItemStatus.REFUSED, "erased")
        ]  # fmt: skip
        with ledger._engine.connect() as connection:
            assert connection.execute(text("SELECT COUNT(*) FROM inbox WHERE order_id = 'o-1'")).scalar() == 0

    def test_orders_are_known_by_their_hash_too(self, ledger: SqlLedger) -> None:
        """Their lines may come again without them."""
        ledger.erasures.bury_orders(["o-1"], NOW)

        assert ledger.erasures.erased_orders(["o-1", "o-2"]) == {"o-1"}
        assert ledger.erasures.erased(["o-1"]) == set()

    def test_a_backup_of_before_the_erasure_is_found_out(self, ledger: SqlLedger) -> None:
        """By the hashes of the proofs, which lie outside the ledger."""
        mark = ledger.erasures.mark(ADA)

        assert ledger.erasures.restored([mark, "0" * 32]) == [ADA]


class TestDisclosure:
    def test_every_row_is_told_with_inputs_in_the_clear(self, ledger: SqlLedger) -> None:
        """Of the customer, and of nobody else."""
        found = ledger.erasures.disclose(ADA)

        several = {"contacts": 2, "refusal_marks": 2, "reservations": 2}
        one_each = ("changes", "tasks", "consents", "decisions", "feedback", "identities", "inbox", "refusals", "suppressions")
        assert {name: len(told) for name, told in found.items()} == dict.fromkeys(one_each, 1) | several
        assert found["decisions"][0]["inputs"] == b"inputs of " + ADA.encode()
        assert all(row["customer_id"] == ADA for told in found.values() for row in told)


class TestKeys:
    def test_inputs_lie_under_the_customers_own_key(self, ledger: SqlLedger) -> None:
        """With the key gone, a copy of the log is mute."""
        assert all(b"inputs of" not in row.inputs for row in rows(ledger, DECISIONS))
        assert len({bytes(row.wrapped) for row in rows(ledger, CUSTOMER_KEYS)}) == 2
        with ledger._engine.begin() as connection:
            connection.execute(CUSTOMER_KEYS.delete().where(CUSTOMER_KEYS.c.customer_id == ADA))

        with pytest.raises(Missing):
            ledger.decision(decision_of(ADA))
        assert ledger.decision(decision_of(BOB)).inputs == b"inputs of bob"

    def test_the_master_key_changes_and_nothing_else(self, url: str) -> None:
        """Rotation wraps the keys anew; hashes, inputs and tombstones stay as they were."""
        first, second = os.urandom(32), os.urandom(32)
        with opened(url) as unwrapped:
            fill(unwrapped, BOB)
            unwrapped.erasures.request(ADA, NOW)
        with opened(url, KeyRing(first)) as wrapped:
            assert wrapped.erasures.rotate() == 2
        with opened(url, KeyRing(second, (first,))) as again:
            assert again.erasures.rotate() == 2
            assert again.erasures.rotate() == 0
            key = next(bytes(row.wrapped) for row in rows(again, CUSTOMER_KEYS))

        with opened(url, KeyRing(second)) as only:
            assert only.decision(decision_of(BOB)).inputs == b"inputs of bob"
            assert only.erasures.erased([ADA]) == {ADA}
        with pytest.raises(Unavailable, match="not configured"):
            opened(url, KeyRing(first))
        assert len(key) > 32

    def test_a_master_key_is_read_from_the_environment(self, tmp_path: Path) -> None:
        """Base64, hexadecimal, or a file with either."""
        from otokui.settings.service.encryption import Encryption

        key = os.urandom(32)
        (tmp_path / "key").write_text(base64.b64encode(key).decode() + "\n")
        for told in (key.hex(), base64.b64encode(key).decode(), f"file:{tmp_path / 'key'}"):
            assert KeyRing.of_environment(Encryption(), {"OTOKUI_MASTER_KEY": told}) == KeyRing(key)
