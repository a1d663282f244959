"""Parquet reader: typed columns in constant memory, with row numbers as lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.files.atomic_files import sha256
from adapters.records.input.base import LINE, MISSHAPEN, UnreadableFile, checked_header

_MAGIC = b"PAR1"


class ParquetSource:
    """A Parquet file; implements ``SourceFile``."""

    unit = "row"

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        return sha256(self.path)

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        with self._open() as file:
            return checked_header(list(file.schema_arrow.names), self.name)

    def chunks(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield the rows with the types of the file."""
        names, row = self.columns(), 1
        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=rows):
                    frame = cast(pl.DataFrame, pl.from_arrow(batch, rechunk=False))
                    frame.columns = names
                    yield frame.with_columns(
                        pl.int_range(row, row + len(frame), dtype=pl.Int64).alias(LINE), pl.lit(None, dtype=pl.String).alias(MISSHAPEN)
                    )
                    row += len(frame)
            except (pa.ArrowException, OSError):
                raise UnreadableFile(self.name, "unreadable_file", "a page of the file is damaged") from None
            if row == 1:
                yield pl.DataFrame(schema=dict.fromkeys(names, pl.String) | {LINE: pl.Int64, MISSHAPEN: pl.String})

    def _open(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError):
            with self.path.open("rb") as file:
                begins = file.read(4) == _MAGIC
            if begins:
                raise UnreadableFile(self.name, "truncated_file", "the footer of the Parquet file is missing or damaged") from None
            raise UnreadableFile(self.name, "unreadable_file", "it is not a Parquet file") from None
