"""Rows of a merged customer are the surviving one's, from when the merge is known, and summaries follow."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from adapters.engines.duckdb_engine import DuckDbEngine
from adapters.records.query.duckdb_records import DuckDbRecords
from otokui.domain import Instant
from pipelines.summaries.summarise import summaries_at
from tests.unit.pipelines.ingesting import LINES, ORDERS, Shop, at

MERGED = "source,alias_id,customer_id,from,known_at\n,ada,bob,2024-02-01,2024-03-01\nline,U1,ada,2024-01-01,\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Orders of ada, bob and cyd; ada was bob all along, which is known since March."""
    shop = Shop(tmp_path)
    orders = "o1,ada,2024-01-05\no2,bob,2024-01-10\no3,cyd,2024-01-11\no4,ada,2024-03-20\n"
    lines = "".join(f"o{number},p,1,{10 * number}\n" for number in range(1, 5))
    customers = "customer_id,registered_at,area\nada,2023-05-01,north\nbob,2023-06-01,south\ncyd,2023-07-01,west\n"
    shop.bring(orders=ORDERS + orders, order_lines=LINES + lines, customers=customers)
    shop.bring(identities=MERGED)
    return shop


class TestRows:
    def test_are_the_survivors_from_when_the_merge_is_known(self, shop: Shop) -> None:
        """A cut-off before March reads what it always read."""
        after = [("bob", "o1"), ("bob", "o2"), ("bob", "o4"), ("cyd", "o3")]

        assert shop.rows("orders", "customer_id", "order_id") == after
        assert shop.rows("order_lines", "customer_id", "order_id") == after
        assert shop.rows("orders", "customer_id", "order_id", before=at("2024-03-01")) == [("ada", "o1"), ("bob", "o2"), ("cyd", "o3")]

    def test_of_two_profiles_the_survivors_own_stays(self, shop: Shop) -> None:
        """Of a survivor without one, the newest of the merged ids."""
        assert shop.rows("customers", "customer_id", "area") == [("bob", "south"), ("cyd", "west")]

        shop.bring(identities="source,alias_id,customer_id,from\n,cyd,dan,2024-04-01\n")

        assert shop.rows("customers", "customer_id", "area") == [("bob", "south"), ("dan", "west")]

    def test_an_alias_of_another_source_merges_nobody(self, shop: Shop) -> None:
        """U1 of LINE is no customer id."""
        assert ("U1",) not in shop.rows("orders", "customer_id")

    def test_ids_with_quotes_are_followed(self, tmp_path: Path) -> None:
        """As any other."""
        shop = Shop(tmp_path)
        shop.bring(orders=ORDERS + "o1,o'hara,2024-01-05\n", identities="alias_id,customer_id,from\no'hara,b\\'d,2024-01-06\n")

        assert shop.rows("orders", "customer_id") == [("b\\'d",)]


class TestSummaries:
    def summaries(self, shop: Shop, folder: Path, *cutoffs: Instant) -> pl.DataFrame:
        """Summarise at each cut-off, going on from the one before; return the last."""
        engine = DuckDbEngine()
        folder.mkdir()
        written = summaries_at(DuckDbRecords(shop.path / "records", engine.connection), engine, list(cutoffs), folder)
        return pl.read_parquet(written[cutoffs[-1]][0])

    def test_of_both_are_one_and_going_on_gives_the_bytes_of_a_fresh_start(self, shop: Shop, tmp_path: Path) -> None:
        """Whatever was summarised before the merge was known, and though a late order of ada came after it."""
        shop.bring(orders=ORDERS + "o5,ada,2024-01-02\n", order_lines=LINES + "o5,p,1,50\n", now=at("2024-06-01"))
        ends = at("2024-02-20"), at("2024-03-05"), at("2024-05-01")

        fresh, continued = self.summaries(shop, tmp_path / "fresh", ends[-1]), self.summaries(shop, tmp_path / "on", *ends)
        before = self.summaries(shop, tmp_path / "before", ends[0])

        assert fresh.equals(continued)
        assert dict(fresh.select("customer_id", "purchase_count").rows()) == {"bob": 4, "cyd": 1}
        assert dict(before.select("customer_id", "purchase_count").rows()) == {"ada": 2, "bob": 1, "cyd": 1}

    def test_a_merge_taken_back_gives_each_its_own_summary_again(self, shop: Shop, tmp_path: Path) -> None:
        """From when that is known."""
        shop.bring(identities="alias_id,customer_id,from\nada,ada,2024-04-01\n")
        ends = at("2024-03-25"), at("2024-05-01")

        fresh, continued = self.summaries(shop, tmp_path / "fresh", ends[-1]), self.summaries(shop, tmp_path / "on", *ends)

        assert fresh.equals(continued)
        assert fresh["customer_id"].to_list() == ["ada", "bob", "cyd"]


def test_without_a_merge_a_query_is_what_it_was(tmp_path: Path) -> None:
    """No shop pays for what it does not use."""
    shop = Shop(tmp_path)
    shop.bring(orders=ORDERS + "o1,ada,2024-01-05\n")
    before = shop.source().query("orders", at("2024-05-01"))

    shop.bring(identities="source,alias_id,customer_id,from\nline,U1,ada,2024-01-01\n")

    assert shop.source().query("orders", at("2024-05-01")) == before
    assert isinstance(shop.source(), DuckDbRecords)
