"""JSON lines of a run: any stretch of them comes back, and nothing that the manifest does not vouch for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.decision_archive.decision_lines import FRAME_LINES, compressed, read_lines
from otokui.errors import BadInput


def part(folder: Path, lines: list[bytes]) -> dict[str, Any]:
    """Write the lines of a part and return what the manifest says of it."""
    content, frames = compressed(lines)
    (folder / "lines").write_bytes(content)
    return {"lines": {"file": "lines", "sha256": hashlib.sha256(content).hexdigest(), "frames": frames}}


@given(count=st.integers(0, 3 * FRAME_LINES), cut=st.tuples(st.integers(0, 800), st.integers(0, 800)))
def test_any_stretch_comes_back(tmp_path_factory: pytest.TempPathFactory, count: int, cut: tuple[int, int]) -> None:
    """Whatever frames it begins and ends in."""
    folder = tmp_path_factory.mktemp("lines")
    lines = [b'{"n":%d}' % n for n in range(count)]
    first, last = sorted(min(each, count) for each in cut)

    assert read_lines(folder, part(folder, lines), first, last) == lines[first:last]


def test_a_file_is_one_stream_for_the_usual_tools(tmp_path: Path) -> None:
    """Frames behind each other are what `zstd -d` reads as one file."""
    lines = [b'{"n":%d}' % n for n in range(2 * FRAME_LINES + 3)]
    part(tmp_path, lines)

    with pa.input_stream(str(tmp_path / "lines"), compression="zstd") as stream:
        assert stream.read().splitlines() == lines


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    """One byte, or all of them."""
    vouched = part(tmp_path, [b"{}"] * 3)
    (tmp_path / "lines").write_bytes((tmp_path / "lines").read_bytes()[:-1] + b"?")

    with pytest.raises(BadInput, match="SHA-256"):
        read_lines(tmp_path, vouched, 0, 3)
    (tmp_path / "lines").unlink()
    with pytest.raises(BadInput, match="SHA-256"):
        read_lines(tmp_path, vouched, 0, 3)


def test_a_run_without_lines_has_none(tmp_path: Path) -> None:
    """A nightly run writes columns only."""
    assert read_lines(tmp_path, {"rows": 3}, 0, 3) is None
