"""Batch of customers: summaries or vectors, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from otokui.frames.arrays import Bools, Floats, Ints, Texts


@dataclass(frozen=True, slots=True)
class Batch:
    """Batch of ``n`` customers, one row each: summaries, or vectors.

    customer_ids: (n,) str; names: the columns; values: (n, len(names)) float64, NaN = not known.
    """

    customer_ids: Texts
    names: tuple[str, ...]
    values: Floats

    def column(self, name: str) -> Floats:
        """Return one column, shape (n,), as a view."""
        return self.values[:, self.names.index(name)]

    def rows(self, index: slice | Ints | Bools) -> Self:
        """Return the batch of some of the rows, in the order of ``index``."""
        return type(self)(self.customer_ids[index], self.names, self.values[index])

    def __len__(self) -> int:
        return len(self.customer_ids)
