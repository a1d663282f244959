"""Every record source answers the same questions with the same rows and types, over the same committed files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.query.in_memory_records import InMemoryRecords
from otokui.data_contract.tables import TABLES as TABLES_IN
from otokui.domain import DAY, Instant
from otokui.ports.stores import RecordSource
from tests.builders import SCHEMAS
from tests.unit.pipelines.ingesting import NOW, Shop, at

Open = Callable[[Path], RecordSource]

END = Instant(NOW + 30 * DAY)
TABLES = (
    "customers",
    "orders",
    "order_lines",
    "products",
    "events",
    "contacts",
    "consents",
    "suppressions",
    "contracts",
    "deliveries",
    "contact_outcomes",
)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with corrections, late records, cancellations, deliveries and outcomes, brought in three batches."""
    shop = Shop(tmp_path_factory.mktemp("source"), attributes=("rank",))
    shop.bring(
        customers="customer_id,registered_at,area,rank\na,2024-01-01,東京,gold\nb,,Osaka,\nc,,,\n",
        products="product_id,category_l,brand,unit_cost\np,tea,B1,2\nq,cup,,\n",
        orders="order_id,customer_id,ordered_at,delivered_at,cancelled_at,place\n"
        "o1,a,2024-04-01,2024-04-03,,ec\no2,b,2024-04-02,,,store\no3,c,2024-04-04,,2024-06-03,ec\n",
        order_lines="order_id,product_id,quantity,paid_amount,list_amount\no1,p,1,5,6\no1,q,2,8,\no2,p,1,5,\no3,q,1,4,4\n",
        events="event_id,customer_id,occurred_at,type\ne1,a,2024-04-01T10:00:00,cart_add\n",
        contacts="contact_id,customer_id,message_id,channel,sent_at,opened_at,machine_open\nk1,a,m,email,2024-04-05,2024-04-06,no\n",
        consents="customer_id,channel,opted_in,changed_at\na,email,yes,2024-01-01\n",
        suppressions="customer_id,channel,reason,from\nb,,complaint,2024-02-01\n",
        contracts="contract_id,customer_id,started_at,term_ends_at\nt1,d,2024-01-01,2024-07-01\nt2,e,2024-01-01,2025-01-01\n",
    )
    shop.bring(
        Instant(NOW + DAY),
        orders="order_id,customer_id,ordered_at,delivered_at,place\no2,b,2024-04-02,2024-04-09,store\n",
        contacts="contact_id,customer_id,message_id,channel,sent_at,opened_at,machine_open,clicked_at\nk1,a,m,email,2024-04-05,2024-04-06,no,2024-04-07\n",
        suppressions="customer_id,channel,reason,from\nb,,complaint,2024-02-01\n",
    )
    shop.bring(
        Instant(NOW + 3 * DAY),
        orders="order_id,customer_id,ordered_at,cancelled_at,place,known_at\no1,c,2024-04-01,,ec,2024-06-04\no4,b,2024-03-01,,ec,2024-06-04\n",
        contracts="contract_id,customer_id,started_at,term_ends_at,known_at\nt1,d,2024-01-01,2025-07-01,2024-06-04\n",
        order_lines="order_id,product_id,quantity,paid_amount\no4,p,1,5\n",
    )
    return shop.path / "records"


def on_duckdb(records: Path) -> RecordSource:
    """Open the records on DuckDB."""
    return DuckDbRecords(records, duckdb.connect())


def on_held(records: Path) -> RecordSource:
    """Open the records of a small shop, which are read into memory once."""
    return InMemoryRecords(records, duckdb.connect())


@pytest.fixture(scope="module")
def on_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Open the records on a local Spark session, one for all tests here."""
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    from adapters.records.query.spark_records import SparkRecords

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .appName("otokui-tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield lambda records: SparkRecords(records, session)
    session.stop()


def rows(source: RecordSource, table: str, before: Instant, since: Instant | None = None) -> list[tuple[object, ...]]:
    """Return the rows of a table, columns by name, sorted."""
    frame = source.frame(table, before, since)
    return sorted(frame.select(sorted(frame.collect_schema().names())).collect(backend="polars").rows(), key=repr)


@pytest.fixture(scope="module")
def older(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same shop as if a build had written it that knew no optional column of any contract, nor what is derived from one."""
    copied = tmp_path_factory.mktemp("older") / "shop" / "records"
    shutil.copytree(records, copied)
    for path in sorted(copied.glob("*/known_on=*/*.parquet")):
        table = path.relative_to(copied).parts[0]
        frame = pl.read_parquet(path, hive_partitioning=False)
        frame.drop(optional(table), strict=False).write_parquet(path)
    return copied


def optional(table: str) -> list[str]:
    """Return the columns a shop may leave out, but for those by which a record belongs to somebody or to an instant."""
    needed = {"customer_id", "known_at"}
    return [c.name for c in TABLES_IN[table].columns if not c.required and c.name not in {*TABLES_IN[table].key, *needed}]


def reads_what_an_older_build_wrote(source: RecordSource, ours: RecordSource) -> None:
    """Every table answers with the columns of this build; those that were not written are null in every row."""
    for table in ours.tables():
        frame = source.frame(table, END)
        assert frame.collect_schema() == ours.frame(table, END).collect_schema(), table
        read = frame.collect(backend="polars").to_native()
        if table in TABLES_IN:
            assert len(read), table
            assert all(read[c].null_count() == len(read) for c in optional(table)), table


class TestDuckDb:
    @pytest.mark.parametrize("opened", [on_duckdb, on_held])
    def test_a_column_that_an_older_build_did_not_write_is_null(self, opened: Open, records: Path, older: Path) -> None:
        """Every optional column of every contract: a new one breaks no shop that is there already."""
        reads_what_an_older_build_wrote(opened(older), on_duckdb(records))

    def test_a_shop_of_an_older_build_takes_new_records(self, older: Path, tmp_path: Path) -> None:
        """Versions are compared with stored records, and those lack the column too."""
        shop = Shop(tmp_path, attributes=("rank",))
        shutil.copytree(older, shop.path / "records", dirs_exist_ok=True)
        shop.bring(Instant(NOW + 5 * DAY), products="product_id,category_l,in_stock\np,tea,no\n")

        stock = on_duckdb(shop.path / "records").frame("products", END).select("product_id", "in_stock").collect(backend="polars")
        assert dict(stock.rows()) == {"p": False, "q": None}

    @pytest.mark.parametrize("table", sorted(set(SCHEMAS) & set(TABLES)))
    def test_columns_and_types_are_those_features_expect(self, records: Path, table: str) -> None:
        """The builders of feature tests make the same frames as a real shop."""
        schema = on_duckdb(records).frame(table, END).collect(backend="polars").to_native().schema

        assert {c: schema.get(c) for c in SCHEMAS[table]} == SCHEMAS[table]

    def test_tables_with_their_derived_streams(self, records: Path) -> None:
        """Only what holds records, so that nobody asks for an empty one."""
        assert on_duckdb(records).tables() == [t for t in TABLES if t not in ("deliveries", "contact_outcomes")] + [
            "deliveries",
            "contact_outcomes",
        ]

    def test_every_row_was_known_in_the_window(self, records: Path) -> None:
        """And a key stands once."""
        source = on_duckdb(records)
        for table in TABLES:
            known = source.frame(table, END, NOW).select("known_at").collect(backend="polars")["known_at"].to_list()
            assert all(NOW <= k < END for k in known), table
        orders = [r[0] for r in source.frame("orders", END).select("order_id").collect(backend="polars").rows()]
        assert sorted(orders) == ["o1", "o2", "o3", "o4"]

    def test_windows_add_up_to_the_whole(self, records: Path) -> None:
        """What summaries merge on: every record lies in exactly one window, unless its customer is restated."""
        source = on_duckdb(records)
        cut = at("2024-04-06")
        restated = set(source.restated(cut, NOW))
        for table, key in (("orders", "order_id"), ("events", "event_id"), ("deliveries", "order_id"), ("contact_outcomes", "kind")):
            older, newer, whole = (
                [
                    r
                    for r in source.frame(table, before, since).select("customer_id", key).collect(backend="polars").rows()
                    if r[0] not in restated
                ]
                for before, since in ((cut, None), (NOW, cut), (NOW, None))
            )
            assert sorted(older + newer) == sorted(whole), table

    def test_who_is_restated(self, records: Path) -> None:
        """a lost an order and c gained it; b has a late one, and c's was cancelled; the delivery and the click restate nobody."""
        source = on_duckdb(records)

        assert source.restated(NOW, Instant(NOW + 2 * DAY)) == []
        assert source.restated(Instant(NOW + 2 * DAY), END) == ["a", "b", "c", "d"]


def agree(theirs: RecordSource, ours: RecordSource) -> None:
    """Same rows, same types, same customers restated, at several cut-offs and windows."""
    assert theirs.tables() == ours.tables()
    for table in ours.tables():
        assert {c: str(t) for c, t in theirs.frame(table, END).collect_schema().items()} == {
            c: str(t) for c, t in ours.frame(table, END).collect_schema().items()
        }
        for before, since in ((NOW, None), (END, None), (END, NOW), (at("2024-04-05"), at("2024-04-02"))):
            assert rows(theirs, table, before, since) == rows(ours, table, before, since), (table, before, since)
    for since in (at("2024-04-02"), NOW, Instant(NOW + 2 * DAY)):
        assert theirs.restated(since, END) == ours.restated(since, END)


def test_held_agrees_with_duckdb(records: Path) -> None:
    """What is read once answers as what is read each time, as of days before the newest files too."""
    agree(on_held(records), on_duckdb(records))


def test_held_sees_what_came_since(records: Path, tmp_path: Path) -> None:
    """Of one connection, records opened after a further batch hold that batch too, and those opened before do not."""
    shop, connection = Shop(tmp_path, attributes=("rank",)), duckdb.connect()
    shutil.copytree(records, shop.path / "records", dirs_exist_ok=True)
    before = InMemoryRecords(shop.path / "records", connection)
    ids = before.frame("events", END).select("event_id")
    assert ids.collect(backend="polars").rows() == [("e1",)]

    shop.bring(Instant(NOW + 5 * DAY), events="event_id,customer_id,occurred_at,type\ne2,a,2024-06-05T10:00:00,cart_add\n")

    after = InMemoryRecords(shop.path / "records", connection).frame("events", END).select("event_id")
    assert sorted(after.collect(backend="polars").rows()) == [("e1",), ("e2",)]
    assert before.frame("events", END).select("event_id").collect(backend="polars").rows() == [("e1",)]


@pytest.mark.slow
@pytest.mark.spark
def test_spark_agrees_with_duckdb(records: Path, on_spark: Open) -> None:
    """A cluster, here of one."""
    agree(on_spark(records), on_duckdb(records))
