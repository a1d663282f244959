"""Frames of three libraries become the same file; what cannot become one is refused with its table and column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from otokui.errors import BadInput
from pipelines.api.frame_files import as_polars, source_of


def digest(records: object, aside: Path) -> bytes:
    aside.mkdir()
    return Path(source_of("transactions", records, aside)).read_bytes()


class TestAsPolars:
    def test_pandas_keeps_what_was_meant(self) -> None:
        """Categories become text, NaN and NaT no value, and a time keeps its offset."""
        frame = pd.DataFrame(
            {
                "place": pd.Categorical(["ec", "store", None]),
                "ordered_at": pd.to_datetime(["2024-01-01 09:00", "2024-01-02 09:00", None]).tz_localize("Asia/Tokyo"),
                "paid_amount": [1.5, None, 3.0],
            }
        )
        read = as_polars("transactions", frame)
        assert read["place"].to_list() == ["ec", "store", None]
        assert read["ordered_at"].dt.epoch("s").to_list() == [1_704_067_200, 1_704_153_600, None]
        assert read["paid_amount"].to_list() == [1.5, None, 3.0]

    def test_ids_of_several_types_are_text(self) -> None:
        """An object column of numbers and text is written as an export would: no ``.0``."""
        frame = pd.DataFrame({"customer_id": pd.Series([17, 18.0, "c-19", None], dtype=object)})
        assert as_polars("transactions", frame)["customer_id"].to_list() == ["17", "18", "c-19", None]

    def test_times_with_and_without_an_offset_are_not_mixed_up(self) -> None:
        """A naive midnight beside an aware one stays without an offset, to be read in the shop's zone and not in UTC."""
        times = [pd.Timestamp("2024-01-01", tz="Asia/Tokyo"), pd.Timestamp("2024-01-02"), None]
        read = as_polars("transactions", pd.DataFrame({"ordered_at": pd.Series(times, dtype=object)}))
        assert read["ordered_at"].to_list() == ["2024-01-01T00:00:00+09:00", "2024-01-02T00:00:00", None]

    @pytest.mark.parametrize(
        ("column", "what"),
        [
            (pd.Series(pd.period_range("2024-01", periods=2, freq="M")), "Period"),
            (pd.Series([object(), "a"], dtype=object), "object"),
            (pd.Series([1j, 2j]), "complex"),
        ],
    )
    def test_what_has_no_plain_text_is_refused(self, column: pd.Series, what: str) -> None:
        """A month would else be kept as its number, and an object as its address."""
        with pytest.raises(BadInput, match=f"orders: the column 'order_id' holds {what}"):
            as_polars("orders", pd.DataFrame({"order_id": column}))

    def test_an_arrow_type_of_its_own_is_refused(self) -> None:
        """Its storage is not what it means."""
        held = pa.Table.from_pandas(pd.DataFrame({"order_id": pd.period_range("2024-01", periods=2, freq="M")}))
        with pytest.raises(BadInput, match="orders: the column 'order_id' holds "):
            as_polars("orders", held)

    def test_an_index_with_a_name_is_a_column(self) -> None:
        """``set_index("customer_id")`` loses nothing; a row's number is no column."""
        frame = pd.DataFrame({"customer_id": ["ada"], "paid_amount": [1.0]})
        assert as_polars("transactions", frame.set_index("customer_id")).columns == ["customer_id", "paid_amount"]
        assert as_polars("transactions", frame).columns == ["customer_id", "paid_amount"]

    def test_arrow_and_lazy_frames_are_frames(self) -> None:
        """Whatever holds the table, the rows are the same."""
        frame = pl.DataFrame({"customer_id": ["ada"], "paid_amount": [1.0]})
        for held in (frame, frame.lazy(), frame.to_arrow(), frame.to_pandas()):
            assert_frame_equal(as_polars("transactions", held), frame)

    def test_a_dictionary_and_a_null_column_are_text(self) -> None:
        """Types that a file of records does not know become one that it does."""
        held = pa.table({"place": pa.array(["ec", "ec"]).dictionary_encode(), "coupon_id": pa.nulls(2)})
        assert as_polars("transactions", held).schema == {"place": pl.String, "coupon_id": pl.String}

    @pytest.mark.parametrize("records", [{"customer_id": ["ada"]}, None, [1, 2], pd.Series([1])], ids=["dict", "None", "list", "series"])
    def test_what_is_no_table_is_refused(self, records: object) -> None:
        """The message names the table that was meant and what was passed."""
        with pytest.raises(BadInput, match=f"transactions: {type(records).__name__} is no table of records"):
            as_polars("transactions", records)

    def test_a_column_twice_is_refused(self) -> None:
        """Neither of the two is taken in silence."""
        frame = pd.DataFrame([["ada", "bob"]], columns=["customer_id", "customer_id"])
        with pytest.raises(BadInput, match="transactions: the column 'customer_id' stands there twice"):
            as_polars("transactions", frame)
        with pytest.raises(BadInput, match="stands there twice"):
            as_polars("transactions", pa.table([pa.array([1]), pa.array([2])], names=["customer_id", "customer_id"]))

    def test_python_objects_are_refused(self) -> None:
        """What has no text of its own is not guessed at."""
        with pytest.raises(BadInput, match="orders: the column 'order_id' holds Python objects"):
            as_polars("orders", pl.DataFrame({"order_id": [object()]}))


class TestSourceOf:
    def test_the_same_rows_are_the_same_bytes(self, tmp_path: Path) -> None:
        """Also where the frame was put together of pieces larger than a group of rows: bringing it twice is noticed by its digest."""
        whole = pl.DataFrame({"customer_id": range(600_000)})
        pieces = pl.concat([whole[:3], whole[3:]], rechunk=False)
        assert pieces.n_chunks() == 2
        assert digest(whole, tmp_path / "a") == digest(pieces, tmp_path / "b")
        assert digest(whole, tmp_path / "c") != digest(whole[:1], tmp_path / "d")

    @pytest.mark.parametrize("records", ["sales.csv", Path("sales.csv")])
    def test_a_path_stays_one(self, records: str | Path, tmp_path: Path) -> None:
        """Nothing is copied."""
        assert source_of("transactions", records, tmp_path) == "sales.csv"
        assert list(tmp_path.iterdir()) == []
