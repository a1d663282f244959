"""Replay of a nightly run's rows, compared column by column, bit by bit.

Apart from ``replay_log``, which are JSON: a file of a run has columns of its own, with types that count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from otokui.frames import Bools

GIVEN: Final = ("ruling", "inputs")
"""Columns that a decision is made from; all others come of it."""


@dataclass(frozen=True, slots=True)
class RemadeRow:
    """Replay of a row: the columns that differ now, none = the same bits."""

    decision_id: str
    differing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every column is as it was."""
        return not self.differing


def compared_rows(logged: pa.Table, again: pa.Table) -> Iterator[RemadeRow]:
    """Yield for each logged row the columns that differ from its replay.

    A column of one side only differs in every row.
    """
    names = [name for name in dict.fromkeys((*logged.column_names, *again.column_names)) if name not in GIVEN]
    differs = {name: _differs(logged, again, name) for name in names}
    for row, decision_id in enumerate(logged["decision_id"].to_pylist()):
        yield RemadeRow(decision_id, tuple(name for name, differing in differs.items() if differing[row]))


def _differs(before: pa.Table, after: pa.Table, name: str) -> Bools:
    """Return (n,): in which rows a column is not the same; all of them where it is missing on one side, or of another type."""
    both = name in before.column_names and name in after.column_names
    if not both or before[name].type != after[name].type:
        return np.ones(len(before), dtype=bool)
    one, other = before[name].combine_chunks(), after[name].combine_chunks()
    if pa.types.is_float64(one.type):
        one, other = one.view(pa.int64()), other.view(pa.int64())  # minus nothing is not nothing
    either_null = pc.not_equal(pc.is_null(one), pc.is_null(other))
    differing: Bools = pc.or_(either_null, pc.fill_null(pc.not_equal(one, other), False)).to_numpy(zero_copy_only=False)
    return differing
