"""Snapshot writer: streams rows to a temporary folder and makes it current by one rename.

``snapshot_reader`` reads them. Rows go straight to disk, so that a customer costs 24 bytes of memory
during the write, not 1 KB.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.online_store.snapshot_reader import CURRENT, FILES, FORMAT, hash_of, schema_tag
from otokui.domain import Instant
from otokui.errors import SkewError, Unavailable
from otokui.frames import Batch

KEPT = 2
"""Snapshots that are not deleted: the current one and the one before, for a reader that is just opening it."""


def write_snapshot(parts: Iterator[Batch], folder: Path, names: tuple[str, ...], summarised_at: Instant) -> tuple[str, int]:
    """Write ``parts`` as a snapshot, make it current, and return its name and its rows.

    Whatever fails before the last rename leaves the current snapshot as it was. The same rows and cut-off
    give the same name, so publishing twice changes nothing.

    Raises:
        SkewError: a part has other columns than ``names``.
        Unavailable: a customer occurs twice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".snapshot-{os.getpid()}.part"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        rows = _rows(parts, temporary, names)
        manifest = {
            "format": FORMAT,
            "summarised_at": int(summarised_at),
            "schema": schema_tag(names),
            "names": list(names),
            "rows": rows,
            "files": {file: _digest_synced(temporary / file) for file in FILES},
        }
        encoded = json.dumps(manifest, sort_keys=True, indent=1).encode()
        name = f"snapshot-{summarised_at}-{hashlib.sha256(encoded).hexdigest()[:12]}"
        _write(temporary / "manifest.json", encoded)
        if not (folder / name).exists():
            temporary.rename(folder / name)
        make_current(folder, name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _drop_older(folder, name)
    return name, rows


def make_current(folder: Path, name: str) -> None:
    """Point readers of ``folder`` to the snapshot ``name`` in one rename."""
    pointer = folder / f".{CURRENT}.{os.getpid()}.part"
    _write(pointer, name.encode())
    pointer.replace(folder / CURRENT)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Force the file names of a folder to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rows(parts: Iterator[Batch], temporary: Path, names: tuple[str, ...]) -> int:
    hashes: list[bytes] = []
    ends = [np.zeros(1, dtype="<u8")]
    total = 0
    with (temporary / "values.f64").open("wb") as values, (temporary / "ids.txt").open("wb") as ids:
        for part in parts:
            if part.names != names:
                raise SkewError(f"a part has {len(part.names)} columns, not the {len(names)} expected", fix="summarise with this build")
            values.write(np.ascontiguousarray(part.values, dtype="<f8").data)
            encoded = [str(customer_id).encode() for customer_id in part.customer_ids]
            ids.write(b"".join(encoded))
            hashes.append(b"".join(map(hash_of, encoded)))
            ends.append(ends[-1][-1] + np.cumsum([len(e) for e in encoded], dtype="<u8"))
            total += len(part)
    keys = np.frombuffer(b"".join(hashes), dtype="<u8")
    order = np.argsort(keys, kind="stable").astype("<u4")
    (temporary / "hashes.u64").write_bytes(keys[order].tobytes())
    (temporary / "rows.u32").write_bytes(order.tobytes())
    limits = np.concatenate(ends)
    (temporary / "ends.u64").write_bytes(limits.tobytes())
    _refuse_doubles(temporary / "ids.txt", keys[order], order, limits)
    return total


def _refuse_doubles(path: Path, keys: npt.NDArray[np.uint64], order: npt.NDArray[np.uint32], limits: npt.NDArray[np.uint64]) -> None:
    equal = np.flatnonzero(keys[1:] == keys[:-1])
    if not len(equal):
        return
    ids = path.read_bytes()
    for position in equal.tolist():
        first, second = (ids[int(limits[row]) : int(limits[row + 1])] for row in order[position : position + 2].tolist())
        if first == second:
            raise Unavailable("a customer stands in the summaries twice", fix="run `otokui summarise` again")


def _digest_synced(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _drop_older(folder: Path, name: str) -> None:
    others = sorted((f for f in folder.glob("snapshot-*") if f.name != name), key=lambda f: f.stat().st_mtime, reverse=True)
    for old in others[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
