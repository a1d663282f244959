"""Reader type of public data sets: the published files become the contract's tables.

A reader writes the tables as files. Their rows then pass the same validation and the same store as any shop's export. No other
module has code for a data set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PreparedDataset:
    """A prepared data set: the source of each table, as files.

    The files are under the folder given to the reader. left_out: rows that the reader left out, by reason. attributes: columns of
    customers to use as features.
    """

    sources: Mapping[str, str]
    left_out: Mapping[str, int] = field(default_factory=dict)
    attributes: tuple[str, ...] = ()


Reader = Callable[[str | None, Path], PreparedDataset]
"""Takes a file, a folder or nothing, and a folder (not there yet) to write Parquet into."""
