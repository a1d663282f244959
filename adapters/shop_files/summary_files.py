"""Summary files in Parquet, read as batches of customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.batches import to_batches
from otokui.frames import Batch, Floats

ROWS = 20_000
"""Rows per batch: vectors and candidates of so many customers stay within a few hundred MB."""


def read_batches(path: Path, rows: int = ROWS) -> Iterator[Batch]:
    """Yield the rows in file order, ``rows`` at a time; nulls become NaN."""
    with pq.ParquetFile(path) as file:
        yield from to_batches(file.iter_batches(batch_size=rows))


def read_columns(path: Path, names: Sequence[str]) -> Floats:
    """Return columns of the file, (n, len(names)); nulls become NaN."""
    columns = pq.read_table(path, columns=list(names)).cast(pa.schema([(name, pa.float64()) for name in names])).columns
    return np.column_stack([column.fill_null(np.nan).to_numpy() for column in columns])


def count(path: Path) -> int:
    """Return the number of rows, from the file's footer."""
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)
