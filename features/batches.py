"""Conversion of record batches in columns (Arrow) to batches in rows.

It needs no dataframe library and names no engine: any batch with columns by name that convert to numpy will do, such as DuckDB's, Polars'
or Parquet's Arrow batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from features.summaries.summary import summary_names
from otokui.frames import Batch, texts


class ColumnBatch(Protocol):
    """Interface of an Arrow record batch, as far as it is needed."""

    @property
    def num_rows(self) -> int:
        """Number of rows."""
        ...

    def column(self, i: Any, /) -> Any:
        """Return one column by name: an array with ``to_numpy`` and ``to_pylist``."""
        ...


def to_batches(parts: Iterable[ColumnBatch], names: Sequence[str] | None = None) -> Iterator[Batch]:
    """Yield each record batch as a `Batch` of ``names`` (default ``summary_names()``); nulls become NaN.

    DuckDB: ``to_batches(frame.to_native().fetch_arrow_reader(50_000))``; Parquet:
    ``to_batches(pq.ParquetFile(path).iter_batches(50_000))``. Memory: one part at a time.
    """
    columns = summary_names() if names is None else tuple(names)
    for part in parts:
        values = np.empty((part.num_rows, len(columns)), dtype=np.float64)
        for i, name in enumerate(columns):
            values[:, i] = part.column(name).to_numpy(zero_copy_only=False)
        yield Batch(texts(part.column("customer_id").to_pylist()), columns, values)
