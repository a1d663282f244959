"""The check-up counts what is there and says what to do; the dictionary never shows whose data it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.ingestion.health_check import DoctorReport, doctor
from tests.unit.pipelines.ingesting import LINES, NOW, ORDERS, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop with customers, orders and one bad row."""
    shop = Shop(tmp_path, attributes=("rank",), max_bad_share=0.5)
    shop.bring(
        customers="customer_id,area,rank\n" + "".join(f"c{i},Tokyo,gold\n" for i in range(6)) + "c9,Sado,\n",
        orders=ORDERS + "o1,c1,2024-05-01\no2,zoe,2024-05-02\no3,c1,yesterday\n",
        order_lines=LINES + "o1,p,1,5\no2,p,2,7\n",
    )
    return shop


@pytest.fixture
def report(shop: Shop) -> DoctorReport:
    """Its check-up."""
    return doctor(shop.path, shop.settings, NOW)


def test_tables_are_counted(report: DoctorReport) -> None:
    """Rows, customers and batches of what is known now."""
    assert [(t.table, t.rows, t.customers, t.batches) for t in report.tables] == [
        ("customers", 7, 7, 1),
        ("orders", 2, 2, 1),
        ("order_lines", 2, 2, 1),
    ]


def test_joins_say_what_share_matches(report: DoctorReport) -> None:
    """A key that does not match is data that no feature sees."""
    assert [(j.table, j.column, j.target, j.share) for j in report.joins] == [
        ("orders", "customer_id", "customers", 0.5),
        ("order_lines", "order_id", "orders", 1.0),
    ]


def test_advice_names_what_is_missing(report: DoctorReport) -> None:
    """Stale orders, keys that do not match, rows set aside, no consents."""
    assert report.quarantined == {("orders", "unparsable"): 1}
    assert report.advice == (
        "orders: the last record happened 30 days ago; bring what came since",
        "orders: 50.0% of rows name a customer_id that is not in customers; bring a complete customers table",
        "orders: 1 rows were set aside (unparsable): write times as ISO 8601, numbers with a point and no thousands separator",
        "no consents are known, so nobody may be contacted: bring `consents=FILE`",
    )


def test_the_dictionary_is_made_from_the_data(shop: Shop, report: DoctorReport) -> None:
    """Fill rate, range and common values; ids and rare texts are only counted."""
    text = (shop.path / "data-dictionary.md").read_text(encoding="utf-8")

    assert "| area | text |  | 100.0% | Tokyo | prefecture, region or store area |" in text
    assert "| rank | text |  | 85.7% | gold | attribute of the shop's own |" in text
    assert "| paid_amount | money | JPY | 100.0% | 5.0 to 7.0 | what was paid for the line in all |" in text
    assert "| ordered_at | time | UTC | 100.0% | 2024-05-01T00:00 to 2024-05-02T00:00 | when it was ordered |" in text
    assert "zoe" not in text
    assert "Sado" not in text


def test_an_empty_shop_is_told_how_to_begin(tmp_path: Path) -> None:
    """No table, no error."""
    shop = Shop(tmp_path)

    assert doctor(shop.path, shop.settings, NOW).advice == ("there are no purchases yet: `otokui ingest --shop SHOP transactions=FILE`",)


def test_it_says_to_how_many_refusals_close_a_channel(shop: Shop) -> None:
    """By kind; a channel that nobody refused is not told."""
    report = doctor(shop.path, shop.settings, NOW, refused=lambda _: {"email": {"unsubscribed": 1_200, "bounced": 1}, "sms": {}})

    told = [line for line in report.render().splitlines() if line.startswith("closed")]
    assert told == ["closed by refusals: email: unsubscribed to 1,200 customers, bounced to 1 customer"]
    assert report.to_dict()["refused"] == {"email": {"unsubscribed": 1_200, "bounced": 1}, "sms": {}}
