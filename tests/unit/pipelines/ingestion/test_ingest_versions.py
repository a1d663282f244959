"""Twice is once, a correction is seen from the day it was known, and nothing known earlier changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from otokui.errors import Conflict
from pipelines.ingestion.ingest import ingest
from pipelines.ingestion.ledger_sync import sync_ledger
from tests.unit.pipelines.ingesting import LINES, NOW, ORDERS, TRANSACTIONS, Shop, at

DELIVERY = "order_id,customer_id,ordered_at,delivered_at\n"
LATER = at("2024-06-10T00:00:00")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC."""
    return Shop(tmp_path)


class TestTwice:
    def test_the_same_file_changes_nothing_and_says_so(self, shop: Shop) -> None:
        """By its bytes, whatever it is called."""
        shop.bring(transactions=TRANSACTIONS + "a,2024-01-01,1\n")
        before = shop.contents()
        report = ingest(shop.path, shop.settings, {"transactions": shop.file("copy.csv", TRANSACTIONS + "a,2024-01-01,1\n")}, LATER)

        assert shop.contents() == before
        assert (report.changed, report.sequence, report.known_files) == (False, None, ("transactions: copy.csv",))

    def test_overlapping_exports_add_what_is_new(self, shop: Shop) -> None:
        """A shop exports its last days every night."""
        shop.bring(orders=ORDERS + "o1,a,2024-01-01\no2,a,2024-01-02\n")
        report = shop.bring(LATER, orders=ORDERS + "o2,a,2024-01-02\no3,a,2024-01-03\n")

        assert (report.counts["orders"].kept, report.counts["orders"].known_already, report.counts["orders"].corrected) == (1, 1, 0)
        assert shop.rows("orders", "order_id") == [("o1",), ("o2",), ("o3",)]

    def test_overlapping_flat_files_of_one_folder_do_not_add_up(self, shop: Shop) -> None:
        """Two equal rows in one file are two items; the same two in the next file are the same two."""
        first = shop.file("export/1.csv", TRANSACTIONS + "a,2024-01-01,5\na,2024-01-01,5\n")
        shop.file("export/2.csv", TRANSACTIONS + "a,2024-01-01,5\na,2024-01-01,5\na,2024-01-02,7\n")
        ingest(shop.path, shop.settings, {"transactions": str(Path(first).parent)}, NOW)

        assert shop.rows("order_lines", "quantity", "paid_amount") == [(1.0, 7.0), (2.0, 10.0)]


class TestCorrections:
    def test_a_correction_is_seen_from_the_day_it_was_known(self, shop: Shop) -> None:
        """And the earlier version by every cut-off before."""
        lines = "order_id,product_id,quantity,paid_amount,returned_quantity,known_at\n"
        shop.bring(
            orders=ORDERS + "o1,a,2024-01-01\n",
            order_lines=lines + "o1,p,2,10,,\no1,p,2,10,1,2024-01-05\no1,p,2,10,2,2024-01-09\n",
        )

        seen = [shop.rows("order_lines", "returned_quantity", before=at(day)) for day in ("2024-01-04", "2024-01-06", "2024-01-10")]
        assert seen == [[(None,)], [(1.0,)], [(2.0,)]]

    def test_without_known_at_it_is_known_now(self, shop: Shop) -> None:
        """Only now did the shop bring it."""
        shop.bring(customers="customer_id,area\na,Tokyo\n")
        report = shop.bring(customers="customer_id,area\na,Osaka\n")

        assert report.counts["customers"].corrected == 1
        assert shop.rows("customers", "area", "known_at", before=NOW) == [("Tokyo", 0)]
        assert shop.rows("customers", "area", "known_at") == [("Osaka", NOW)]

    def test_one_that_slips_in_between(self, shop: Shop) -> None:
        """A version known earlier than the one on record takes its place in the order of time."""
        lines = "order_id,product_id,quantity,paid_amount,known_at\n"
        shop.bring(orders=ORDERS + "o1,a,2024-01-01\n", order_lines=lines + "o1,p,1,10,\no1,p,3,10,2024-01-09\n")
        shop.bring(LATER, order_lines=lines + "o1,p,2,10,2024-01-05\n")

        seen = [shop.rows("order_lines", "quantity", before=at(day)) for day in ("2024-01-04", "2024-01-06", "2024-01-10")]
        assert seen == [[(1.0,)], [(2.0,)], [(3.0,)]]

    def test_one_that_slips_in_before_restates_what_follows(self, shop: Shop) -> None:
        """The version that was the first is now a correction of another, and no longer merges."""
        head = "order_id,customer_id,ordered_at,known_at\n"
        shop.bring(orders=head + "o1,a,2024-01-09,2024-01-09\n")
        assert shop.source().restated(at("2024-01-08"), at("2024-01-10")) == []

        shop.bring(LATER, orders=head + "o1,a,2024-01-04,2024-01-05\n")
        assert shop.source().restated(at("2024-01-08"), at("2024-01-10")) == ["a"]
        assert shop.rows("orders", "ordered_at", before=at("2024-01-08")) == [(at("2024-01-04"),)]
        assert shop.rows("orders", "ordered_at") == [(at("2024-01-09"),)]

    def test_a_cancelled_order_takes_its_lines_along(self, shop: Shop) -> None:
        """A line carries what became of its order, from the moment that was known."""
        shop.bring(orders=ORDERS + "o1,a,2024-01-01\n", order_lines=LINES + "o1,p,1,5\n")
        shop.bring(orders="order_id,customer_id,ordered_at,cancelled_at\no1,a,2024-01-01,2024-05-01\n")

        assert shop.rows("order_lines", "cancelled_at", "known_at", before=NOW) == [(None, at("2024-01-01"))]
        assert shop.rows("order_lines", "cancelled_at", "known_at") == [(at("2024-05-01"), NOW)]
        assert shop.source().restated(NOW, LATER) == ["a"]

    def test_an_order_given_to_another_customer_restates_both(self, shop: Shop) -> None:
        """The one who loses a purchase changes as much as the one who gains it."""
        shop.bring(orders=ORDERS + "o1,a,2024-01-01\n", order_lines=LINES + "o1,p,1,5\n")
        shop.bring(orders=ORDERS + "o1,b,2024-01-01\n")

        assert shop.rows("order_lines", "customer_id") == [("b",)]
        assert shop.source().restated(NOW, LATER) == ["a", "b"]


class TestNews:
    def test_a_delivery_filled_in_later_is_no_correction(self, shop: Shop) -> None:
        """The order keeps its place in time; the delivery is known from now on, and nobody is summarised anew."""
        shop.bring(orders=DELIVERY + "o1,a,2024-05-01,\n")
        shop.bring(orders=DELIVERY + "o1,a,2024-05-01,2024-05-04\n")

        assert shop.rows("orders", "delivered_at", "known_at", before=NOW) == [(None, at("2024-05-01"))]
        assert shop.rows("orders", "delivered_at", "known_at") == [(at("2024-05-04"), at("2024-05-01"))]
        assert shop.rows("orders", "order_id", since=NOW) == []
        assert shop.rows("deliveries", "order_id", "delivered_at", "known_at", since=NOW) == [("o1", at("2024-05-04"), NOW)]
        assert shop.source().restated(NOW, LATER) == []

    def test_an_outcome_later_than_the_cutoff_is_not_known(self, shop: Shop) -> None:
        """A row that holds its own future shows it only when it has come."""
        shop.bring(orders=DELIVERY + "o1,a,2024-05-01,2024-05-04\n")

        assert shop.rows("orders", "delivered_at", before=at("2024-05-04")) == [(None,)]
        assert shop.rows("deliveries", "order_id", before=at("2024-05-04")) == []
        assert shop.rows("deliveries", "order_id", "known_at", since=at("2024-05-04")) == [("o1", at("2024-05-04"))]

    def test_the_delivery_of_a_cancelled_order_stands_for_nothing(self, shop: Shop) -> None:
        """From when the cancellation was known; set against other orders it would hide one that is under way."""
        shop.bring(orders="order_id,customer_id,ordered_at,delivered_at,cancelled_at\no1,a,2024-05-01,2024-05-04,2024-05-10\n")

        assert shop.rows("deliveries", "order_id", before=at("2024-05-10")) == [("o1",)]
        assert shop.rows("deliveries", "order_id", before=at("2024-05-11")) == []

    def test_what_became_of_a_contact_adds_up(self, shop: Shop) -> None:
        """Each outcome appears once in the stream, with the moment it was first known; what a machine opened is another kind."""
        head = "contact_id,customer_id,message_id,channel,sent_at,opened_at,machine_open,clicked_at,converted_at,converted_amount\n"
        shop.bring(contacts=head + "k1,a,m,email,2024-05-01,2024-05-02,,,,\nk2,b,m,email,2024-05-01,2024-05-01,yes,,,\n")
        shop.bring(contacts=head + "k1,a,m,email,2024-05-01,2024-05-02,,2024-05-03,2024-05-03,80\n")

        outcomes = shop.rows("contact_outcomes", "contact_id", "kind", "at", "amount", "known_at")
        assert outcomes == [
            ("k1", "clicked", at("2024-05-03"), None, NOW),
            ("k1", "converted", at("2024-05-03"), 80.0, NOW),
            ("k1", "opened", at("2024-05-02"), None, at("2024-05-02")),
            ("k2", "machine_opened", at("2024-05-01"), None, at("2024-05-01")),
        ]
        assert [kind for (kind,) in shop.rows("contact_outcomes", "kind", since=NOW)] == ["clicked", "converted"]
        assert shop.rows("contacts", "contact_id", since=NOW) == []


class TestTonight:
    def test_tonight_reads_tonights_files_only(self, shop: Shop) -> None:
        """Five years of history cost nothing when one day is asked for."""
        for day in range(1, 6):
            shop.bring(at(f"2024-05-0{day}T23:00:00"), transactions=TRANSACTIONS + f"a,2024-05-0{day}T10:00:00,1\n")

        read = shop.source().files("orders", at("2024-05-06"), at("2024-05-05"))
        assert [f.path.split("/")[1] for f in read] == ["known_on=2024-05-05"]

    def test_a_long_history_is_laid_down_by_the_month(self, shop: Shop) -> None:
        """A thousand small files a table would be slower to open than to read."""
        days = [f"20{year}-{month:02d}-{day:02d}" for year in (22, 23) for month in range(1, 13) for day in range(1, 28, 3)]
        shop.bring(transactions=TRANSACTIONS + "".join(f"a,{day},1\n" for day in days))

        assert len(shop.source().files("orders", NOW)) == 24

    def test_a_late_record_restates_its_customer(self, shop: Shop) -> None:
        """Its place lies before a record that was summarised already."""
        head = "order_id,customer_id,ordered_at,known_at\n"
        shop.bring(orders=head + "o1,a,2024-05-05,\no2,b,2024-05-01,\n")
        shop.bring(orders=head + "o3,a,2024-05-02,2024-05-10\no4,b,2024-05-03,2024-05-10\n")

        assert shop.source().restated(at("2024-05-09"), at("2024-05-11")) == ["a"]

    def test_a_product_described_after_it_was_bought(self, shop: Shop) -> None:
        """Its buyers' tastes change; the price alone changes nobody."""
        shop.bring(transactions="customer_id,ordered_at,paid_amount,product_id\na,2024-05-01,1,p\nb,2024-05-01,1,q\n",
                   products="product_id,category_l,list_price\np,tea,5\nq,tea,5\n")  # fmt: skip
        shop.bring(products="product_id,category_l,list_price\np,coffee,5\nq,tea,6\n")

        assert shop.source().restated(NOW, LATER) == ["a"]

    def test_batches_say_how_far_back_they_reach(self, shop: Shop) -> None:
        """A summary made before such a batch is made anew."""
        shop.bring(transactions=TRANSACTIONS + "a,2024-05-05,1\n")
        shop.bring(transactions=TRANSACTIONS + "a,2024-05-02,1\n")

        assert shop.source().batches() == {1: at("2024-05-05"), 2: at("2024-05-02")}


class TestTimes:
    def test_naive_times_are_the_shops(self, tmp_path: Path) -> None:
        """Midnight in Tokyo is three in the afternoon in London; the local form keeps the shop's hour."""
        shop = Shop(tmp_path, timezone="Asia/Tokyo")
        shop.bring(transactions=TRANSACTIONS + "a,2024-05-02,1\n")

        assert shop.rows("orders", "ordered_at", "ordered_local") == [(at("2024-05-01T15:00:00"), at("2024-05-02"))]


class Remembering:
    """A ledger that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def last_batch(self, source: str) -> int:
        return max((batch for table, batch, _ in self.told if table == source), default=-1)

    def _take(self, table: str, frame: object, batch: int | None) -> int:
        self.told.append((table, batch or 0, len(frame)))  # type: ignore[arg-type]
        return len(frame)  # type: ignore[arg-type]

    def import_consents(self, frame: object, *, batch: int | None = None, set_aside: object = None) -> int:
        return self._take("consents", frame, batch)

    def import_identities(self, frame: object, *, batch: int | None = None, set_aside: object = None) -> int:
        return self._take("identities", frame, batch)

    def import_suppressions(self, frame: object, *, batch: int | None = None, set_aside: object = None) -> int:
        return self._take("suppressions", frame, batch)

    def import_contacts(self, frame: object, *, batch: int | None = None, set_aside: object = None) -> int:
        return self._take("contacts", frame, batch)


class TestLedger:
    CONSENTS = "customer_id,channel,opted_in,changed_at\na,email,yes,2024-01-01\nb,email,no,2024-01-01\n"

    def test_it_is_told_of_every_batch_once(self, shop: Shop) -> None:
        """Also of one whose run was killed before it could tell."""
        from adapters.records.store.commit_log import RecordLog

        shop.bring(consents=self.CONSENTS)
        ledger = Remembering()
        assert sync_ledger(RecordLog(shop.path / "records"), ledger, shop.path / "quarantine").rows == 2
        assert sync_ledger(RecordLog(shop.path / "records"), ledger, shop.path / "quarantine").rows == 0
        assert ledger.told == [("consents", 1, 2)]

    def test_a_second_writer_is_refused(self, shop: Shop) -> None:
        """Two ingests at once would give one sequence number to two batches."""
        from adapters.records.store.commit_log import RecordLog

        with RecordLog(shop.path / "records").writing(), pytest.raises(Conflict, match="being written by process"):
            shop.bring(consents=self.CONSENTS)

    def test_identities_of_a_file_reach_it(self, shop: Shop) -> None:
        """A merge has no source; the same file twice changes nothing."""
        from adapters.records.store.commit_log import RecordLog

        rows = "source,alias_id,customer_id,from\nline,U1,a,2024-01-01\n,a,b,2024-01-02\n"
        shop.bring(identities=rows)
        shop.bring(identities=rows)
        ledger = Remembering()

        assert sync_ledger(RecordLog(shop.path / "records"), ledger, shop.path / "quarantine").rows == 2
        assert shop.rows("identities", "source", "alias_id", "customer_id") == [("line", "U1", "a"), (None, "a", "b")]
