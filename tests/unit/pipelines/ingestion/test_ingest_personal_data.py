"""What becomes of rows that hold personal data: cells emptied, rows set aside, files refused, and no refusal ever lost."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from otokui.domain import parse_instant
from otokui.errors import PersonalData
from pipelines.ingestion.ingest import ingest
from tests.unit.pipelines.ingesting import NOW, TRANSACTIONS, Shop

ROWS = 300
CONSENTS = "customer_id,channel,opted_in,changed_at\n"
SUPPRESSIONS = "customer_id,channel,reason,from\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty shop in UTC with one attribute."""
    return Shop(tmp_path, attributes=("rank",))


class TestCells:
    @pytest.mark.parametrize(
        "value", ["090-1234-5678", "０９０ー１２３４ー５６７８", "t@example.com", "山田太郎", "東京都渋谷区神宮前1-2-3"]
    )
    def test_one_in_an_optional_column_is_emptied(self, shop: Shop, value: str) -> None:
        """The row is kept, the cell is empty, the report counts it and names its line, never the value."""
        rows = "".join(f"c{i},Tokyo\n" for i in range(ROWS))

        report = shop.bring(customers=f"customer_id,area\n{rows}x,{value}\n")

        (finding,) = report.findings
        assert (finding.rule, finding.column, finding.count, finding.lines, finding.examples) == (
            "personal_data_removed",
            "area",
            1,
            (302,),
            (),
        )
        assert (report.counts["customers"].kept, report.counts["customers"].stripped) == (301, {"area": 1})
        assert ("x", None) in shop.rows("customers", "customer_id", "area")
        assert value not in report.render()

    def test_an_area_is_no_address(self, shop: Shop) -> None:
        """A prefecture, a city and a ward say where people live in general."""
        report = shop.bring(customers="customer_id,area\na,東京都\nb,Osaka\nc,東京都渋谷区\nd,山口\n")

        assert report.findings == ()
        assert shop.rows("customers", "area") == [("Osaka",), ("山口",), ("東京都",), ("東京都渋谷区",)]

    def test_an_attribute_is_looked_into(self, shop: Shop) -> None:
        """Free text: a number without separators, a name within a sentence."""
        rows = "".join(f"c{i},gold\n" for i in range(ROWS))

        report = shop.bring(customers=f"customer_id,rank\n{rows}x,09012345678\ny,田中さんの紹介\n")

        assert report.counts["customers"].stripped == {"rank": 2}

    def test_products_called_like_people_stay(self, shop: Shop) -> None:
        """Goods and brands are not judged as names of customers are."""
        names = ["Tanaka Coffee", "田中屋の羊羹", "山本山 海苔", "John Lewis", "松本清", "北海道産じゃがいも 10-20個"]

        report = shop.bring(products="product_id,name,brand\n" + "".join(f"p{i},{name},{name}\n" for i, name in enumerate(names)))

        assert report.findings == ()
        assert [name for _, name in shop.rows("products", "product_id", "name")] == names

    def test_authors_stay(self, shop: Shop) -> None:
        """Where a fifth of a column of products are names, they are those of known people."""
        authors = ["佐藤 健", "鈴木 太郎", "田中 花子", "高橋 恵子", *(f"出版社{i}" for i in range(8))]

        report = shop.bring(products="product_id,brand\n" + "".join(f"p{i},{authors[i % 12]}\n" for i in range(60)))

        assert report.findings == ()

    def test_a_typed_column_of_parquet_is_looked_into(self, shop: Shop, tmp_path: Path) -> None:
        """Categories are text too."""
        areas = pl.Series([*["Tokyo"] * 50, "090-1234-5678"], dtype=pl.Categorical)
        path = tmp_path / "customers.parquet"
        pl.DataFrame({"customer_id": [f"c{i}" for i in range(51)], "area": areas}).write_parquet(path)

        report = ingest(shop.path, shop.settings, {"customers": str(path)}, NOW)

        assert report.counts["customers"].stripped == {"area": 1}


class TestRows:
    @pytest.mark.parametrize(("value", "mask"), [("taro@example.com", "[e-mail]"), ("090-1234-5678", "[phone]"), ("山田太郎", "[name]")])
    def test_one_in_a_required_column_sets_its_row_aside(self, shop: Shop, value: str, mask: str) -> None:
        """A record of nobody is none; of the value its kind is left."""
        rows = "".join(f"c{i},2024-01-01,5\n" for i in range(ROWS))

        report = shop.bring(transactions=TRANSACTIONS + rows + f"{value},2024-01-01,5\n")

        (finding,) = report.findings
        assert (finding.rule, finding.column, finding.lines, finding.examples) == ("personal_data", "customer_id", (302,), (mask,))
        assert shop.quarantined("transactions")[0]["customer_id"] == mask

    def test_a_mobile_number_is_no_amount(self, shop: Shop) -> None:
        """It would be nine billion yen."""
        rows = "".join(f"c{i},2024-01-01,5\n" for i in range(ROWS))

        report = shop.bring(transactions=TRANSACTIONS + rows + "x,2024-01-01,09012345678\n")

        assert report.counts["transactions"].set_aside == {"personal_data": 1}

    def test_values_in_the_quarantine_are_hidden(self, shop: Shop) -> None:
        """Of a broken row, figures and codes are kept; a name that no list knows is not."""
        rows = "".join(f"c{i},2024-01-01,5,store\n" for i in range(ROWS))
        header = "customer_id,ordered_at,paid_amount,place\n"

        report = shop.bring(transactions=header + rows + "x,神宮寺 勝,5,store\ny,2024-01-01,5,Kowalski\n")

        assert {f.examples for f in report.findings} == {("[text]",)}
        assert [(r["customer_id"], r["ordered_at"], r["paid_amount"], r["place"]) for r in shop.quarantined("transactions")] == [
            ("x", "[text]", "5", "store"),
            ("y", "2024-01-01", "5", "[text]"),
        ]


class TestFiles:
    def test_a_column_of_customers_names_is_refused(self, shop: Shop) -> None:
        """Under whatever heading; the message says how many and how to go on."""
        with pytest.raises(PersonalData) as caught:
            shop.bring(customers="customer_id,memo\n" + "".join(f"c{i},山田 太郎\n" for i in range(20)))

        assert caught.value.detail == (
            "customers: customers.csv: column 'memo': personal_data: a column holds e-mail addresses, phone numbers or names "
            "(20 of 20 values looked at are like names; if they are none, list customers.memo in [records] trusted_columns)"
        )

    def test_a_column_of_surnames_is_refused(self, shop: Shop) -> None:
        """Each alone could be a place; a column of them is none."""
        with pytest.raises(PersonalData, match="column 'memo'"):
            shop.bring(customers="customer_id,memo\na,佐藤\nb,鈴木\nc,高橋\nd,伊藤\n")

    def test_a_trusted_column_is_not_judged(self, tmp_path: Path) -> None:
        """The shop knows its order numbers better than a pattern does."""
        shop = Shop(tmp_path, trusted_columns=("orders.order_id",))

        report = shop.bring(orders="order_id,customer_id,ordered_at\n090-1234-5678,a,2024-01-01\n")

        assert (report.counts["orders"].kept, report.findings) == (1, ())

    def test_trusting_a_column_later_brings_the_file_again(self, tmp_path: Path) -> None:
        """Another reading makes other records of the same bytes."""
        rows = "".join(f"o{i},a,2024-01-01\n" for i in range(ROWS))
        text = "order_id,customer_id,ordered_at\n" + rows + "090-1234-5678,a,2024-01-01\n"
        before, after = Shop(tmp_path), Shop(tmp_path / "again", trusted_columns=("orders.order_id",))
        before.bring(orders=text)
        after.path = before.path

        report = after.bring(orders=text)

        assert (report.counts["orders"].kept, report.counts["orders"].known_already) == (1, 300)

    def test_a_hashed_column_is_not_judged(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Only its pseudonyms come in."""
        monkeypatch.setenv("OTOKUI_HASH_KEY", "a key of the shop's own, long enough")
        shop = Shop(tmp_path, hash_columns=("tel",), columns={"transactions": {"customer_id": "tel"}})

        shop.bring(transactions="tel,ordered_at,paid_amount\n090-1234-5678,2024-01-01,1\n０９０－１２３４－５６７８,2024-01-02,1\n")

        assert len({c for (c,) in shop.rows("orders", "customer_id")}) == 1


class TestForbidding:
    def test_a_reason_that_names_somebody_is_replaced(self, shop: Shop) -> None:
        """Even where every row does: whoever must not be contacted stays so."""
        report = shop.bring(suppressions=SUPPRESSIONS + "".join(f"c{i},email,田中様より電話,2024-01-01\n" for i in range(5)))

        assert report.counts["suppressions"].kept == 5
        assert {r for (r,) in shop.rows("suppressions", "reason")} == {"personal data removed"}

    def test_a_channel_that_is_an_address_means_all_channels(self, shop: Shop) -> None:
        """An empty channel of a suppression is every channel."""
        rows = "".join(f"c{i},email,complaint,2024-01-01\n" for i in range(9))

        shop.bring(suppressions=SUPPRESSIONS + rows + "x,taro@example.com,complaint,2024-01-01\n")

        assert ("x", None) in shop.rows("suppressions", "customer_id", "channel")

    @pytest.mark.parametrize("share", [1, 300])
    def test_an_id_on_record_keeps_its_opt_out(self, tmp_path: Path, share: int) -> None:
        """A shop of an earlier build may know customers by telephone number; their refusal must reach them."""
        earlier = Shop(tmp_path, trusted_columns=("transactions.customer_id",))
        earlier.bring(transactions=TRANSACTIONS + "090-1234-5678,2024-01-01,5\n")
        later = Shop(tmp_path / "later")
        later.path = earlier.path
        rows = "".join(f"c{i},email,true,2024-01-01\n" for i in range(share - 1))

        report = later.bring(now=parse_instant("2024-06-02T00:00:00Z"), consents=CONSENTS + rows + "090-1234-5678,email,false,2024-02-01\n")

        assert report.counts["consents"].kept == share
        assert ("090-1234-5678", False) in later.rows("consents", "customer_id", "opted_in")

    def test_an_id_of_no_record_is_set_aside(self, shop: Shop) -> None:
        """Loudly, for it says no; nobody is contacted under it, because no table takes it."""
        rows = "".join(f"c{i},email,true,2024-01-01\n" for i in range(ROWS))

        report = shop.bring(consents=CONSENTS + rows + "taro@example.com,email,false,2024-01-01\n")

        assert report.counts["consents"].set_aside == {"refusal_lost": 1}
        assert report.counts["consents"].kept == ROWS
