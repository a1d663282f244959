"""Records from a PostgreSQL table: streamed, typed as the database has them, named without the password."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from otokui.errors import BadInput, BadRecords, Unavailable
from pipelines.ingestion.ingest import ingest
from tests.unit.pipelines.ingesting import NOW, Shop, at


@pytest.fixture
def database(postgres_url: str) -> str:
    """The plain URL of a database with orders in two schemas."""
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE sales (buyer text, ordered_at timestamptz, paid_amount numeric(10, 2), note text)")
        connection.execute(
            "INSERT INTO sales VALUES ('a', '2024-01-01 09:00+09', 12.50, E'two\\nlines'), "
            "('東京', '2024-01-02 00:00+00', 3, NULL), ('', now(), 1, '')"
        )
        connection.execute('CREATE SCHEMA "Old"')
        connection.execute('CREATE TABLE "Old".orders (order_id int, customer_id int, ordered_at timestamp, cancelled_at timestamp)')
        connection.execute("INSERT INTO \"Old\".orders VALUES (1, 7, '2024-01-01 10:00', NULL), (2, 8, '2024-01-02 10:00', '2024-01-03')")
    return url


def test_a_table_is_read_like_a_file(database: str, tmp_path: Path) -> None:
    """Types, nulls, line breaks and the column mapping included; a bad row is named by its row."""
    shop = Shop(tmp_path, columns={"transactions": {"customer_id": "buyer"}}, max_bad_share=0.5)
    report = ingest(shop.path, shop.settings, {"transactions": f"{database}?table=sales"}, NOW)

    assert shop.rows("orders", "customer_id", "ordered_at") == [("a", at("2024-01-01")), ("東京", at("2024-01-02"))]
    assert [(f.rule, f.column, f.unit, f.count) for f in report.findings] == [("missing_value", "customer_id", "row", 1)]
    again = ingest(shop.path, shop.settings, {"transactions": f"{database}?table=sales"}, NOW)
    assert not again.changed


def test_a_table_of_a_schema(database: str, tmp_path: Path) -> None:
    """``?table=schema.name``, spelt as the database spells it; naive times are the shop's."""
    shop = Shop(tmp_path, timezone="Asia/Tokyo")
    ingest(shop.path, shop.settings, {"orders": f"{database}?table=Old.orders"}, NOW)

    assert shop.rows("orders", "order_id", "customer_id", "ordered_at", "cancelled_at") == [
        ("1", "7", at("2024-01-01T01:00:00"), None),
        ("2", "8", at("2024-01-02T01:00:00"), at("2024-01-02T15:00:00")),
    ]


def test_messages_hold_no_password(database: str, tmp_path: Path) -> None:
    """A URL is named by user, host and table."""
    shop = Shop(tmp_path)
    secret = database.replace("postgres@", "postgres:hunter2@")

    with pytest.raises(Unavailable, match="nothing_there") as caught:
        ingest(shop.path, shop.settings, {"orders": f"{secret}?table=nothing_there"}, NOW)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(BadRecords, match="missing_column") as refused:
        ingest(shop.path, shop.settings, {"orders": f"{secret}?table=sales"}, NOW)
    assert "hunter2" not in str(refused.value)


def test_a_url_must_name_its_table(tmp_path: Path) -> None:
    """The message shows the form."""
    shop = Shop(tmp_path)

    with pytest.raises(BadInput, match=r"names no table.*\?table="):
        ingest(shop.path, shop.settings, {"orders": "postgresql://me:hunter2@host/db"}, NOW)
