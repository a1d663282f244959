"""Personal data seeded in every column of every table is nowhere afterwards: no file, no message, no log line."""

from __future__ import annotations

import csv
import io
import sqlite3
import unicodedata
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from otokui.data_contract.tables import KNOWN_AT, TABLES, Column, ColumnKind
from pipelines.cli import app

CANARIES = (
    *("山田太郎", "山田　花子", "ﾔﾏﾀﾞ ﾀﾛｳ", "佐藤健様", "Taro Yamada"),
    *("０９０ー１２３４ー５６７８", "090-1234-5678", "（03）1234－5678", "+81 80 1234 5678"),
    *("hanako.canary@example.com", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ"),
    *("東京都渋谷区神宮前1-2-3", "〒150-0001 渋谷区神宮前１丁目２番３号"),
)
GOOD = 400
_VALUES = {
    ColumnKind.TIME: "2024-03-01T10:00:00",
    ColumnKind.MONEY: "500",
    ColumnKind.NUMBER: "1",
    ColumnKind.INTEGER: "3",
    ColumnKind.BOOLEAN: "true",
    ColumnKind.CONSENT: "true",
    ColumnKind.BOUNCE: "hard",
}
_SETTINGS = '[shop]\nname = "shop"\ntimezone = "UTC"\n[records]\nmax_bad_share = 1.0\nattributes = ["rank"]\n'


def value(table: str, column: Column, row: int) -> str:
    """Return an unremarkable value."""
    if column.allowed:
        return column.allowed[0]
    if column.kind is ColumnKind.ID:
        return f"{column.name[0]}{row % 50 if column.name not in TABLES[table].key else row}"
    return {"birth_year": "1980", "channel": "email"}.get(column.name, _VALUES.get(column.kind, "gold"))


def seeded(table: str) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: many that hold, then every canary in every column, one a row."""
    own = [Column("rank", ColumnKind.TEXT, "attribute")] if table == "customers" else []
    columns = [*TABLES[table].columns, KNOWN_AT, *own, Column("note", ColumnKind.TEXT, "not in the contract")]
    rows = [[value(table, c, row) for c in columns] for row in range(GOOD)]
    for at in range(len(columns)):
        for n, canary in enumerate(CANARIES):
            bad = [value(table, c, GOOD + at * len(CANARIES) + n) for c in columns]
            bad[at] = canary
            rows.append(bad)
    return [c.name for c in columns], rows


def as_csv(header: list[str], rows: list[list[str]]) -> str:
    """Return rows as CSV, and below them rows that cannot be split."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows, *([canary] * (len(header) + 1) for canary in CANARIES)])
    return out.getvalue() + header[0] + "," * (len(header) - 1) + "\n"


def everything(shop: Path) -> str:
    """Return whatever can be read below a shop: bytes, Parquet cells, rows of the ledger."""
    read = []
    for path in sorted(p for p in shop.rglob("*") if p.is_file()):
        read.append(path.read_bytes().decode("utf-8", "ignore"))
        if path.suffix == ".parquet":
            read.append(str(pl.read_parquet(path, hive_partitioning=False).to_dicts()))
        if path.suffix == ".db":
            read += sqlite3.connect(path).iterdump()
    return "\n".join(read)


def assert_nowhere(text: str) -> None:
    """See that no canary stands in a text, in whatever width."""
    plain = unicodedata.normalize("NFKC", text)
    found = {c for c in CANARIES if c in text or unicodedata.normalize("NFKC", c) in plain}
    found |= {part for part in ("1234-5678", "渋谷区神宮前", "hanako.can", "ヤマダ", "花子", "Yamada") if part in plain}
    assert found == set()


class TestCanaries:
    @pytest.fixture
    def shop(self, tmp_path: Path) -> Path:
        """A shop made by the command line."""
        shop = tmp_path / "shop"
        assert CliRunner().invoke(app, ["init", str(shop)]).exit_code == 0
        (shop / "otokui.toml").write_text(_SETTINGS, encoding="utf-8")
        return shop

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a verb; return its exit code and everything it wrote to either stream."""
        done = CliRunner().invoke(app, list(arguments))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output + done.stderr

    @pytest.mark.parametrize("form", ["csv", "parquet"])
    def test_no_canary_comes_through(self, shop: Path, tmp_path: Path, form: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Every column of every table, well-formed rows and broken ones; then the check-up and its dictionary."""
        named = []
        for table in TABLES:
            header, rows = seeded(table)
            path = tmp_path / f"{table}.{form}"
            if form == "csv":
                path.write_text(as_csv(header, rows), encoding="utf-8")
            else:
                pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row").write_parquet(path)
            named.append(f"{table}={path}")

        code, said = self.run("ingest", "--shop", str(shop), *named)
        checked, dictionary = self.run("doctor", "--shop", str(shop))

        assert (code, checked) == (0, 0), said
        assert "personal_data_removed" in said
        assert_nowhere(said + dictionary + "".join(capfd.readouterr()))
        assert_nowhere(everything(shop))
        assert len(pl.read_parquet(shop / "records/consents/**/*.parquet")) >= GOOD

    @pytest.mark.parametrize("table", ["customers", "transactions", "suppressions"])
    @pytest.mark.parametrize("form", ["csv", "parquet"])
    def test_a_first_row_of_values_is_not_repeated(self, shop: Path, tmp_path: Path, table: str, form: str) -> None:
        """A file without a header is refused with a message that names none of its cells."""
        path = tmp_path / f"{table}.{form}"
        if form == "csv":
            path.write_text(",".join(CANARIES) + "\n" + ",".join("x" * len(CANARIES)) + "\n", encoding="utf-8")
        else:
            pl.DataFrame({canary: ["x"] for canary in CANARIES}).write_parquet(path)

        code, said = self.run("ingest", "--shop", str(shop), f"{table}={path}")

        assert code == 3
        assert "missing_header: the first row seems to hold values, not column names" in said
        assert_nowhere(said + everything(shop))

    def test_a_value_among_the_column_names_is_masked(self, shop: Path, tmp_path: Path) -> None:
        """The other names are listed, so that the shop can map its own."""
        path = tmp_path / "orders.csv"
        path.write_text("order_id,ordered_at,山田太郎,taro@example.com\no1,2024-01-01,x,y\n", encoding="utf-8")

        code, said = self.run("ingest", "--shop", str(shop), f"orders={path}")

        assert code == 3
        assert "(columns are order_id, ordered_at, [e-mail], [name])" in said

    def test_a_column_named_by_a_value_is_masked_where_its_contents_are_refused(self, shop: Path, tmp_path: Path) -> None:
        """The message names a column, and that name may be somebody's address."""
        path = tmp_path / "customers.csv"
        path.write_text("customer_id,hanako.canary@example.com\n" + "".join(f"c{i},090-1234-567{i}\n" for i in range(9)), encoding="utf-8")

        code, said = self.run("ingest", "--shop", str(shop), f"customers={path}")

        assert code == 3
        assert "column '[e-mail]': personal_data" in said
        assert_nowhere(said)
