"""Summaries are the same on every engine: values and types. DuckDB's integer sums are 128 bits wide, and only the types tell."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from features.summaries.summary import merge, summarise, summary_names
from otokui.domain import CutoffDate
from tests.builders import (
    SCHEMAS,
    Row,
    contact,
    contract,
    customer,
    day,
    delivery,
    differences,
    event,
    frame,
    line,
    order,
    outcome,
    product,
    table,
    vectors_of,
)

Frames = dict[str, nw.LazyFrame[Any]]
MakeFrames = Callable[[dict[str, Sequence[Row]]], Frames]

END = CutoffDate(day(120))

OLDER: dict[str, Sequence[Row]] = {
    "order_lines": [
        *(line(day(at, at % 24), paid_amount=10.17 + at, list_amount=15.3 + at, quantity=2.0) for at in range(0, 30, 3)),
        line(day(3), order_id="at-once", paid_amount=77.0, product_id="cup"),
        line(day(7), customer_id="bob", returned_quantity=1.0),
        line(day(8), customer_id="cyd", cancelled_at=day(9)),
        line(day(150), customer_id="dan"),
    ],
    "orders": [order(day(0), place="ec", coupon_id="k"), order(day(3), place=None), order(day(8), customer_id="cyd", cancelled_at=day(9))],
    "products": [product(unit_cost=4.0, replenish_days=20.0, launched_at=day(-3)), product("cup", category_bucket=None)],
    "customers": [customer("zoe", birth_year=1990, gender_code=3), customer("ada", birth_month=5)],
    "events": [event(day(1), "cart_add"), event(day(2), "enquiry", customer_id="bob"), event(day(3), "odd")],
    "contacts": [contact(day(5)), contact(day(6), channel="fax"), contact(day(6), customer_id="eve", channel="line")],
    "contact_outcomes": [outcome("opened", day(5)), outcome("clicked", day(6)), outcome("converted", day(7), amount=50.0)],
    "deliveries": [delivery(day(2), ordered_at=day(0)), delivery(day(121), known_at=day(4))],
    "contracts": [contract(day(1), term_ends_at=day(90)), contract(day(2), customer_id="gus", cancelled_at=day(20), term_ends_at=None)],
}
NEWER: dict[str, Sequence[Row]] = {
    "order_lines": [line(day(31), paid_amount=5.0), line(day(32), customer_id="fay", product_id="jar")],
    "orders": [order(day(31), place="phone"), order(day(32), customer_id="fay")],
    "products": OLDER["products"],
    "customers": [customer("ada", area_code=4, known_at=day(33))],
    "events": [event(day(33))],
    "contacts": [],
    "contact_outcomes": [outcome("opened", day(33), customer_id="eve", channel="line")],
    "deliveries": [],
    "contracts": [contract(day(34), customer_id="gus", term_ends_at=None, monthly_amount=700.0)],
}


def on_polars(tables: dict[str, Sequence[Row]]) -> Frames:
    """Return frames on Polars, against which the others are held."""
    return {name: nw.from_native(frame(name, rows).lazy()) for name, rows in tables.items()}


@pytest.fixture
def on_duckdb() -> Iterator[MakeFrames]:
    """Make frames on DuckDB."""
    with duckdb.connect() as connection:
        yield lambda tables: {name: nw.from_native(connection.from_arrow(frame(name, rows).to_arrow())) for name, rows in tables.items()}


@pytest.fixture(scope="module")
def on_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeFrames]:
    """Make frames on a local Spark session, one for all tests here: it takes ten seconds to start."""
    types = pytest.importorskip("pyspark.sql.types")
    from pyspark.sql import SparkSession

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
    kinds = {
        pl.Int64(): types.LongType(),
        pl.Float64(): types.DoubleType(),
        pl.String(): types.StringType(),
        pl.Boolean(): types.BooleanType(),
    }

    def make(tables: dict[str, Sequence[Row]]) -> Frames:
        return {
            name: nw.from_native(
                session.createDataFrame(
                    frame(name, rows).rows(), types.StructType([types.StructField(c, kinds[t]) for c, t in SCHEMAS[name].items()])
                )
            )
            for name, rows in tables.items()
        }

    yield make
    session.stop()


def check(engine: MakeFrames) -> None:
    """Hold an engine's summaries, its merge of two halves, and the vectors of both, against those of Polars."""
    expected_older, expected_newer = (summarise(on_polars(half), END) for half in (OLDER, NEWER))
    older, newer = (summarise(engine(half), END) for half in (OLDER, NEWER))

    for found, expected in ((older, expected_older), (merge(older, newer), merge(expected_older, expected_newer))):
        schema = found.collect_schema()
        assert schema.names() == ["customer_id", *summary_names()]
        assert set(schema.dtypes()[1:]) == {nw.Float64}
        assert schema.dtypes()[0] == nw.String
        assert differences(table(found), table(expected)) == []
        assert vectors_of(found, END.at) == vectors_of(expected, END.at)


def test_polars_knows_who_is_who() -> None:
    """Six customers have records before the cut-off; dan's lies after it."""
    assert sorted(table(summarise(on_polars(OLDER), END))) == ["ada", "bob", "cyd", "eve", "gus", "zoe"]


def test_duckdb_agrees_with_polars(on_duckdb: MakeFrames) -> None:
    """One machine, the default."""
    check(on_duckdb)


@pytest.mark.slow
@pytest.mark.spark
def test_spark_agrees_with_polars(on_spark: MakeFrames) -> None:
    """A cluster, here of one."""
    check(on_spark)
