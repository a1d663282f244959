"""Customers' features on one bounded scale, as an effect was learnt on it (``training.effects.scale``).

Column by column and without any sum over rows, so that one customer and a million get the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.frames import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """Knots of each column and what they become: mean 0, variance 1 among the customers learnt from."""

    names: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]
    ranks: tuple[tuple[float, ...], ...]

    def apply(self, names: tuple[str, ...], matrix: Floats) -> Floats:
        """Return (n, len(self.names)); columns are found by name, and what is missing or not a number is 0."""
        out = np.zeros((len(matrix), len(self.names)))
        for place, (name, knots, ranks) in enumerate(zip(self.names, self.knots, self.ranks, strict=True)):
            if name in names:
                column = matrix[:, names.index(name)]
                scaled = np.interp(column, knots, ranks)
                out[:, place] = np.where(np.isfinite(column), scaled, 0.0)
        return out
