"""Packed summary rows: bytes for stores and for the decision log.

One value per customer is read and materialised an order of magnitude faster than 160 columns (docs/benchmarks/speed.md). The first eight
bytes identify its columns, so that a row of another build is refused rather than misread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from features.summaries.summary import summary_names
from otokui.errors import SkewError
from otokui.frames import Batch, texts

TAG: Final = hashlib.sha256("\n".join(summary_names()).encode()).digest()[:8]
"""Which columns, in which order."""

ROW_BYTES: Final = len(TAG) + 8 * len(summary_names())


def pack(summaries: Batch) -> list[bytes]:
    """Return each row as the tag and the little-endian doubles of ``summary_names()``.

    Raises:
        SkewError: the batch has other columns.
    """
    if summaries.names != summary_names():
        raise _other_columns()
    values = np.ascontiguousarray(summaries.values, dtype="<f8")
    return [TAG + row.tobytes() for row in values]


def unpack(customer_ids: Sequence[str], packed: Sequence[bytes | None]) -> Batch:
    """Return the batch of packed summary rows, in that order.

    None (no record) becomes a row of NaN.

    Raises:
        SkewError: a row was packed by a build with other columns.
    """
    values = np.full((len(packed), len(summary_names())), np.nan)
    there = [i for i, row in enumerate(packed) if row is not None]
    rows = [row for row in packed if row is not None]
    if any(len(row) != ROW_BYTES or row[: len(TAG)] != TAG for row in rows):
        raise _other_columns()
    together = np.frombuffer(b"".join(rows), dtype="V8," + f"({len(summary_names())},)<f8")
    values[there] = together["f1"]
    return Batch(texts(customer_ids), summary_names(), values)


def _other_columns() -> SkewError:
    return SkewError(
        f"a summary row is not of the {len(summary_names())} columns of this build", fix="run `otokui summarise` and `otokui materialise`"
    )
