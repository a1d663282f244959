"""Snapshot reader: the online store of one machine, read through a memory map.

A snapshot is a folder that is never changed. It has rows as float64, the ids of the rows, and the ids' hashes in
order, for bisection. Readers share the page cache and start at once. A new snapshot is written to a temporary folder and
becomes current by one rename. The Feast adapters are apart, because their import takes 7 to 11 s.

::

    online/CURRENT                        the name of the folder that is served
    online/snapshot-<cutoff>-<digest>/    manifest.json · values.f64 · hashes.u64 · rows.u32 · ids.txt · ends.u64
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from otokui.domain import Instant
from otokui.errors import Missing, SkewError, Unavailable
from otokui.frames import Batch, Ints, texts

CURRENT: Final = "CURRENT"
FORMAT: Final = 1
HASH_BYTES: Final = 8
FILES: Final = ("values.f64", "hashes.u64", "rows.u32", "ids.txt", "ends.u64")
_CHUNK: Final = 1 << 22


def schema_tag(names: tuple[str, ...]) -> str:
    """Return a short digest of the columns and their order; it names a row's schema."""
    return hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()


def hash_of(customer_id: bytes) -> bytes:
    """Return the 8-byte hash of an id for the look-up.

    Ids with equal hashes are told apart by the id itself.
    """
    return hashlib.blake2b(customer_id, digest_size=HASH_BYTES).digest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _MappedSnapshot:
    """One snapshot, memory-mapped."""

    name: str
    summarised_at: Instant
    values: npt.NDArray[np.float64]  # (n, S)
    hashes: npt.NDArray[np.uint64]  # (n,) ascending
    rows: npt.NDArray[np.uint32]  # (n,) the row of each hash
    ids: memoryview
    ends: npt.NDArray[np.uint64]  # (n + 1,) where each row's id ends; ends[0] = 0

    def find(self, customer_ids: list[bytes]) -> Ints:
        """Return the row of each id, -1 for an unknown one."""
        keys = np.frombuffer(b"".join(map(hash_of, customer_ids)), dtype="<u8")
        positions = np.searchsorted(self.hashes, keys)
        row_numbers = np.full(len(customer_ids), -1, dtype=np.int64)
        inside = np.flatnonzero(positions < len(self.hashes))
        inside = inside[self.hashes[positions[inside]] == keys[inside]]
        rows = self.rows[positions[inside]].astype(np.int64)
        # Lists of plain numbers: a loop over numpy scalars takes three times as long.
        begins, ends = self.ends[rows].tolist(), self.ends[rows + 1].tolist()
        for i, row, begin, end in zip(inside.tolist(), rows.tolist(), begins, ends, strict=True):
            row_numbers[i] = (
                row if self.ids[begin:end] == customer_ids[i] else self._collided(int(positions[i]) + 1, keys[i], customer_ids[i])
            )
        return row_numbers

    def _collided(self, position: int, key: np.uint64, customer_id: bytes) -> int:
        while position < len(self.hashes) and self.hashes[position] == key:
            row = int(self.rows[position])
            if self.ids[int(self.ends[row]) : int(self.ends[row + 1])] == customer_id:
                return row
            position += 1
        return -1


class SnapshotStore:
    """Implements ``otokui.ports.SummaryStore`` on the current snapshot of a folder.

    names: the columns this build computes; a snapshot of others is refused, not misread.

    Raises:
        Missing: nothing has been published yet.
        SkewError: the snapshot holds other columns, or another format.
        Unavailable: a file is missing or is not what the manifest says.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self.names = names
        self._snapshot = self._open(current(folder))

    @property
    def summarised_at(self) -> Instant:
        """The cut-off of the served summaries."""
        return self._snapshot.summarised_at

    @property
    def version(self) -> str:
        """The name of the served snapshot."""
        return self._snapshot.name

    def __len__(self) -> int:
        return len(self._snapshot.hashes)

    def fetch(self, customer_ids: Sequence[str]) -> Batch:
        """Return one row per customer in the given order, (n, S) float64.

        Values of unknown customers are NaN.
        """
        snapshot = self._snapshot
        rows = snapshot.find([customer_id.encode() for customer_id in customer_ids])
        known = rows >= 0
        if known.all():
            return Batch(texts(customer_ids), self.names, snapshot.values[rows])
        values = np.full((len(rows), len(self.names)), np.nan)
        values[known] = snapshot.values[rows[known]]
        return Batch(texts(customer_ids), self.names, values)

    def customer_ids(self, most: int) -> list[str]:
        """Return the first ``most`` customer ids, in the order they were written."""
        ends = self._snapshot.ends[: most + 1].tolist()
        return [str(self._snapshot.ids[begin:end], "utf-8") for begin, end in itertools.pairwise(ends)]

    def batches(self, rows: int = 20_000) -> Iterator[Batch]:
        """Yield all summaries in the order they were written."""
        snapshot = self._snapshot
        ends = snapshot.ends.tolist()
        for begin in range(0, len(ends) - 1, rows):
            limits = ends[begin : begin + rows + 1]
            ids = [str(snapshot.ids[first:last], "utf-8") for first, last in itertools.pairwise(limits)]
            yield Batch(texts(ids), self.names, np.array(snapshot.values[begin : begin + len(ids)]))

    def probe(self) -> None:
        """Look up the first customer; raise Unavailable where the snapshot does not hold them."""
        if any(self._snapshot.find([customer_id.encode()])[0] < 0 for customer_id in self.customer_ids(1)):
            raise Unavailable(f"snapshot {self.version} does not find its own customers", fix="run `otokui materialise` again")

    def _open(self, name: str) -> _MappedSnapshot:
        folder = self.folder / name
        manifest = _manifest(folder)
        if manifest.get("format") != FORMAT or manifest.get("schema") != schema_tag(self.names):
            raise SkewError(
                f"snapshot {name} holds {len(manifest.get('names', ()))} columns that are not the {len(self.names)} of this build",
                fix="run `otokui summarise` and `otokui materialise` with this build, or deploy the build that wrote it",
            )
        for file, digest in manifest["files"].items():
            _verify(folder / file, digest)
        n, width = int(manifest["rows"]), len(self.names)
        return _MappedSnapshot(
            name,
            Instant(int(manifest["summarised_at"])),
            _mapped(folder / "values.f64", "<f8", n * width).reshape(n, width),
            _mapped(folder / "hashes.u64", "<u8", n),
            _mapped(folder / "rows.u32", "<u4", n),
            _mapped(folder / "ids.txt", "u1", (folder / "ids.txt").stat().st_size).data,
            _mapped(folder / "ends.u64", "<u8", n + 1),
        )


def current(folder: Path) -> str:
    """Return the name of the snapshot that is current in ``folder``.

    Raises:
        Missing: nothing has been published.
    """
    try:
        return (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise Missing(f"no snapshot is published in {folder}", fix="run `otokui materialise --shop SHOP` first") from None


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unavailable(f"the manifest of {folder.name} cannot be read: {error}", fix="run `otokui materialise` again") from None
    return manifest


def _verify(path: Path, digest: str) -> None:
    try:
        actual = digest_of(path)
    except OSError as error:
        raise Unavailable(f"{path.parent.name}/{path.name} cannot be read: {error}", fix="run `otokui materialise` again") from None
    if actual != digest:
        raise Unavailable(
            f"{path.parent.name}/{path.name} is not what its manifest says (SHA-256 {actual[:12]}, expected {digest[:12]})",
            fix="run `otokui materialise` again, and check the disk",
        )


def _mapped(path: Path, kind: str, items: int) -> npt.NDArray[Any]:
    # An empty file cannot be mapped; a snapshot of nobody is still a snapshot.
    return np.memmap(path, dtype=kind, mode="r", shape=(items,)).view(np.ndarray) if items else np.empty(0, dtype=kind)
