"""Summaries as Parquet files, read back as the batches that the row-wise half of the road takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from otokui.frames import Batch, texts


def batches(path: Path, names: tuple[str, ...], rows: int = 50_000) -> Iterator[Batch]:
    """Yield the file's rows in its own order, ``rows`` at a time; nulls become NaN."""
    with pq.ParquetFile(path) as file:
        for part in file.iter_batches(batch_size=rows, columns=["customer_id", *names]):
            values = np.empty((part.num_rows, len(names)), dtype=np.float64)
            for i, name in enumerate(names):
                values[:, i] = part.column(name).to_numpy(zero_copy_only=False)
            yield Batch(texts(part.column("customer_id").to_pylist()), names, values)


def count(path: Path) -> int:
    """Return the number of rows, from the file's footer."""
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)
