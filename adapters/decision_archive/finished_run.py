"""Finished run over the whole base: rows from parts verified by the manifest.

Writing takes a lock and room on the disk (``adapters.decision_archive.run_folder``); reading takes neither, so a run is read from
wherever it was copied to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.decision_archive.run_folder import DecisionFolder
from adapters.files.atomic_files import sha256
from otokui.errors import BadInput, Missing
from otokui.frames import Ints

AT_ONCE: Final = 2_000
"""Rows looked at, and handed out, at once: what lies in memory, however many were asked for."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """Finished run: a folder with a manifest, rows numbered through all parts.

    From 0; made by ``open``.
    """

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> FinishedRun:
        """Open the folder of a run.

        Raises:
            Missing: no run has finished there.
        """
        manifest = DecisionFolder(path).manifest()
        if manifest is None:
            raise Missing(f"{path} holds no finished run", fix="run `otokui decide` with this --out until it ends")
        return cls(path, manifest)

    def __len__(self) -> int:
        return int(self.manifest["rows"])

    def find(self, column: str, value: str) -> int:
        """Return the row number of a ``customer_id`` or ``decision_id``.

        Raises:
            Missing: there is none. BadInput: a part is not the one the manifest vouches for.
        """
        begin = 0
        for part in self.manifest["parts"]:
            position = pc.index(pq.read_table(self._vouched(part), columns=[column])[column], value).as_py()
            if position >= 0:
                return begin + int(position)
            begin += int(part["rows"])
        raise Missing(
            f"the run in {self.path} holds no row whose {column} is {value!r}", fix="check the id; whoever was on record has one row"
        )

    def rows(self, numbers: Ints) -> Iterator[pa.Table]:
        """Yield the rows of these ascending numbers, at most ``AT_ONCE`` at once.

        All columns; parts that hold none are not opened.

        Raises:
            BadInput: a part is not the one the manifest vouches for.
        """
        begin = 0
        for part in self.manifest["parts"]:
            end = begin + int(part["rows"])
            first, last = np.searchsorted(numbers, [begin, end])
            if last > first:
                yield from _rows_of(self._vouched(part), numbers[first:last] - begin)
            begin = end

    def _vouched(self, part: Mapping[str, Any]) -> Path:
        """Return the path of a part, once it was found to be what the run published."""
        path: Path = self.path / part["file"]
        if path.is_file() and sha256(path) == part["sha256"]:
            return path
        what = "is not the file its manifest vouches for (SHA-256)" if path.is_file() else "is missing, though its manifest names it"
        raise BadInput(f"{path} {what}", fix="restore the folder from a backup: what was changed after the run proves nothing about it")


def _rows_of(path: Path, numbers: Ints) -> Iterator[pa.Table]:
    batches: list[pa.RecordBatch] = []
    begin = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=AT_ONCE):
            first, last = np.searchsorted(numbers, [begin, begin + len(batch)])
            if sum(map(len, batches)) + last - first > AT_ONCE:
                yield pa.Table.from_batches(batches)
                batches = []
            if last > first:
                batches.append(batch.take(pa.array(numbers[first:last] - begin)))
            begin += len(batch)
    if batches:
        yield pa.Table.from_batches(batches)
