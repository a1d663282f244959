"""CSV reader: text with the physical line of every row, in constant memory.

It notices a truncated file. Arrow's streaming parser reports every row with too many or too few fields; other parsers fill in nulls,
and a truncated file looks complete to them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pacsv

from adapters.files.atomic_files import sha256
from adapters.records.input.base import LINE, MISSHAPEN, UnreadableFile, checked_header

_END = "\x1eend-of-file\x1e"
"""A last row added while reading; where the parser does not return it, a quote was left open."""

_BLOCK = 16 << 20
_DELIMITERS = ",\t;|"
_SHORT = "only "


class _WithEnd(io.RawIOBase):
    """Binary file with the end row appended."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._tail = file, b"\n" + _END.encode() + b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        if not piece:
            piece, self._tail = self._tail[: len(buffer)], self._tail[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


class CsvFile:
    """A CSV file (or a gzip of one); implements ``SourceFile``."""

    unit = "line"

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def digest(self) -> str:
        """Return the SHA-256 of the bytes on disk."""
        return sha256(self.path)

    def columns(self) -> list[str]:
        """Return the header."""
        return self._header()[0]

    def chunks(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield the rows as text, in chunks of about ``rows``; an empty field is ''."""
        names, delimiter = self._header()
        pending: list[pl.DataFrame] = []
        try:
            for frame in _lined(*self._reader(names, delimiter), names, self.name):
                pending.append(frame)
                # One chunk is held back, because only the last row of the file shows whether it was truncated.
                if sum(map(len, pending[:-1])) >= rows:
                    yield pl.concat(pending[:-1])
                    pending = pending[-1:]
        except (pa.ArrowInvalid, OSError, EOFError) as error:
            raise self._broken(error) from None
        rest = pl.concat(pending)
        cut = rest.filter((pl.col(LINE) == pl.col(LINE).max()) & pl.col(MISSHAPEN).str.starts_with(_SHORT))
        if len(cut):
            raise UnreadableFile(self.name, "truncated_file", f"the last row has {cut.item(0, MISSHAPEN)}", cut.item(0, LINE))
        yield rest

    def _open(self) -> IO[bytes]:
        raw = pa.OSFile(str(self.path), "rb")
        if self.path.name.lower().endswith(".gz"):
            return cast(IO[bytes], pa.CompressedInputStream(raw, "gzip"))
        return cast(IO[bytes], raw)

    def _header(self) -> tuple[list[str], str]:
        try:
            with self._open() as file:
                start = file.read(1 << 20)
            text = start[: start.rfind(b"\n") + 1 or len(start)].decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UnreadableFile(self.name, "unreadable_file", "it is not UTF-8") from None
        except OSError as error:
            raise self._broken(error) from None
        delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        return checked_header(names, self.name), delimiter

    def _reader(self, names: list[str], delimiter: str) -> tuple[pacsv.CSVStreamingReader, list[pacsv.InvalidRow]]:
        misshapen: list[pacsv.InvalidRow] = []

        def note(row: pacsv.InvalidRow) -> str:
            misshapen.append(row)
            return "skip"

        columns = [str(i) for i in range(len(names))]
        reader = pacsv.open_csv(
            pa.PythonFile(_WithEnd(self._open()), mode="r"),
            read_options=pacsv.ReadOptions(block_size=_BLOCK, use_threads=False, column_names=columns),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False),
        )
        return reader, misshapen

    def _broken(self, error: Exception) -> UnreadableFile:
        message = str(error)
        if "runcated" in message or isinstance(error, EOFError):
            return UnreadableFile(self.name, "truncated_file", "the compressed data ends early")
        return UnreadableFile(self.name, "unreadable_file", "it is not UTF-8" if "UTF8" in message else "it is not a CSV file")


def _lined(reader: pacsv.CSVStreamingReader, misshapen: list[pacsv.InvalidRow], names: list[str], file: str) -> Iterator[pl.DataFrame]:
    """Yield frames with line numbers, misshapen rows included.

    The header and blank lines are left out.
    """
    row, line, ended, taken = 1, 1, False, 0
    waiting: list[pacsv.InvalidRow] = []
    blank = pl.all_horizontal(pl.col(name) == "" for name in names) & pl.col(MISSHAPEN).is_null()
    for batch in _batches(reader):
        frame = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
        if batch is not None:
            frame = cast(pl.DataFrame, pl.from_arrow(batch))
            frame.columns = names
        # Arrow parses ahead in another thread and appends to the list meanwhile, so the list is only read forwards.
        new = misshapen[taken:]
        taken += len(new)
        ended = ended or any(r.text == _END for r in new)
        waiting += [r for r in new if r.text != _END]
        numbers = np.setdiff1d(np.arange(row, row + len(frame) + len(waiting)), [r.number for r in waiting])[: len(frame)]
        upto = int(numbers[-1]) if len(numbers) else row - 1
        here = [r for r in waiting if batch is None or r.number < upto]
        waiting = [r for r in waiting if batch is not None and r.number >= upto]
        placed = _placed(frame, numbers, here, names, line - row)
        if len(placed):
            row, line = upto + 1, int(placed.item(-1, "__next"))
            if len(names) == 1 and placed.item(-1, names[0]) == _END:
                placed, ended = placed.head(-1), True
        yield placed.filter(~blank & (pl.col(LINE) > 1)).drop("__next")
    if not ended:
        raise UnreadableFile(file, "truncated_file", "a quote is never closed")


def _batches(reader: pacsv.CSVStreamingReader) -> Iterator[pa.RecordBatch | None]:
    yield from reader
    yield None


def _placed(frame: pl.DataFrame, numbers: Any, misshapen: list[pacsv.InvalidRow], names: list[str], shift: int) -> pl.DataFrame:
    """Return good and misshapen rows in file order.

    ``shift`` lines so far were line breaks inside quotes.
    """
    breaks = pl.sum_horizontal(pl.col(name).str.count_matches("\n", literal=True).cast(pl.Int64) for name in names)
    placed = frame.with_columns(
        pl.Series("__number", numbers, dtype=pl.Int64), pl.lit(None, dtype=pl.String).alias(MISSHAPEN), breaks.alias("__breaks")
    )
    if misshapen:
        bad = pl.DataFrame(
            {
                "__number": [r.number for r in misshapen],
                MISSHAPEN: [_shape(r.actual_columns, r.expected_columns) for r in misshapen],
                "__breaks": [r.text.count("\n") for r in misshapen],
            }
        )
        placed = pl.concat([placed, bad], how="diagonal").sort("__number").with_columns(pl.col(names).fill_null(""))
    after = pl.col("__number") + shift + pl.col("__breaks").cum_sum()
    return placed.with_columns((after - pl.col("__breaks")).alias(LINE), (after + 1).alias("__next")).drop("__number", "__breaks")


def _shape(fields: int, expected: int) -> str:
    return f"{_SHORT}{fields} of {expected} fields" if fields < expected else f"{fields} fields where the header has {expected}"
