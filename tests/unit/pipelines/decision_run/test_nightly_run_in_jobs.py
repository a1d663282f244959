"""A run that a job carries out: it can be stopped after a part, and it writes its decisions as they would be answered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from adapters.decision_archive.decision_lines import read_lines
from otokui.errors import Unavailable
from pipelines.decision_run.limits.reservations import ReservationGroups
from pipelines.decision_run.nightly_run import decide
from scoring import ModelSet
from tests.fake_ledger import FakeLedger
from tests.unit.pipelines.decision_run.test_nightly_run import POLICY, RUN, Remembering, base, contents, ledger, look


def carried_out(out: Path, book: FakeLedger, decided: list[str], **more: Any) -> dict[str, Any]:
    """Decide about ten customers in parts of four."""
    engine = Remembering(ModelSet({}), POLICY, look=look, decided=decided)
    return decide(base(), RUN, engine=engine, ledger=book, out=out, **more)


class TestStopping:
    def test_ends_after_the_part_in_progress(self, tmp_path: Path) -> None:
        """The parts there are make a finished run, which says that it was stopped."""
        book = ledger()
        made = carried_out(tmp_path / "out", book, [], stop=lambda: True)

        assert (made["rows"], made["stopped"], len(made["parts"])) == (4, True, 1)
        assert sorted(place.customer_id for place, _ in book.reserved.values()) == ["c01", "c03"]
        assert [run["rows"] for run in book.runs] == [4]
        assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == made

    def test_a_part_with_places_and_no_file_is_made_first(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Killed between the two, then cancelled: the places belong to decisions that can be read."""
        book, out = ledger(), tmp_path / "out"

        def fails(*_: Any) -> None:
            raise Unavailable("killed here", fix="go on")

        with monkeypatch.context() as patched:
            patched.setattr("adapters.decision_archive.run_folder.DecisionFolder.write_part", fails)
            with pytest.raises(Unavailable):
                carried_out(out, book, [])
        assert len(book.reserved) == 2

        made = carried_out(out, book, [], stop=lambda: True)

        assert (made["rows"], made["by_status"]["contact"]) == (4, 2)
        assert len(book.reserved) == 2

    def test_is_not_asked_after_parts_found_whole(self, tmp_path: Path) -> None:
        """Behind them a part may have its places already."""
        book, out, asked = ledger(), tmp_path / "out", []
        carried_out(out, book, [], stop=lambda: len(asked) == 1 or asked.append(1))  # stops after the second part
        decided: list[str] = []

        made = carried_out(out, book, decided, stop=lambda: True)

        assert decided[0] == "c08"
        assert made["rows"] == 10


class TestGroups:
    @pytest.mark.parametrize("size", [1, 2, 100])
    def test_reserve_what_one_transaction_reserves(self, tmp_path: Path, size: int) -> None:
        """The same decisions and places; another caller gets a turn after each group."""
        whole, grouped, pauses = ledger(), ledger(), list[float]()
        carried_out(tmp_path / "whole", whole, [])
        carried_out(tmp_path / "grouped", grouped, [], groups=ReservationGroups(size, pauses.append))

        assert grouped.reserved == whole.reserved
        names = [path.name for path in sorted((tmp_path / "whole").glob("*.parquet"))]
        assert [(tmp_path / "grouped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes() for name in names] == [True] * 3
        assert len(pauses) == {1: 5, 2: 3, 100: 3}[size]

    def test_killed_between_groups_it_goes_on_with_what_it_had_read(self, tmp_path: Path) -> None:
        """What arrives meanwhile must not change decisions beside a place that is made already."""
        calm, book = ledger(), ledger()
        carried_out(tmp_path / "calm", calm, [], groups=ReservationGroups(1, lambda _: None))

        def killed(_: float) -> None:
            raise Unavailable("killed here", fix="go on")

        with pytest.raises(Unavailable):
            carried_out(tmp_path / "out", book, [], groups=ReservationGroups(1, killed))
        assert len(book.reserved) == 1
        assert (tmp_path / "out" / "part-00000.inputs").exists()
        read = list[str]()
        look_up = book.contact_state
        book.contact_state = lambda ids, *more: (read.append(ids[0]), look_up(ids, *more))[1]  # type: ignore[method-assign]
        carried_out(tmp_path / "out", book, [], groups=ReservationGroups(1, lambda _: None))

        assert read == ["c04", "c08"]
        assert book.reserved == calm.reserved
        assert contents(tmp_path / "out") == contents(tmp_path / "calm")


class TestLines:
    def test_are_the_decisions_of_the_columns(self, tmp_path: Path) -> None:
        """One line a row, in the same order; the manifest vouches for both files."""
        out = tmp_path / "out"
        made = carried_out(out, ledger(), [], lines=True)

        for part in made["parts"]:
            lines = [json.loads(line) for line in read_lines(out, part, 0, part["rows"]) or []]
            columns = pq.read_table(out / part["file"], columns=["decision_id", "customer_id", "status"]).to_pylist()
            assert [{name: line[name] for name in columns[0]} for line in lines] == columns

    def test_a_part_without_its_lines_is_made_again(self, tmp_path: Path) -> None:
        """The same bytes as before."""
        out, book = tmp_path / "out", ledger()
        carried_out(out, book, [], lines=True)
        lines = out / "part-00001.ndjson.zst"
        before, decided = lines.read_bytes(), list[str]()
        lines.unlink()

        carried_out(out, book, decided, lines=True)

        assert decided == ["c04"]
        assert lines.read_bytes() == before
        assert len(book.reserved) == 5

    def test_a_run_of_the_night_has_none(self, tmp_path: Path) -> None:
        """They would take five times the room of its columns."""
        made = carried_out(tmp_path / "out", ledger(), [])

        assert [path.name for path in (tmp_path / "out").glob("*.zst")] == []
        assert all("lines" not in part for part in made["parts"])
        assert replace(RUN).describe().items() <= made.items()
