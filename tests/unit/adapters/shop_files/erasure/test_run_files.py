"""Erasure from the files of a run: columns, JSON lines and index go together, and everybody else's stay as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.decision_index import DecisionIndex, write_index
from adapters.decision_archive.decision_lines import read_lines
from adapters.decision_archive.finished_run import FinishedRun
from adapters.decision_archive.run_folder import arrow_table, claim
from adapters.shop_files.erasure import run_files
from adapters.shop_files.erasure.run_files import erase_run
from otokui.frames import texts


def decision_id(number: int) -> str:
    return f"{number:08x}" * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two parts of three customers, with lines and index; the next part was being made when it was killed."""
    path, parts = tmp_path / "run", []
    with claim(path, {"run_digest": "r"}) as made:
        for part in range(2):
            numbers = range(3 * part, 3 * part + 3)
            ids = [f"c-{n}" for n in numbers]
            columns = {"customer_id": texts(ids), "decision_id": texts([decision_id(n) for n in numbers])}
            lines = made.write_lines(
                part, [json.dumps({"customer_id": each, "n": n}).encode() for each, n in zip(ids, numbers, strict=True)]
            )
            table = arrow_table(columns, np.zeros((3, 1), dtype=np.uint8))
            parts.append(made.write_part(part, table, {"rows": 3, "lines": lines, "counts": {}}))
        made.keep_inputs(2, np.zeros((3, 1), dtype=np.uint8))
        manifest = {"rows": 6, "parts": parts}
        write_index(path, manifest)
        made.publish_manifest(manifest)
    return path


def state(folder: Path) -> list[dict[str, Any]]:
    """Return the decisions of the lines, after checking that columns, lines, digests and index agree."""
    run, index, found = FinishedRun.open(folder), DecisionIndex.open(folder), list[dict[str, Any]]()
    assert index is not None
    begin = 0
    for part in run.manifest["parts"]:
        lines = [json.loads(line) for line in read_lines(folder, part, 0, part["rows"]) or []]
        columns = pq.read_table(folder / part["file"])["customer_id"].to_pylist()
        assert [line["customer_id"] for line in lines] == columns
        assert [index.find(decision_id(line["n"])) for line in lines] == [[begin + row] for row in range(len(lines))]
        found, begin = found + lines, begin + part["rows"]
    assert len(index.keys) == len(run) == len(found)
    assert [row for rows in run.rows(np.arange(len(run))) for row in rows["customer_id"].to_pylist()] == [
        each["customer_id"] for each in found
    ]
    return found


def test_columns_lines_and_index_go_together(folder: Path) -> None:
    """No file holds the id, compressed or not; nobody else is touched."""
    untouched = (folder / "part-00001.ndjson.zst").read_bytes()

    erase_run(folder, {"c-1"}, 0.0)

    assert [each["customer_id"] for each in state(folder)] == ["c-0", "c-2", "c-3", "c-4", "c-5"]
    assert (folder / "part-00001.ndjson.zst").read_bytes() == untouched
    with pa.input_stream(str(folder / "part-00000.ndjson.zst"), compression="zstd") as stream:
        assert b"c-1" not in stream.read()
    assert list(folder.glob("*.inputs")) == []


def test_killed_in_between_it_is_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the columns, after the lines, and before the index."""
    for name in ("_without_lines", "_write", "write_index"):
        with monkeypatch.context() as patched:
            patched.setattr(run_files, name, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                erase_run(folder, {"c-1", "c-5"}, 0.0)

    erase_run(folder, {"c-1", "c-5"}, 0.0)

    assert [each["customer_id"] for each in state(folder)] == ["c-0", "c-2", "c-3", "c-4"]


def test_who_is_not_there_changes_nothing(folder: Path) -> None:
    """Every byte stays."""
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".inputs"}

    erase_run(folder, {"nobody"}, 0.0)

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
