"""Folder of a run over the whole base: atomic parts, and a manifest last.

::

    run.json             which run this folder belongs to
    part-00000.parquet   decisions of one chunk, one row per customer; ``ruling`` and ``inputs`` are what replay needs besides
    part-00000.ndjson.zst   the same decisions as JSON lines, in runs that are read over HTTP (``decision_lines``)
    part-00000.inputs    while a part is made: its inputs as read from the ledger, so that it is made the same after a kill
    part-00000.json      its sidecar: rows, counts, SHA-256; a part without it is not finished
    manifest.json        written last; a folder without it is not a result

Every file is written aside, brought to disk (fsync), and renamed, the part before its sidecar: whatever moment
the machine stops, what a name shows is complete.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.decision_archive.decision_lines import compressed
from adapters.files.atomic_files import publish, sha256
from otokui.errors import Conflict, Unavailable

MANIFEST = "manifest.json"
RUN, LOCK, _ASIDE = "run.json", ".lock", ".aside"


class DecisionFolder:
    """The files of one run; made by ``claim``."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def part_name(part: int) -> str:
        """Return the file name of a part, which sorts as the parts do."""
        return f"part-{part:05d}.parquet"

    def finished(self, part: int) -> dict[str, Any] | None:
        """Return the sidecar of a part that is whole by its checksum, else None.

        Such a part has to be written.
        """
        name = self.part_name(part)
        sidecar = self._read(Path(name).with_suffix(".json").name)
        if (
            sidecar is None
            or not self._whole(name, sidecar)
            or ("lines" in sidecar and not self._whole(sidecar["lines"]["file"], sidecar["lines"]))
        ):
            return None
        return sidecar

    def _whole(self, name: str, vouched: Mapping[str, Any]) -> bool:
        return (self.path / name).is_file() and sha256(self.path / name) == vouched.get("sha256")

    def write_part(self, part: int, table: pa.Table, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Publish one part with its sidecar; ``facts`` are kept in the sidecar as they are.

        Raises:
            Unavailable: the disk does not take it; what was there before is untouched.
        """
        name = self.part_name(part)
        coded = [field.name for field in table.schema if pa.types.is_string(field.type)]

        def fill(file: IO[bytes]) -> None:
            pq.write_table(table, file, compression="zstd", compression_level=1, use_dictionary=coded, write_statistics=coded)

        self._publish(name, fill)
        sidecar = {**facts, "file": name, "bytes": (self.path / name).stat().st_size, "sha256": sha256(self.path / name)}
        self._publish_json(Path(name).with_suffix(".json").name, sidecar)
        return sidecar

    def keep_inputs(self, part: int, inputs: npt.NDArray[np.uint8]) -> None:
        """Keep the inputs of a part durably while it is made.

        Raises:
            Unavailable: the disk does not take them.
        """
        self._publish(self._inputs_name(part), lambda file: file.write(np.ascontiguousarray(inputs).data))

    def kept_inputs(self, part: int, rows: int) -> list[bytes]:
        """Return the kept inputs of a part, one per row.

        None are returned where none were kept for so many rows.
        """
        try:
            packed = (self.path / self._inputs_name(part)).read_bytes()
        except FileNotFoundError:
            return []
        width, rest = divmod(len(packed), rows)
        return [] if rest else [packed[begin : begin + width] for begin in range(0, len(packed), width)]

    def drop_inputs(self, part: int) -> None:
        """Remove the kept inputs of a part that is whole."""
        (self.path / self._inputs_name(part)).unlink(missing_ok=True)

    def _inputs_name(self, part: int) -> str:
        return Path(self.part_name(part)).with_suffix(".inputs").name

    def write_lines(self, part: int, lines: Sequence[bytes]) -> dict[str, Any]:
        """Publish the decisions of one part as JSON lines, before its sidecar.

        What the manifest says of the file is returned.

        Raises:
            Unavailable: the disk does not take it.
        """
        name = Path(self.part_name(part)).with_suffix(".ndjson.zst").name
        content, frames = compressed(lines)
        self._publish(name, lambda file: file.write(content))
        return {"file": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "frames": frames}

    def drop_parts_from(self, part: int) -> None:
        """Remove parts beyond the last one, left by an earlier attempt with more customers."""
        for path in sorted(self.path.glob("part-*.*")):
            if path.name.partition(".")[0] >= Path(self.part_name(part)).stem:
                path.unlink()

    def publish_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest: from here on the folder is a result."""
        self._publish_json(MANIFEST, manifest)

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest of a run that has finished."""
        return self._read(MANIFEST)

    def belongs_to(self, run: Mapping[str, Any]) -> None:
        """Say which run the folder is of, or check it.

        Raises:
            Conflict: it is another's.
        """
        stored = self._read(RUN)
        if stored is None:
            if any(self.path.glob("part-*.parquet")) or (self.path / MANIFEST).exists():
                raise Conflict(f"{self.path} holds decisions of an unknown run", fix="choose a new folder for --out")
            self._publish_json(RUN, run)
        elif stored.get("run_digest") != run["run_digest"]:
            differing = sorted(name for name in run if name != "run_digest" and stored.get(name) != run[name])
            raise Conflict(
                f"{self.path} holds decisions of another run (it differs in {', '.join(differing) or 'models, policy or summaries'})",
                fix="choose a new folder for --out, or remove this one",
            )

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return None
        return content

    def _publish_json(self, name: str, content: Mapping[str, Any]) -> None:
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
        self._publish(name, lambda file: file.write(text.encode()))

    def _publish(self, name: str, fill: Callable[[IO[bytes]], object]) -> None:
        aside = self.path / f"{name}{_ASIDE}"
        try:
            with aside.open("wb") as file:
                fill(file)
            publish(aside, self.path / name)
        except OSError as error:
            raise Unavailable(
                f"{self.path / name} could not be written ({error.strerror})",
                fix="free space or rights there, then run the same command again",
            ) from error


@contextmanager
def claim(path: Path, run: Mapping[str, Any]) -> Iterator[DecisionFolder]:
    """Claim a folder for one run.

    ``run`` holds ``run_digest`` and what to tell a person of it.

    The claim ends with the process, however it ends.

    Raises:
        Conflict: another process writes there now, or it holds another run's decisions.
        Unavailable: it cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / LOCK).open("wb")
    except OSError as error:
        raise Unavailable(f"{path} could not be written ({error.strerror})", fix="choose another folder for --out") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Conflict(f"another run writes to {path}", fix="wait until it has finished, or choose another folder") from None
        for leftover in path.glob(f"*{_ASIDE}"):
            leftover.unlink()
        folder = DecisionFolder(path)
        folder.belongs_to(run)
        yield folder


def arrow_table(columns: Mapping[str, npt.NDArray[Any]], inputs: npt.NDArray[np.uint8]) -> pa.Table:
    """Return the columns as Arrow (``arrow_columns``), and ``inputs``.

    inputs: (n, width) bytes; one fixed-size binary per row.
    """
    width = inputs.shape[1]
    packed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(width), len(inputs), [None, pa.py_buffer(np.ascontiguousarray(inputs))])
    return arrow_columns(columns).append_column("inputs", packed)


def arrow_columns(columns: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    """Return the columns as Arrow, NaN as null, with types independent of the values."""
    return pa.table({name: _arrow(column) for name, column in columns.items()})


def _arrow(column: npt.NDArray[Any]) -> pa.Array:
    if column.dtype == object:  # stated, for a chunk in which a text is missing throughout would change the schema
        return pa.array(column, type=pa.string(), from_pandas=True)
    return pa.array(column, from_pandas=True)
