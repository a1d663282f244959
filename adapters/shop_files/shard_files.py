"""Shards on disk during the search for shadow prices.

Each is written once, and read in every pass of the search.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from decisions.allocation.shard import Shard

_PARTS = ("value", "cost", "slot")


class ShardFiles:
    """Temporary folder of shards; used as a context manager."""

    def __init__(self, beside: Path) -> None:
        beside.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="shards-", dir=beside))
        self.customers = 0
        self._count = 0

    def add(self, shard: Shard) -> None:
        """Write one shard; an empty one is left out."""
        if not shard.customers:
            return
        for name in _PARTS:
            np.save(self.folder / f"{self._count:05d}-{name}.npy", getattr(shard, name), allow_pickle=False)
        self._count += 1
        self.customers += shard.customers

    def __call__(self) -> Iterator[Shard]:
        """Yield the shards, one in memory at once."""
        for index in range(self._count):
            yield Shard(*(np.load(self.folder / f"{index:05d}-{name}.npy", allow_pickle=False) for name in _PARTS))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
