"""Every row of a file comes out with the line it stood on, whatever the file looks like."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import adapters.records.input.csv_file
from adapters.records.input.base import LINE, MISSHAPEN, UnreadableFile
from adapters.records.input.csv_file import CsvFile
from adapters.records.input.open_source import opened
from adapters.records.input.parquet_file import ParquetSource
from otokui.errors import Missing


def read(tmp_path: Path, text: str | bytes, name: str = "x.csv", rows: int = 1_000) -> list[tuple[Any, ...]]:
    """Return the rows of a CSV file: its columns, why it is misshapen, its line."""
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [row for chunk in CsvFile(path, name).chunks(rows) for row in chunk.select(pl.exclude(LINE, MISSHAPEN), MISSHAPEN, LINE).rows()]


class TestCsv:
    @pytest.mark.parametrize(
        "text",
        [
            "a,b\n1,2\n3,4\n",
            "a,b\r\n1,2\r\n3,4\r\n",
            "\ufeffa,b\n1,2\n3,4",
            ' a ,"b"\n"1","2"\n"3","4"\n',
            "a;b\n1;2\n3;4\n",
            "a\tb\n1\t2\n3\t4\n",
        ],
        ids=["plain", "windows", "bom", "quoted", "semicolon", "tab"],
    )
    def test_spellings_of_one_table(self, tmp_path: Path, text: str) -> None:
        """Nobody has to rewrite an export for its quotes, line ends or byte order mark."""
        assert CsvFile(tmp_path / "x.csv", "x").name == "x"
        assert read(tmp_path, text) == [("1", "2", None, 2), ("3", "4", None, 3)]

    @pytest.mark.parametrize("block", [64, 16 << 20])
    def test_lines_are_physical(self, tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blank lines and line breaks inside quotes are counted, across blocks."""
        monkeypatch.setattr(adapters.records.input.csv_file, "_BLOCK", block)
        text = "a,b\n" + "".join(f'{i},"two\nlines"\n\n' for i in range(20)) + "x\n" + "1,2,3\n" + "last,row"

        found = read(tmp_path, text, rows=3)

        assert [row[-1] for row in found] == [2 + 3 * i for i in range(20)] + [62, 63, 64]
        assert [row[2] for row in found[-3:]] == ["only 1 of 2 fields", "3 fields where the header has 2", None]

    @pytest.mark.parametrize(
        ("text", "rule", "line"),
        [
            ("a,b\n1,2\n3", "truncated_file", 3),
            ('a,b\n1,2\n3,"4', "truncated_file", None),
            ('a,b\n1,2\n3,"4\n5,6\n', "truncated_file", None),
            ('a\n1\n"2', "truncated_file", None),
            ("", "unreadable_file", None),
            ("a,a\n1,2\n", "unreadable_file", None),
            (b"a,b\n1,\xff\n", "unreadable_file", None),
        ],
    )
    def test_what_cannot_be_trusted_is_refused(self, tmp_path: Path, text: str | bytes, rule: str, line: int | None) -> None:
        """A cut, and what is no UTF-8 CSV with a header."""
        with pytest.raises(UnreadableFile) as caught:
            read(tmp_path, text)
        assert (caught.value.rule, caught.value.line) == (rule, line)

    def test_a_quote_inside_a_value_is_no_cut(self, tmp_path: Path) -> None:
        """Inches are written so."""
        assert read(tmp_path, 'a,b\n1,5" pipe\n') == [("1", '5" pipe', None, 2)]

    def test_one_column(self, tmp_path: Path) -> None:
        """Where no field can be missing, blank lines still are none."""
        assert read(tmp_path, "a\n1\n\n2\n") == [("1", None, 2), ("2", None, 4)]

    def test_gzip(self, tmp_path: Path) -> None:
        """By its name."""
        assert read(tmp_path, gzip.compress(b"a,b\n1,2\n"), "x.csv.gz") == [("1", "2", None, 2)]


class TestParquet:
    def test_rows_are_numbered_over_pieces(self, tmp_path: Path) -> None:
        """Types stay what they are."""
        path = tmp_path / "x.parquet"
        pl.DataFrame({"a": [1, 2, 3]}).write_parquet(path)

        chunks = list(ParquetSource(path, "x").chunks(2))

        assert [row for c in chunks for row in c.select("a", LINE).rows()] == [(1, 1), (2, 2), (3, 3)]
        assert chunks[0].schema["a"] == pl.Int64

    @pytest.mark.parametrize(("keep", "rule"), [(60, "truncated_file"), (0, "unreadable_file")])
    def test_a_damaged_file(self, tmp_path: Path, keep: int, rule: str) -> None:
        """Cut, or never Parquet at all."""
        path = tmp_path / "x.parquet"
        pl.DataFrame({"a": [1, 2, 3]}).write_parquet(path)
        path.write_bytes(path.read_bytes()[:keep] or b"hello")

        with pytest.raises(UnreadableFile) as caught:
            ParquetSource(path, "x").columns()
        assert caught.value.rule == rule


class TestOpened:
    def test_a_folder_in_order_of_names(self, tmp_path: Path) -> None:
        """Both kinds, folders within it, nothing hidden."""
        for name in ("b.csv", "a.parquet", "deep/c.csv.gz", ".hidden.csv", "_SUCCESS", "notes.md"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x")

        assert [file.name for file in opened(str(tmp_path), tmp_path)] == ["a.parquet", "b.csv", "deep/c.csv.gz"]

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        """Is a mistake, not an empty table."""
        with pytest.raises(Missing, match=r"holds no \.csv"):
            opened(str(tmp_path), tmp_path)
