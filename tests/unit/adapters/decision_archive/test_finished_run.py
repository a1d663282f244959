"""A finished run read back: the rows asked for, a few at once, and only from parts that are what the manifest says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters.decision_archive.finished_run import AT_ONCE, FinishedRun
from adapters.decision_archive.run_folder import arrow_table, claim
from otokui.errors import BadInput, Missing
from otokui.frames import texts


def written(folder: Path, *sizes: int, finished: bool = True) -> FinishedRun:
    """Write a run of parts of these sizes; its customers are numbered through."""
    parts, begin = [], 0
    with claim(folder, {"run_digest": "r"}) as made:
        for part, size in enumerate(sizes):
            ids = [f"c{n}" for n in range(begin, begin + size)]
            table = arrow_table(
                {"customer_id": texts(ids), "decision_id": texts([f"d-{c}" for c in ids])}, np.zeros((size, 4), dtype=np.uint8)
            )
            parts.append(made.write_part(part, table, {"rows": size}))
            begin += size
        if finished:
            made.publish_manifest({"rows": begin, "parts": parts})
    return FinishedRun.open(folder)


def read(run: FinishedRun, *numbers: int) -> list[str]:
    """Return the customers of some rows."""
    return [customer for rows in run.rows(np.array(numbers)) for customer in rows["customer_id"].to_pylist()]


class TestRows:
    def test_come_by_number_through_all_parts(self, tmp_path: Path) -> None:
        """The first and the last of a part, and none twice."""
        run = written(tmp_path / "out", 4, 3, 2)

        assert len(run) == 9
        assert read(run, 0, 3, 4, 8) == ["c0", "c3", "c4", "c8"]

    def test_a_part_that_holds_none_of_them_is_not_opened(self, tmp_path: Path) -> None:
        """It may be gone: a sample of a large run reads little of it."""
        run = written(tmp_path / "out", 4, 3, 2)
        (tmp_path / "out" / "part-00001.parquet").unlink()

        assert read(run, 1, 7) == ["c1", "c7"]

    def test_few_lie_in_memory_at_once(self, tmp_path: Path) -> None:
        """However many are asked for, in their order."""
        run = written(tmp_path / "out", 2 * AT_ONCE + 500)

        sizes = [len(rows) for rows in run.rows(np.arange(len(run)))]

        assert sizes == [AT_ONCE, AT_ONCE, 500]
        assert read(run, *range(0, len(run), 3)) == [f"c{n}" for n in range(0, len(run), 3)]


class TestFind:
    def test_a_row_is_found_by_customer_and_by_decision(self, tmp_path: Path) -> None:
        """Its number counts through the parts before."""
        run = written(tmp_path / "out", 4, 3)

        assert (run.find("customer_id", "c5"), run.find("decision_id", "d-c1")) == (5, 1)

    def test_whoever_is_not_there_is_named(self, tmp_path: Path) -> None:
        """With the folder that was looked through."""
        with pytest.raises(Missing, match="customer_id is 'zoe'"):
            written(tmp_path / "out", 2).find("customer_id", "zoe")


class TestTrust:
    def test_an_unfinished_run_is_refused(self, tmp_path: Path) -> None:
        """Half a base would be taken for the whole."""
        with pytest.raises(Missing, match="no finished run"):
            written(tmp_path / "out", 2, finished=False)

    def test_a_part_that_was_changed_is_named(self, tmp_path: Path) -> None:
        """Before a byte of it is believed."""
        run = written(tmp_path / "out", 2, 2)
        path = tmp_path / "out" / "part-00001.parquet"
        path.write_bytes(path.read_bytes()[:-1] + b"x")

        with pytest.raises(BadInput, match=r"part-00001\.parquet is not the file its manifest vouches for") as caught:
            read(run, 3)

        assert "backup" in caught.value.fix

    def test_a_part_that_is_gone_is_named(self, tmp_path: Path) -> None:
        """Not a traceback of the file system's."""
        run = written(tmp_path / "out", 2)
        (tmp_path / "out" / "part-00000.parquet").unlink()

        with pytest.raises(BadInput, match=r"part-00000\.parquet is missing"):
            run.find("customer_id", "c0")
