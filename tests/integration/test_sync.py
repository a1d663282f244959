"""Records and ledger kept in step, on both databases: no row blocks an opt-out, and what the ledger lacks silences the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from adapters.ledger import SqlLedger, open_ledger
from adapters.records.store.commit_log import RecordLog
from adapters.records.store.pending_batches import PendingBatches
from adapters.records.validation import values
from otokui.errors import Unavailable
from pipelines.ingestion.health_check import doctor
from pipelines.ingestion.ingest import IngestReport, ingest
from pipelines.ingestion.ledger_sync import rows_set_aside, sync_ledger
from serving.live.opt_out_check import OptOutCheck
from tests.contract.ledgers import CHANNELS, MESSAGES
from tests.unit.pipelines.ingesting import END, NOW, Shop

CONSENTS = "customer_id,channel,opted_in,changed_at\n"
CONTACTS = "contact_id,customer_id,message_id,channel,sent_at,unsubscribed_at\n"
MANY = "".join(f"c{i:02d},email,yes,2024-01-01\n" for i in range(60))


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """Each ledger in turn, empty."""
    on_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_postgres else f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url, channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7) as opened:
        yield opened


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop without records."""
    return Shop(tmp_path)


def brought(shop: Shop, ledger: SqlLedger | None, **tables: str) -> IngestReport:
    """Ingest tables given as text, and tell the ledger."""
    sources = {table: shop.file(f"{table}.csv", text) for table, text in tables.items()}
    return ingest(shop.path, shop.settings, sources, NOW, ledger=ledger)


def synced(shop: Shop, ledger: SqlLedger) -> Any:
    return sync_ledger(RecordLog(shop.path / "records"), ledger, shop.path / "quarantine")


def consent(ledger: SqlLedger, customer_id: str) -> list[int]:
    """What is known of a customer's e-mail: consent, blacklist."""
    state = ledger.contact_state([customer_id], END)
    return [int(state.consented[0, 0]), int(state.blacklisted[0, 0])]


@pytest.fixture
def of_an_earlier_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are taken as they stand, as builds before this rule did."""
    monkeypatch.setattr(values, "canonical_column", lambda column: column)
    monkeypatch.setattr(values, "without_nul", lambda column: pl.when(column != "").then(column))


class TestNoRowBlocks:
    def test_a_file_with_a_nul_id_then_another_customers_opt_out_arrives(self, shop: Shop, ledger: SqlLedger) -> None:
        """The row is set aside on its way in, under its own rule; the next file is told to the ledger."""
        report = brought(shop, ledger, consents=CONSENTS + MANY + "c\x00x,email,yes,2024-01-01\n")
        brought(shop, ledger, consents=CONSENTS + "c07,email,no,2024-02-01\n")

        assert [(f.rule, f.column, f.lines) for f in report.findings] == [("not_an_id", "customer_id", (62,))]
        assert (consent(ledger, "c06"), consent(ledger, "c07")) == ([1, 0], [0, 0])

    @pytest.mark.parametrize(("word", "rule"), [("opt-in", "not_an_id"), ("配信停止", "refusal_lost")])
    def test_a_row_without_a_customer_is_a_refusal_by_the_words_of_ingestion(
        self, shop: Shop, ledger: SqlLedger, word: str, rule: str
    ) -> None:
        """A vendor's yes raises no alarm about an opt-out that is not applied; a no is a finding of its own."""
        report = brought(shop, ledger, consents=CONSENTS + MANY + f"c\x00x,email,{word},2024-01-01\n")

        assert ([f.rule for f in report.findings], list(report.sync.set_aside)) == ([rule], [])

    @pytest.mark.usefixtures("of_an_earlier_build")
    def test_a_batch_of_an_earlier_build_heals(self, shop: Shop, ledger: SqlLedger) -> None:
        """NUL ids already on record: the rest of the batch is taken, later ones too, and what was not is kept and told."""
        brought(shop, None, consents=CONSENTS + MANY + "c\x00x,email,no,2024-01-01\n", contacts=CONTACTS + _contacts())
        brought(shop, None, consents=CONSENTS + "c07,email,no,2024-02-01\n")

        report = synced(shop, ledger)

        assert (consent(ledger, "c06"), consent(ledger, "c07")) == ([1, 0], [0, 0])
        assert consent(ledger, "c09") == [1, 1]  # unsubscribed, in a contact whose message id is none
        assert report.rows == 60 + 1 + 30
        told = [each.says for each in report.set_aside]
        assert told == [
            "contacts: 1 row could not be taken into the ledger: not_an_id in column 'message_id'; "
            "the customers of 1 that say no were closed (suppressed) all the same",
            "OPT-OUTS NOT APPLIED: consents: 1 row could not be taken into the ledger: not_an_id in column 'customer_id'; "
            "1 of them say no, and no customer can be told from their ids",
        ]
        assert rows_set_aside(shop.path / "quarantine") == list(report.set_aside)
        advice = doctor(shop.path, shop.settings, NOW, ledger.last_batch).advice
        assert [line.split(":")[0] for line in advice[:2]] == ["contacts", "OPT-OUTS NOT APPLIED"]
        assert synced(shop, ledger).rows == 0
        brought(shop, ledger, consents=CONSENTS + "c08,email,no,2024-02-01\n")  # the sweep of a later run leaves them
        assert rows_set_aside(shop.path / "quarantine") == list(report.set_aside)

    def test_an_opt_out_set_aside_for_another_id_of_its_row_closes_its_customer(self, shop: Shop, ledger: SqlLedger) -> None:
        """The message id is none, the customer's is: nobody writes to them again over that channel."""
        report = brought(shop, ledger, consents=CONSENTS + MANY, contacts=CONTACTS + _contacts())

        assert consent(ledger, "c09") == [0, 1]
        assert [f.rule for f in report.findings if f.table == "contacts"].count("refusal_rescued") == 1
        assert "customers of 1 that say no were closed" in report.render()
        assert report.to_dict()["ledger"]["set_aside"][0]["closed"] == 1


class TestBehind:
    def test_what_the_ledger_lacks_is_counted_and_gone_after_a_sync(self, shop: Shop, ledger: SqlLedger) -> None:
        """A process that died between commit and sync."""
        pending = PendingBatches(RecordLog(shop.path / "records"))
        assert pending.find(ledger.last_batch) == ""

        brought(shop, None, consents=CONSENTS + MANY)
        brought(shop, None, consents=CONSENTS + "c07,email,no,2024-02-01\n", suppressions="customer_id,reason,from\nc1,asked,2024-01-01\n")

        assert pending.find(ledger.last_batch) == "the ledger has not taken 1 batch of suppressions, 2 batches of consents"
        assert "otokui sync" in doctor(shop.path, shop.settings, NOW, ledger.last_batch).advice[0]
        synced(shop, ledger)
        assert pending.find(ledger.last_batch) == ""

    def test_purchases_do_not_concern_the_ledger(self, shop: Shop, ledger: SqlLedger) -> None:
        """Only tables that it takes."""
        brought(shop, None, transactions="customer_id,ordered_at,paid_amount\nc1,2024-01-01,5\n")

        assert PendingBatches(RecordLog(shop.path / "records")).find(ledger.last_batch) == ""

    def test_what_cannot_be_told_counts_as_behind(self) -> None:
        """The log is damaged, the ledger down, or the look itself fails."""

        def fails(error: Exception) -> Any:
            def look() -> str:
                raise error

            return look

        opt_outs = OptOutCheck()
        for error in (Unavailable("the log entry cannot be read", fix="restore it"), KeyError("sequence")):
            opt_outs.update(fails(error))
            assert "cannot be told" in opt_outs.missing()
        opt_outs.update(lambda: "")
        assert opt_outs.missing() == ""


def _contacts() -> str:
    rows = "".join(f"k{i},c{i:02d},news,email,2024-01-01,\n" for i in range(30))
    return rows + "k99,c09,ne\x00ws,email,2024-01-01,2024-01-02\n"
