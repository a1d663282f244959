"""Much of it at once: one customer with very many orders, and three bad rows among a million."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pipelines.ingesting import NOW, ORDERS, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC."""
    return Shop(tmp_path)


def test_one_customer_with_a_hundred_thousand_orders(shop: Shop) -> None:
    """A reseller, or a till that books strangers under one id."""
    rows = "".join(f"o{i},a,2024-01-{i % 28 + 1:02d}\n" for i in range(100_000))
    report = shop.bring(orders=ORDERS + rows)

    assert report.counts["orders"].kept == 100_000
    assert shop.source().frame("orders", NOW).select("order_id").collect(backend="polars").shape == (100_000, 1)


@pytest.mark.slow
def test_three_bad_rows_among_a_million(shop: Shop) -> None:
    """Each is named by its line, over several chunks; the million come in."""
    lines = [f"c{i % 5_000},2024-01-{i % 28 + 1:02d} 10:{i % 60:02d}:00,{i % 90}.5,o{i}" for i in range(1_000_000)]
    for at_line, row in ((7, "c,yesterday,1,x"), (500_000, "c,2024-01-01,-1,y"), (999_999, ",2024-01-01,1,z")):
        lines[at_line - 2] = row
    report = shop.bring(transactions="customer_id,ordered_at,paid_amount,order_id\n" + "\n".join(lines) + "\n")

    assert {(f.rule, f.column, f.lines) for f in report.findings} == {
        ("unparsable", "ordered_at", (7,)),
        ("below_minimum", "paid_amount", (500_000,)),
        ("missing_value", "customer_id", (999_999,)),
    }
    assert report.counts["orders"].kept == 999_997
