"""Index of decisions by id: every id of a run is found at its row, wherever the run lies."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.decision_archive.decision_index import INDEX, DecisionIndex, RunRegistry, is_decision_id, write_index

IDS = st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), max_size=40, unique=True)


def run(folder: Path, *parts: Sequence[str]) -> Path:
    """Write a run of parts with these decision ids, and its index."""
    folder.mkdir(parents=True)
    files = []
    for number, ids in enumerate(parts):
        files.append({"file": f"part-{number}.parquet"})
        pq.write_table(pa.table({"decision_id": pa.array(ids, pa.string())}), folder / f"part-{number}.parquet")
    write_index(folder, {"parts": files})
    return folder


@given(first=IDS, second=IDS, other=st.binary(min_size=16, max_size=16).map(bytes.hex))
def test_every_id_is_found_at_its_row(tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], other: str) -> None:
    """Rows are numbered through the parts; an id that is not there is not found, unless it shares the first eight bytes."""
    folder = run(tmp_path_factory.mktemp("index") / "run", first, second)
    index, ids = DecisionIndex.open(folder), [*first, *second]

    assert index is not None
    assert all(ids.index(decision_id) in index.find(decision_id) for decision_id in ids)
    assert [ids[row][:16] for row in index.find(other)] == [other[:16]] * len(index.find(other))


def test_ids_that_begin_alike_are_all_candidates(tmp_path: Path) -> None:
    """The reader compares the whole id; the largest key has no key after it."""
    alike = ["f" * 16 + "0" * 16, "f" * 16 + "1" * 16, "0" * 32]
    index = DecisionIndex.open(run(tmp_path / "run", alike))

    assert index is not None
    assert sorted(index.find("f" * 32)) == [0, 1]
    assert index.find("0" * 32) == [2]


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "a" * 31 + "\n", "../" + "a" * 29])
def test_other_texts_are_no_decision_ids(text: str) -> None:
    """They are not looked for."""
    assert not is_decision_id(text)


class TestRegistry:
    def test_finds_runs_in_the_shop_and_elsewhere(self, tmp_path: Path) -> None:
        """`otokui decide` writes to any folder."""
        shop = tmp_path / "shop"
        inside, outside = run(shop / "decisions" / "a", ["a" * 32]), run(tmp_path / "b", ["b" * 32])
        registry = RunRegistry(shop)
        registry.add(inside, "1")
        registry.add(outside, "2")

        assert list(registry.candidates("a" * 32)) == [(inside, 0)]
        assert list(registry.candidates("b" * 32)) == [(outside, 0)]
        assert list(registry.candidates("c" * 32)) == []

    def test_a_moved_shop_keeps_its_runs(self, tmp_path: Path) -> None:
        """Folders in the shop are noted relative to it."""
        run(tmp_path / "shop" / "a", ["a" * 32])
        RunRegistry(tmp_path / "shop").add(tmp_path / "shop" / "a", "1")
        shutil.move(tmp_path / "shop", tmp_path / "moved")

        assert list(RunRegistry(tmp_path / "moved").candidates("a" * 32)) == [(tmp_path / "moved" / "a", 0)]

    def test_a_removed_run_is_passed_over_and_forgotten(self, tmp_path: Path) -> None:
        """Also by a registry that had it open; what lies outside the shop may come back."""
        registry = RunRegistry(tmp_path / "shop")
        folders = [run(tmp_path / "shop" / "a", ["a" * 32]), run(tmp_path / "b", ["a" * 32])]
        for number, folder in enumerate(folders):
            registry.add(folder, str(number))
        assert len(list(registry.candidates("a" * 32))) == 2

        for folder in folders:
            shutil.rmtree(folder)
        registry.drop_missing()

        assert list(registry.candidates("a" * 32)) == []
        assert [path.name for path in (tmp_path / "shop" / "decision_runs").iterdir()] == ["1.json"]

    def test_a_million_decisions_are_twelve_megabytes(self, tmp_path: Path) -> None:
        """Eight bytes of the id and four of the row."""
        ids = [bytes.hex(each.tobytes()) for each in np.random.default_rng(1).integers(0, 256, (5_000, 16), dtype=np.uint8)]

        assert (run(tmp_path / "run", ids) / INDEX).stat().st_size == 12 * 5_000
