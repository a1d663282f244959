"""Readers of public data sets, one file each, so that anyone can try the software on something real.

A reader turns what was published into the contract's tables, as files; from there its rows pass the same checks and the
same store as any shop's export. Nothing else in the product knows a data set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """What a reader made of a data set: the source of each table, in files under the folder it was given.

    left_out: rows the reader did not pass on, by reason. attributes: columns of customers worth using as features.
    """

    sources: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


Reader = Callable[[str | None, Path], PreparedDataset]
"""Takes a file, a folder or nothing, and a folder (not there yet) to write Parquet into."""
