"""Readers of public data make the contract's tables; the real sets are tried where they lie on this machine."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from adapters.records.datasets import cdnow, complete_journey, online_retail
from adapters.records.datasets.reader_type import Reader
from otokui.errors import BadRecords, Missing
from pipelines.ingestion.ingest import IngestReport, ingest
from tests.unit.pipelines.ingesting import NOW, Shop, at

DATA = Path(os.environ.get("OTOKUI_TEST_DATA", Path(__file__).resolve().parents[6] / "shared" / "data"))


def brought(shop: Shop, reader: Reader, argument: Path) -> IngestReport:
    """Ingest a data set twice; return the first report."""
    report = ingest(shop.path, shop.settings, reader, NOW, argument=str(argument))
    assert not ingest(shop.path, shop.settings, reader, NOW, argument=str(argument)).changed
    return report


class TestCdnow:
    def test_purchases_of_a_day_are_one(self, tmp_path: Path) -> None:
        """The files know no time of day."""
        shop = Shop(tmp_path)
        path = shop.file(
            "CDNOW_master.txt", " customer_id  date number_of_cds  dollar_value\n 00002 19970112  1   12.00\n 00002 19970112  5   77.10\n"
        )
        brought(shop, cdnow.read, Path(path))

        assert shop.rows("order_lines", "customer_id", "ordered_at", "quantity", "paid_amount") == [("00002", at("1997-01-12"), 6.0, 89.1)]

    def test_the_sample_has_a_column_more(self, tmp_path: Path) -> None:
        """The customer's own number comes first."""
        shop = Shop(tmp_path)
        brought(shop, cdnow.read, Path(shop.file("CDNOW_sample.txt", " 00004 0001 19970101  2   29.33\n")))

        assert shop.rows("orders", "customer_id") == [("00004",)]

    def test_a_cut_line(self, tmp_path: Path) -> None:
        """Is refused like any other."""
        with pytest.raises(BadRecords, match="lines have"):
            brought(Shop(tmp_path), cdnow.read, Path(Shop(tmp_path / "x").file("x.txt", " 00004 19970101  2   29.33\n 00005 1997\n")))

    def test_nothing_there(self, tmp_path: Path) -> None:
        """The fix says what to name."""
        with pytest.raises(Missing, match="CDNOW_master.txt"):
            cdnow.read(str(tmp_path / "no"), tmp_path / "out")


class TestOnlineRetail:
    def test_a_cancellation_returns_the_earlier_purchase(self, tmp_path: Path) -> None:
        """The latest first, what is left over from the one before; known when it was cancelled."""
        rows = [
            ("1", "85123A", 6.0, datetime(2011, 1, 1, 10), 2.5, 17850.0),
            ("2", "85123A", 4.0, datetime(2011, 1, 2, 10), 2.5, 17850.0),
            ("C3", "85123A", -5.0, datetime(2011, 1, 3, 10), 2.5, 17850.0),
            ("C4", "85123A", -5.0, datetime(2010, 12, 31, 10), 2.5, 17850.0),
            ("5", "POST", 1.0, datetime(2011, 1, 3, 10), 18.0, 17850.0),
            ("6", "85123A", 1.0, datetime(2011, 1, 3, 10), 2.5, None),
            ("7", "85123A", 1.0, datetime(2011, 1, 3, 10), 0.0, 17850.0),
        ]
        path = tmp_path / "or.parquet"
        frame = pl.DataFrame(rows, schema=["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"], orient="row")
        frame.with_columns(pl.lit("Tea light").alias("Description"), pl.lit("France").alias("Country")).write_parquet(path)
        shop = Shop(tmp_path / "s", timezone="Europe/London")
        report = brought(shop, online_retail.read, path)

        assert report.left_out == {
            "without a customer": 1,
            "without a price": 1,
            "cancellations of goods with no earlier purchase on record": 1,
        }
        columns = ("order_id", "product_id", "quantity", "paid_amount", "returned_quantity")
        assert shop.rows("order_lines", *columns, before=at("2011-01-03")) == [
            ("1", "85123A", 6.0, 15.0, None),
            ("2", "85123A", 4.0, 10.0, None),
        ]
        assert shop.rows("order_lines", *columns) == [
            ("1", "85123A", 6.0, 15.0, 1.0), ("2", "85123A", 4.0, 10.0, 4.0), ("5", "POST", 1.0, 18.0, None),
        ]  # fmt: skip
        assert shop.rows("customers", "customer_id", "area") == [("17850", "France")]


def present(name: str) -> Path:
    """Return the folder of a data set, or skip."""
    if not (DATA / name).is_dir():
        pytest.skip(f"{DATA / name} is not there (set OTOKUI_TEST_DATA)")
    return DATA / name


@pytest.mark.slow
class TestRealSets:
    def test_cdnow(self, tmp_path: Path) -> None:
        """69,659 purchases on 67,591 customer days."""
        shop = Shop(tmp_path)
        report = brought(shop, cdnow.read, present("cdnow"))

        assert report.counts["orders"].kept == 67_591
        assert len({c for (c,) in shop.rows("orders", "customer_id")}) == 23_570

    def test_online_retail(self, tmp_path: Path) -> None:
        """3,370 customers bought before the origin that the benchmarks use."""
        shop = Shop(tmp_path, timezone="Europe/London")
        report = brought(shop, online_retail.read, present("online_retail"))

        orders = shop.rows("orders", "customer_id", before=at("2011-09-09T23:00:00"))
        assert (len(orders), len(set(orders))) == (11_906, 3_370)
        assert report.left_out["without a customer"] == 135_080

    def test_complete_journey(self, tmp_path: Path) -> None:
        """Counts as published: households, baskets, lines, sends, redemptions."""
        shop = Shop(tmp_path)
        report = brought(shop, complete_journey.read, present("complete_journey"))

        kept = {table: count.kept for table, count in report.counts.items()}
        assert kept == {
            "customers": 2_469,
            "products": 92_331,
            "orders": 155_848,
            "order_lines": 1_469_307,
            "contacts": 6_589,
            "consents": 1_559,
        }
        assert [(f.table, f.rule, f.count) for f in report.findings] == [("order_lines", "unknown_product", 4_836)]

    def test_complete_journey_keeps_the_hours_of_its_stores(self, tmp_path: Path) -> None:
        """Every basket falls into the year 2017 of the stores, and hardly one into the small hours."""
        prepared = complete_journey.read(present("complete_journey"), tmp_path)
        bought = pl.read_parquet(prepared.sources["orders"])["ordered_at"]

        assert (bought.dt.year().min(), bought.dt.year().max()) == (2017, 2017)
        assert bought.dt.hour().is_between(2, 4).mean() < 0.01 < 0.05 < (bought.dt.hour() == 17).mean()
