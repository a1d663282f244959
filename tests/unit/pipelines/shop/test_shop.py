"""A small shop is summarised in memory, a large one on DuckDB: the same summaries, whichever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from adapters.engines.duckdb_engine import DuckDbEngine
from adapters.engines.polars_engine import PolarsEngine, PolarsRecords
from adapters.records.query.duckdb_records import DuckDbRecords
from otokui.domain import Instant
from pipelines.shop import shop as wiring
from pipelines.shop.init import init
from pipelines.summaries.summarise import publish
from tests.unit.pipelines.ingesting import LINES, ORDERS, Shop, at

FIRST, SECOND = at("2024-03-01"), at("2024-04-01")
BATCHES = {1: Instant(0)}


def shop(folder: Path) -> Shop:
    """A shop of three orders; one of them is cancelled between the two cut-offs."""
    made = Shop(folder)
    made.bring(
        orders="order_id,customer_id,ordered_at,cancelled_at\no1,ada,2024-01-05,\no2,ada,2024-03-05,\no3,bob,2024-02-01,2024-03-20\n",
        order_lines=LINES + "o1,p,1,10\no2,p,2,25.5\no3,q,1,7\n",
    )
    return made


def test_in_memory_and_on_duckdb_the_summaries_agree(tmp_path: Path) -> None:
    """Columns, types and values, at a cut-off that goes on from an earlier one on DuckDB and is made anew in memory."""
    records = shop(tmp_path).path / "records"
    engine = DuckDbEngine()
    small = PolarsRecords(records, duckdb.connect())
    for cutoff in (FIRST, SECOND):
        merged = publish(DuckDbRecords(records, engine.connection), engine, cutoff, tmp_path / "large", BATCHES)
        whole = publish(small, PolarsEngine(), cutoff, tmp_path / "small", BATCHES, anew=True)

        assert_frame_equal(pl.read_parquet(whole.path), pl.read_parquet(merged.path), check_row_order=True)
    assert pl.read_parquet(whole.path)["customer_id"].to_list() == ["ada", "bob"]


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path: Path) -> None:
    """What was there before stays, and nothing is left aside."""
    engine, path = PolarsEngine(), tmp_path / "summaries.parquet"
    good = pl.LazyFrame({"customer_id": ["b", "a"], "x": [1.0, 2.0]})
    assert engine.write(_frame(good), path) == 2

    with pytest.raises(pl.exceptions.PolarsError):
        engine.write(_frame(good.select("customer_id", pl.col("x").cast(pl.String).cast(pl.Date))), path)

    assert engine.read(path).collect().to_native()["customer_id"].to_list() == ["a", "b"]
    assert [p.name for p in tmp_path.iterdir()] == ["summaries.parquet"]


def test_the_number_of_rows_on_record_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders and two lines: four rows are few; where three are the limit, they are many."""
    init(tmp_path / "shop")
    made = Shop(tmp_path / "other")
    made.bring(orders=ORDERS + "o1,ada,2024-01-05\no2,bob,2024-01-06\n", order_lines=LINES + "o1,p,1,10\no2,p,1,10\n")
    (made.path / "records").rename(tmp_path / "shop" / "records")

    monkeypatch.setattr(wiring, "SMALL_SHOP_ROWS", 4)
    assert isinstance(wiring.Shop(tmp_path / "shop").summariser[1], PolarsEngine)
    monkeypatch.setattr(wiring, "SMALL_SHOP_ROWS", 3)
    assert isinstance(wiring.Shop(tmp_path / "shop").summariser[1], DuckDbEngine)


def _frame(frame: pl.LazyFrame) -> Any:
    import narwhals as nw

    return nw.from_native(frame)
