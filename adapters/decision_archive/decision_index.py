"""Index of a run's decisions by id, and the runs of a shop.

A decision among millions is found in microseconds. The index is a sorted array of the ids' first eight bytes with their rows, read through
a memory map. The shop notes where each of its runs lies, for `otokui decide` writes to any folder.

::

    RUN/decision_ids.index             n keys (uint64, ascending), then n rows (uint32)
    SHOP/decision_runs/<digest>.json   the folder of a run, relative to the shop if it lies there
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from adapters.files.atomic_files import publish
from otokui.errors import Unavailable

INDEX: Final = "decision_ids.index"
FOLDER: Final = "decision_runs"
_ID = re.compile("[0-9a-f]{32}")
_ROW_BYTES: Final = 12


def write_index(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the index of a finished run, whole or not at all."""
    texts = [pq.read_table(folder / part["file"], columns=["decision_id"])["decision_id"].to_pylist() for part in manifest["parts"]]
    keys = _keys([decision_id for part in texts for decision_id in part])
    order = np.argsort(keys, kind="stable")
    aside = folder / f"{INDEX}.aside"
    try:
        aside.write_bytes(keys[order].astype("<u8").tobytes() + order.astype("<u4").tobytes())
        publish(aside, folder / INDEX)
    except OSError as error:
        raise Unavailable(f"{folder / INDEX} cannot be written ({error.strerror})", fix="free space there, then run it again") from error


def index_rows(folder: Path) -> int | None:
    """Return how many decisions the index of a run holds, None where there is none."""
    path = folder / INDEX
    return path.stat().st_size // _ROW_BYTES if path.exists() else None


def is_decision_id(text: str) -> bool:
    """Return whether a text has the form of a decision id."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class DecisionIndex:
    """Index of one run, memory-mapped."""

    keys: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.uint32]

    @classmethod
    def open(cls, folder: Path) -> DecisionIndex | None:
        """Open the index of a run's folder, None where there is none."""
        count, path = index_rows(folder), folder / INDEX
        if count is None:
            return None
        if not count:
            return cls(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint32))
        mapped = np.memmap(path, dtype=np.uint8, mode="r").view(np.ndarray)
        return cls(mapped[: 8 * count].view("<u8"), mapped[8 * count :].view("<u4"))

    def find(self, decision_id: str) -> list[int]:
        """Return the rows that may hold a decision: almost always one or none."""
        (key,) = _keys([decision_id])
        first, last = np.searchsorted(self.keys, key, "left"), np.searchsorted(self.keys, key, "right")
        return [int(row) for row in self.rows[first:last]]


class RunRegistry:
    """The runs of a shop, each with its folder and its index."""

    def __init__(self, shop: Path) -> None:
        self._shop, self._folder = shop.resolve(), shop / FOLDER
        self._open: dict[str, tuple[int, Path, DecisionIndex]] = {}

    def add(self, folder: Path, run_digest: str) -> None:
        """Note the folder of a finished run.

        A later one of the same digest takes its place.
        """
        folder = folder.resolve()
        named = folder.relative_to(self._shop) if folder.is_relative_to(self._shop) else folder
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f".{run_digest}.part"
        aside.write_text(json.dumps({"folder": str(named)}), encoding="utf-8")
        publish(aside, self._folder / f"{run_digest}.json")

    def drop_missing(self) -> None:
        """Forget the runs in the shop's folder that were removed.

        Those elsewhere may come back with their disk.
        """
        for path in self._folder.glob("*.json"):
            folder = Path(json.loads(path.read_text(encoding="utf-8"))["folder"])
            if not folder.is_absolute() and not (self._shop / folder).exists():
                path.unlink(missing_ok=True)

    def candidates(self, decision_id: str) -> Iterator[tuple[Path, int]]:
        """Yield the folder and the row of each run that may hold a decision."""
        for path in self._folder.glob("*.json"):
            opened = self._opened(path)
            if opened is not None:
                for row in opened[2].find(decision_id):
                    yield opened[1], row

    def _opened(self, path: Path) -> tuple[int, Path, DecisionIndex] | None:
        """Return the folder and the index of a run, opened once; None where they are gone."""
        try:
            written = path.stat().st_mtime_ns
            opened = self._open.get(path.name)
            if opened is None or opened[0] != written or not opened[1].is_dir():
                folder = self._shop / json.loads(path.read_text(encoding="utf-8"))["folder"]
                index = DecisionIndex.open(folder)
                if index is None:
                    return None
                opened = self._open[path.name] = written, folder, index
        except (OSError, ValueError, KeyError):
            return None
        return opened


def _keys(decision_ids: list[str]) -> npt.NDArray[np.uint64]:
    return np.frombuffer(bytes.fromhex("".join(each[:16] for each in decision_ids)), dtype=">u8").astype(np.uint64)
