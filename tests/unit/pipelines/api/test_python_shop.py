"""A shop from Python: opened or made, frames brought in past the same checks, and errors that say what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from otokui.errors import BadInput, BadRecords, Conflict, Missing, NotEnoughData, PersonalData
from pipelines.api.python_shop import PythonShop


@pytest.fixture
def shop(tmp_path: Path) -> PythonShop:
    return PythonShop.create(tmp_path / "shop", timezone="Asia/Tokyo")


def bought(**columns: object) -> pd.DataFrame:
    """Two purchases; the ids came as numbers."""
    frame = {"customer_id": [17, 18], "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-02"]), "paid_amount": [100, 200]}
    return pd.DataFrame(frame | columns)


def on_record(shop: PythonShop) -> pl.DataFrame:
    files = sorted((shop.folder / "records" / "orders").rglob("*.parquet"))
    return pl.concat([pl.read_parquet(path) for path in files]).sort("customer_id")


class TestFolder:
    def test_the_time_zone_is_written_into_the_settings(self, tmp_path: Path) -> None:
        """The command line reads the same folder, so it has to stand there."""
        PythonShop.create(tmp_path / "shop", timezone="Europe/Berlin")
        text = (tmp_path / "shop" / "otokui.toml").read_text(encoding="utf-8")
        assert 'timezone = "Europe/Berlin"' in text
        assert "Asia/Tokyo" not in text

    def test_an_unknown_time_zone_makes_no_folder(self, tmp_path: Path) -> None:
        """Nothing is half made."""
        with pytest.raises(BadInput, match="'Tokyo' is no time zone"):
            PythonShop.create(tmp_path / "shop", timezone="Tokyo")
        assert not (tmp_path / "shop").exists()

    def test_a_folder_that_is_no_shop_is_refused(self, tmp_path: Path) -> None:
        """A slip in the name does not open an empty shop."""
        with pytest.raises(Missing, match="is no shop"):
            PythonShop(tmp_path)

    def test_one_is_not_made_over_another(self, shop: PythonShop) -> None:
        """Settings that were edited stay."""
        with pytest.raises(Conflict, match="exists already"):
            PythonShop.create(shop.folder)
        assert repr(PythonShop(shop.folder)) == f"Shop({str(shop.folder)!r})"


class TestIngest:
    def test_ids_are_text_and_times_are_the_shops(self, shop: PythonShop) -> None:
        """17 stays 17, beside a missing value too, and midnight is midnight in Tokyo."""
        report = shop.ingest(transactions=bought(customer_id=pd.Series([17.0, 18.0])))
        assert report.counts["transactions"].kept == 2
        assert on_record(shop).select("customer_id", "ordered_at").rows() == [("17", 1_704_034_800), ("18", 1_704_121_200)]

    def test_the_same_frame_twice_changes_nothing(self, shop: PythonShop) -> None:
        """Known by its bytes, not by its name; the third call brings another row."""
        assert shop.ingest(transactions=bought()).changed
        again = shop.ingest(transactions=bought())
        assert (again.changed, again.sequence, again.known_files) == (False, None, ("transactions: transactions_frame.parquet",))
        assert shop.ingest(transactions=bought(customer_id=[17, 19])).changed
        assert on_record(shop)["customer_id"].to_list() == ["17", "18", "19"]

    def test_several_tables_come_in_together_or_not_at_all(self, shop: PythonShop) -> None:
        """A customers' frame without its ids takes the good purchases with it."""
        with pytest.raises(BadRecords, match=r"customers: customers_frame.parquet: column 'customer_id'"):
            shop.ingest(transactions=bought(), customers=pl.DataFrame({"gender": ["f"]}))
        assert not list((shop.folder / "records").rglob("*.parquet"))
        report = shop.ingest(transactions=bought(), customers=pl.DataFrame({"customer_id": ["17"], "gender": ["f"]}))
        assert (report.counts["transactions"].kept, report.counts["customers"].kept) == (2, 1)

    def test_a_bad_row_is_named(self, shop: PythonShop) -> None:
        """Table, row, column, rule and fix are those of a file."""
        with pytest.raises(BadRecords, match=r"row 2: column 'paid_amount': below_minimum") as raised:
            shop.ingest(transactions=bought(paid_amount=[100, -5]))
        assert "repair the rows named" in raised.value.fix

    def test_a_span_of_time_is_no_time(self, shop: PythonShop) -> None:
        """Said by the same rule as any other text that is none."""
        with pytest.raises(BadRecords, match=r"rows 1, 2: column 'ordered_at': unparsable.*'P1D'"):
            shop.ingest(transactions=bought(ordered_at=pd.to_timedelta([1, 2], unit="D")))

    def test_personal_data_is_refused(self, shop: PythonShop) -> None:
        """A frame is no back door."""
        with pytest.raises(PersonalData, match="mail"):
            shop.ingest(transactions=bought(mail=["ada@example.com", "bob@example.com"]))

    def test_nothing_and_no_table_are_refused(self, shop: PythonShop) -> None:
        """A misspelt keyword says which tables there are."""
        with pytest.raises(BadInput, match="nothing to ingest"):
            shop.ingest()
        with pytest.raises(BadInput, match="'transaction' is no table"):
            shop.ingest(transaction=bought())

    def test_no_copy_of_the_frame_stays(self, shop: PythonShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Also where it was refused."""
        aside = tmp_path / "aside"
        aside.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(aside))
        shop.ingest(transactions=bought())
        with pytest.raises(BadRecords):
            shop.ingest(transactions=bought().drop(columns="paid_amount"))
        assert list(aside.iterdir()) == []


class TestWithoutModels:
    def test_nobody_is_foretold_or_decided_about(self, shop: PythonShop) -> None:
        """The error is the command line's, and no folder of decisions is begun."""
        shop.ingest(transactions=bought())
        with pytest.raises(Missing, match="no model is live"):
            shop.predict(as_of=date(2024, 2, 1))
        with pytest.raises(Missing, match="no model is live"):
            shop.decide(as_of=pd.Timestamp("2024-02-01T09:00:00+09:00"))
        assert not (shop.folder / "decisions").exists()

    def test_nothing_is_trained_on_nothing(self, shop: PythonShop) -> None:
        """The first purchase is needed."""
        with pytest.raises(NotEnoughData, match="nobody has bought yet"):
            shop.train()
