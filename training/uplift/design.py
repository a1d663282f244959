"""Design of the effect model: coefficients, groups of one variance, sums by cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.frames import Floats, Ints
from training.uplift.contact_rows import Cells
from training.uplift.empirical_bayes import Group, Posterior

Collapsed = tuple[Floats, Floats, Floats, Floats]
"""base (K,), slopes (K, q), and their variances in the same shapes."""
_EXPECTED_SHARE = 0.3
"""How far effects of one kind, or customers of one cell, are expected to lie apart: a share of the effect."""
_OWN_SURE = 4.0
_SLOPES_SURE = 2.0
"""Coefficients' worth of data that these expectations count for."""

MODELS: dict[str, tuple[str, ...]] = {
    "same for all": (),
    "prognosis": ("prognosis",),
    "response": ("response",),
    "linear": ("linear",),
    "both": ("prognosis", "linear"),
    "response and linear": ("response", "linear"),
    "by kind": ("prognosis", "linear", "linear by kind"),
    "boosted": ("prognosis", "linear", "boosted"),
    "boosted by kind": ("prognosis", "linear", "linear by kind", "boosted"),
}


@dataclass(frozen=True, slots=True)
class DesignLayout:
    """Layout of the design: each block's group, first column and owner."""

    blocks: tuple[Block, ...]
    customer_columns: int
    cells: int

    @property
    def models(self) -> tuple[str, ...]:
        """The models that differ from one another with these cells."""
        groups = {block.group for block in self.blocks}
        return tuple(name for name, used in MODELS.items() if groups.issuperset(used))

    def design(self, columns: Floats, cell: Ints) -> Floats:
        """Return the whole design, (n, d)."""
        parts = []
        for block in self.blocks:
            where = np.eye(block.codes.max() + 1)[block.codes[cell]] if len(block.codes) else np.ones((len(cell), 1))
            if block.customer is None:
                parts.append(where)
            else:
                some = columns[:, block.customer]
                parts.append((where[:, :, None] * some[:, None, :]).reshape(len(cell), -1))
        return np.concatenate(parts, axis=1)

    def _chosen(self, model: str) -> list[tuple[Block, Ints]]:
        out, start = [], 0
        for block in self.blocks:
            if block.always or block.group in MODELS[model]:
                out.append((block, np.arange(start, start + block.width)))
            start += block.width
        return out

    def columns(self, model: str) -> Ints:
        """Return the columns of the design that a model uses."""
        return np.concatenate([columns for _, columns in self._chosen(model)])

    def groups(self, model: str) -> tuple[Group, ...]:
        """Return the groups of a model, over its own columns."""
        out, start = [], 0
        for block, columns in self._chosen(model):
            out.append(Group(block.name, np.arange(start, start + len(columns)), block.start, block.sure, block.free))
            start += len(columns)
        return tuple(out)

    def shrunk(self, model: str) -> int:
        """Return how many variances a model fits."""
        return sum(not block.free for block, _ in self._chosen(model))

    def collapse(self, model: str, posterior: Posterior) -> Collapsed:
        """Return the effect of each cell as sums of coefficients, with variances."""
        width = 1 + self.customer_columns
        maps = np.zeros((self.cells, width, len(posterior.mean)))
        start = 0
        for block, columns in self._chosen(model):
            codes = block.codes if len(block.codes) else np.zeros(self.cells, dtype=np.int64)
            places = np.array([0]) if block.customer is None else 1 + block.customer
            for cell, code in enumerate(codes):
                maps[cell, places, start + code * len(places) + np.arange(len(places))] = 1.0
            start += len(columns)
        mean = maps @ posterior.mean
        variance = np.einsum("kqd,de,kqe->kq", maps, posterior.covariance, maps)
        return mean[:, 0], mean[:, 1:], variance[:, 0], variance[:, 1:]


@dataclass(frozen=True, slots=True)
class Block:
    """Block of coefficients that share a variance.

    One for each code, times one for each customer column (None: just one).
    """

    name: str
    group: str
    codes: Ints
    customer: Ints | None
    start: float
    sure: float = 0.0
    free: bool = False

    @property
    def always(self) -> bool:
        """Whether every model has the block: effects of cells, the same for all customers."""
        return self.group == "cells"

    @property
    def width(self) -> int:
        """How many columns it has."""
        of_codes = int(self.codes.max()) + 1 if len(self.codes) else 1
        return of_codes * (1 if self.customer is None else len(self.customer))


def layout_of(cells: Cells, outlook: int, customer_columns: int, size: float) -> DesignLayout:
    """Return the columns of the design for these cells.

    Customer columns are those of the prognosis, the features, and LightGBM's last.

    size: how large effects are at all, in the outcome's unit.
    """
    nobody = np.zeros(0, dtype=np.int64)
    informed = bool(np.isfinite(cells.spread).all())
    spread = float(np.sqrt(np.mean(cells.spread**2))) if informed else size
    blocks = [Block("all", "cells", nobody, None, spread, _OWN_SURE, free=not informed)]
    blocks += [
        Block(name, "cells", codes, None, spread * _EXPECTED_SHARE, _OWN_SURE) for name, codes in cells.levels.items() if codes.max() > 0
    ]
    if len(cells) > 1:
        cell_numbers = np.arange(len(cells), dtype=np.int64)
        blocks.append(
            Block("cell", "cells", cell_numbers, None, spread * _EXPECTED_SHARE if informed else size, _OWN_SURE if informed else 0.0)
        )
    features = np.arange(outlook, customer_columns - 1)
    start = size * _EXPECTED_SHARE
    for place, name in enumerate(("prognosis", "response")[:outlook]):
        blocks.append(Block(name, name, nobody, np.array([place]), start, _SLOPES_SURE))
    blocks.append(Block("linear", "linear", nobody, features, start / np.sqrt(max(len(features), 1)), _SLOPES_SURE))
    kinds = {name: codes for name, codes in cells.levels.items() if codes.max() > 0}
    if len(cells) > 1 and not kinds:
        kinds = {"cell": np.arange(len(cells), dtype=np.int64)}
    for name, codes in kinds.items():
        every = np.arange(0, customer_columns - 1)
        blocks.append(Block(f"linear by {name}", "linear by kind", codes, every, start / np.sqrt(len(every)), _SLOPES_SURE))
    blocks.append(Block("boosted", "boosted", nobody, np.array([customer_columns - 1]), 0.3))
    return DesignLayout(tuple(blocks), customer_columns, len(cells))
