"""Every kind of bad input is named with table, file, line, column, rule and fix; nothing of a refused file is kept."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import polars as pl
import pytest

from otokui.errors import BadInput, BadRecords, BadSettings, Missing, PersonalData
from pipelines.ingestion.ingest import ingest
from tests.unit.pipelines.ingesting import LINES, NOW, ORDERS, TRANSACTIONS, Shop, at

GOOD = TRANSACTIONS + "".join(f"c{i},2024-01-{i % 28 + 1:02d},10\n" for i in range(100))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC."""
    return Shop(tmp_path)


class TestRefusedWhole:
    def refuse(self, shop: Shop, error: type[BadRecords] = BadRecords, **tables: str | bytes) -> BadRecords:
        """Bring tables that must be refused, and see that nothing changed."""
        before = shop.contents()
        with pytest.raises(error) as caught:
            shop.bring(**tables)
        assert shop.contents() == before
        return caught.value

    def test_a_missing_column_is_named_with_those_there(self, shop: Shop) -> None:
        """The shop can map its own name instead of rewriting the export."""
        error = self.refuse(shop, orders="order_id,customer,ordered_at\no,c,2024-01-01\n")

        assert error.detail == (
            "orders: orders.csv: column 'customer_id': missing_column: a required column is absent "
            "(columns are customer, order_id, ordered_at)"
        )
        assert error.fix == "add the column, or map its name in [records.columns.orders]"

    def test_mixed_time_zones_are_refused(self, shop: Shop) -> None:
        """Half of the times would be hours off, and nobody could say which half."""
        error = self.refuse(shop, transactions=TRANSACTIONS + "a,2024-01-01T10:00:00,1\nb,2024-01-01T10:00:00+09:00,1\n")

        assert (
            error.detail
            == "transactions: transactions.csv: column 'ordered_at': mixed_time_zones: a column mixes times with and without offset"
        )
        assert error.fix == "write every time with its offset, or none"

    @pytest.mark.parametrize(
        ("text", "where", "how"),
        [
            (TRANSACTIONS + "a,2024-01-01,1\nb,2024-0", "transactions.csv, line 3", "the last row has only 2 of 3 fields"),
            (TRANSACTIONS + 'a,2024-01-01,1\n"b', "transactions.csv", "a quote is never closed"),
        ],
        ids=["short last row", "open quote"],
    )
    def test_a_csv_cut_in_the_middle(self, shop: Shop, text: str, where: str, how: str) -> None:
        """Half an export looks like a day without sales."""
        error = self.refuse(shop, transactions=text)

        assert error.detail == f"transactions: {where}: truncated_file: the file ends in the middle of a record ({how})"
        assert error.fix == "export and copy the file again"

    def test_a_gzip_cut_in_the_middle(self, shop: Shop) -> None:
        """What could be unpacked so far is not taken for the whole."""
        packed = gzip.compress(GOOD.encode())
        path = shop.file("cut.csv.gz", packed[: len(packed) - 20])

        with pytest.raises(BadRecords, match="truncated_file.*compressed data ends early"):
            ingest(shop.path, shop.settings, {"transactions": path}, NOW)

    def test_a_parquet_without_its_footer(self, shop: Shop, tmp_path: Path) -> None:
        """Parquet keeps its table of contents at the end."""
        whole = tmp_path / "whole.parquet"
        pl.DataFrame({"customer_id": ["a"], "ordered_at": ["2024-01-01"], "paid_amount": [1.0]}).write_parquet(whole)
        path = shop.file("cut.parquet", whole.read_bytes()[:-30])

        with pytest.raises(BadRecords, match="cut.parquet: truncated_file.*footer"):
            ingest(shop.path, shop.settings, {"transactions": path}, NOW)

    def test_a_file_of_another_encoding(self, shop: Shop) -> None:
        """Shift JIS read as UTF-8 would turn names into rubbish."""
        error = self.refuse(shop, customers="customer_id,area\na,東京\n".encode("cp932"))

        assert error.detail == "customers: customers.csv: unreadable_file: the file cannot be read as what its name says (it is not UTF-8)"
        assert error.fix == "export it again as CSV (UTF-8) or Parquet"

    def test_too_many_bad_rows(self, shop: Shop) -> None:
        """One in ten is not a slip but another format."""
        error = self.refuse(shop, transactions=TRANSACTIONS + "a,2024-01-01,1\n" * 9 + "a,01.02.2024,1\n")

        assert error.detail.startswith(
            "transactions: transactions.csv: too_many_bad_rows: more rows are bad than [records] max_bad_share permits "
            "(1 of 10 rows are bad, 5% permitted): transactions: transactions.csv, line 11: column 'ordered_at': unparsable"
        )
        assert error.fix == "repair the rows named, or raise max_bad_share"

    def test_one_refused_table_refuses_the_call(self, shop: Shop) -> None:
        """Tables of one call come in together or not at all."""
        self.refuse(shop, customers="customer_id\na\n", orders=ORDERS + 'o1,a,"2024')

    @pytest.mark.parametrize("column", ["email", "電話番号", "ﾒｰﾙｱﾄﾞﾚｽ", "氏名", "name", "Customer Name", "tel", "住所"])
    def test_personal_data_by_name(self, shop: Shop, column: str) -> None:
        """Half or full width, English or Japanese, mapped or not."""
        error = self.refuse(shop, PersonalData, customers=f"customer_id,{column}\na,canary-value\n")

        assert f"column {column!r}: personal_data" in error.detail
        assert "canary" not in str(error)
        assert error.fix == "drop the column, or list it in [records] hash_columns"

    @pytest.mark.parametrize(
        "value", ["taro@example.com", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "090-1234-5678", "+81 90 1234 5678", "(555) 123-4567"]
    )
    def test_personal_data_by_content(self, shop: Shop, value: str, caplog: pytest.LogCaptureFixture) -> None:
        """Under whatever name; and the value itself is never repeated."""
        with caplog.at_level(logging.DEBUG):
            error = self.refuse(shop, PersonalData, customers="customer_id,note\n" + "".join(f"c{i},{value}\n" for i in range(20)))

        assert "column 'note': personal_data" in error.detail
        assert value not in str(error) + caplog.text

    def test_hashing_needs_the_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A hash without a secret can be turned back by trying addresses."""
        monkeypatch.delenv("OTOKUI_HASH_KEY", raising=False)
        shop = Shop(tmp_path, hash_columns=("email",))

        with pytest.raises(BadSettings, match="OTOKUI_HASH_KEY holds no key"):
            shop.bring(customers="customer_id,email\na,taro@example.com\n")

    def test_a_table_that_is_none(self, shop: Shop) -> None:
        """The message lists those there are."""
        with pytest.raises(BadInput, match="'order' is no table.*customers, orders"):
            shop.bring(order="a\n")

    def test_a_path_where_nothing_lies(self, shop: Shop) -> None:
        """Rather than an empty table."""
        with pytest.raises(Missing, match="nowhere.csv does not exist"):
            ingest(shop.path, shop.settings, {"orders": "nowhere.csv"}, NOW)


class TestSetAside:
    @pytest.mark.parametrize(
        ("row", "column", "rule", "example"),
        [
            ("a,2024-13-01,1", "ordered_at", "unparsable", "2024-13-01"),
            ('a,2024-01-01,"1,000"', "paid_amount", "unparsable", "1,000"),
            ("a,2024-01-01,inf", "paid_amount", "unparsable", "inf"),
            (",2024-01-01,1", "customer_id", "missing_value", ""),
            ("a,2024-01-01,-5", "paid_amount", "below_minimum", "-5"),
            ("a,2024-06-03,5", "ordered_at", "from_the_future", "2024-06-03"),
        ],
    )
    def test_a_bad_row_is_named_and_kept_apart(self, shop: Shop, row: str, column: str, rule: str, example: str) -> None:
        """The others come in; the row lies in the quarantine as it stood in the file."""
        report = shop.bring(transactions=GOOD + row + "\n")

        (finding,) = report.findings
        assert (finding.rule, finding.column, finding.count, finding.rows, finding.lines, finding.examples) == (
            rule,
            column,
            1,
            101,
            (102,),
            (example,),
        )
        assert finding.says.startswith(f"transactions: transactions.csv, line 102: column {column!r}: {rule}: ")
        assert report.counts["transactions"].set_aside == {rule: 1}
        assert len(shop.rows("orders", "order_id")) == 100
        (aside,) = shop.quarantined("transactions")
        assert (aside["rule"], aside["column"], aside["source_file"], aside["source_line"], aside[column]) == (
            rule,
            column,
            "transactions.csv",
            102,
            example,
        )

    def test_a_row_of_another_shape(self, shop: Shop) -> None:
        """A comma too many shifts every value, so none of them is believed."""
        report = shop.bring(transactions=GOOD + "a,2024-01-01,1,000\n" + "b,2024-01-01,1\n")

        assert [(f.rule, f.column, f.lines) for f in report.findings] == [("unparsable", "", (102,))]

    def test_duplicate_keys_with_other_contents(self, shop: Shop) -> None:
        """The first stays, because nothing says which is right."""
        rows = "".join(f"x{i},c,2024-01-01\n" for i in range(40))
        report = shop.bring(orders=ORDERS + rows + "o1,a,2024-01-01\no1,b,2024-01-01\n", order_lines=LINES + "o1,p,1,5\n")

        assert [(f.rule, f.column, f.lines) for f in report.findings] == [("duplicate_key", "order_id", (43,))]
        assert report.findings[0].fix == "export each key once; a correction comes with a later known_at"
        assert ("o1", "a") in shop.rows("orders", "order_id", "customer_id")
        assert shop.quarantined("orders")[0]["customer_id"] == "b"

    def test_equal_rows_twice_are_dropped_and_counted(self, shop: Shop) -> None:
        """A repeated row says nothing new and is no mistake worth a message."""
        report = shop.bring(orders=ORDERS + "o1,a,2024-01-01\no1,a,2024-01-01\n")

        assert (report.counts["orders"].kept, report.counts["orders"].known_already, report.findings) == (1, 1, ())

    def test_a_line_without_its_order(self, shop: Shop) -> None:
        """It belongs to nobody and happened at no time."""
        rows = "".join(f"o1,p{i},1,5\n" for i in range(40))
        report = shop.bring(orders=ORDERS + "o1,a,2024-01-01\n", order_lines=LINES + rows + "o9,p,1,5\n")

        assert [(f.table, f.rule, f.lines) for f in report.findings] == [("order_lines", "unknown_reference", (42,))]
        assert shop.quarantined("order_lines")[0]["order_id"] == "o9"

    def test_an_order_shared_by_two_customers(self, shop: Shop) -> None:
        """The first row of a flat order says whose it is."""
        shop.bring(transactions="order_id,customer_id,ordered_at,paid_amount\n" + "o,a,2024-01-01,1\n" * 30 + "o,b,2024-01-01,2\n")

        assert shop.rows("order_lines", "customer_id", "paid_amount") == [("a", 30.0)]
        assert [r["customer_id"] for r in shop.quarantined("transactions")] == ["b"]

    def test_a_place_that_is_none(self, shop: Shop) -> None:
        """Permitted values stand in the contract."""
        report = shop.bring(
            orders="order_id,customer_id,ordered_at,place\n"
            + "".join(f"o{i},a,2024-01-01,store\n" for i in range(30))
            + "x,a,2024-01-01,moon\n"
        )

        assert [(f.rule, f.examples) for f in report.findings] == [("not_allowed", ("moon",))]

    def test_a_stray_address_is_hidden_everywhere(self, shop: Shop) -> None:
        """One e-mail among many ids sets its row aside, and stands neither in a message nor in the quarantine."""
        rows = "".join(f"c{i},Tokyo\n" for i in range(300))
        report = shop.bring(customers="customer_id,area\n" + rows + "taro@example.com,Tokyo\n")

        (finding,) = report.findings
        assert (finding.rule, finding.examples) == ("personal_data", ("[e-mail]",))
        assert shop.quarantined("customers")[0]["customer_id"] == "[e-mail]"


class TestKept:
    def test_an_empty_table_is_a_warning(self, shop: Shop) -> None:
        """A header without rows changes nothing and is said aloud."""
        report = shop.bring(orders=ORDERS)

        assert [str(f) for f in report.findings] == [
            "orders: orders.csv: empty_table: the file holds no row. To fix it: nothing was changed; check the export if this surprises"
        ]
        assert not report.changed

    def test_an_unknown_customer_is_kept_with_a_warning(self, shop: Shop) -> None:
        """A purchase is a fact even if the customers table lags behind."""
        report = shop.bring(customers="customer_id\na\n", orders=ORDERS + "o1,a,2024-01-01\no2,zoe,2024-01-01\n")

        assert [(f.table, f.rule, f.count, f.examples) for f in report.findings] == [("orders", "unknown_customer", 1, ("zoe",))]
        assert report.findings[0].fix == "bring the customers table too; the row was kept"
        assert len(shop.rows("orders", "order_id")) == 2

    def test_unicode_ids_stay_what_they_are_in_composed_form(self, shop: Shop) -> None:
        """Widths, emoji and right-to-left are different ids; composed and decomposed are one customer's."""
        ids = ["東京-１", "😀", "❤\ufe0f", "cafe\u0301", "שלום", "ｶﾅ", "a b"]
        shop.bring(transactions=TRANSACTIONS + "".join(f"{i},2024-01-01,1\n" for i in [*ids, "caf\u00e9"]))

        composed = {"東京-１", "😀", "❤\ufe0f", "caf\u00e9", "שלום", "ｶﾅ", "a b"}
        assert {c for (c,) in shop.rows("orders", "customer_id")} == composed

    def test_a_hashed_column_may_be_the_id(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same address, however written, is the same customer; the address itself is nowhere."""
        monkeypatch.setenv("OTOKUI_HASH_KEY", "a key of the shop's own, long enough")
        shop = Shop(tmp_path, hash_columns=("email",), columns={"transactions": {"customer_id": "email"}})
        shop.bring(transactions="email,ordered_at,paid_amount\nTaro@Example.com,2024-01-01,1\nｔａｒｏ@example.com,2024-01-02,1\n")

        assert {c for (c,) in shop.rows("orders", "customer_id")} == {"6f1b3994156934b37bceff202bec1bc7"}
        assert not any(b"example" in data.lower() for data in shop.contents().values())

    def test_a_tolerance_of_a_day(self, shop: Shop) -> None:
        """Clocks differ; tomorrow is let through, the day after is not."""
        shop.bring(transactions=TRANSACTIONS + "a,2024-06-01T23:00:00,1\n")

        assert shop.rows("orders", "ordered_at") == [(at("2024-06-01T23:00:00"),)]
