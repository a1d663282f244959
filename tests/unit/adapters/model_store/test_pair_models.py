"""Models of pairs on disk: the newest that knew nothing later and was not withdrawn speaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.model_store.pair_models import PairFolder
from otokui.domain import Instant
from otokui.errors import BrokenModel, Missing
from otokui.ports import ModelFiles


def test_the_newest_ranking_that_knew_nothing_later_is_used(tmp_path: Path) -> None:
    """Trained through 100 and 200: as of 150 the first, as of 50 none."""
    folder = PairFolder(tmp_path)
    early, late = (ModelFiles(f'{{"trained_through": {at}}}', "tree") for at in (100, 200))
    folder.export(early)
    folder.export(late)

    assert folder.newest(Instant(150)) == early
    assert folder.newest(Instant(250)) == late
    assert folder.newest(Instant(50)) is None


def test_a_ranking_that_was_changed_is_refused(tmp_path: Path) -> None:
    """The folder is named by what its manifest was."""
    folder = PairFolder(tmp_path)
    digest = folder.export(ModelFiles('{"trained_through": 100}', "tree"))
    (tmp_path / digest / "manifest.json").write_text('{"trained_through": 90}', encoding="utf-8")

    with pytest.raises(BrokenModel, match="changed"):
        folder.newest(Instant(150))


def test_one_that_is_withdrawn_leaves_the_word_to_the_one_before(tmp_path: Path) -> None:
    """From then on; what is asked as of a day before still gets it, so that old decisions are made again alike."""
    folder = PairFolder(tmp_path)
    early, late = (ModelFiles(f'{{"trained_through": {at}}}', "tree") for at in (100, 200))
    folder.export(early)
    digest = folder.export(late)

    folder.withdraw(digest, Instant(300), who="ann", reason="sends everybody the same")

    assert folder.newest(Instant(299)) == late
    assert folder.newest(Instant(300)) == early
    assert json.loads((tmp_path / digest / "withdrawn.json").read_text(encoding="utf-8"))["reason"] == "sends everybody the same"
    assert folder.export(late) == digest
    assert folder.newest(Instant(400)) == early


def test_what_is_not_there_cannot_be_withdrawn(tmp_path: Path) -> None:
    """A wrong digest is an error, not a new folder."""
    with pytest.raises(Missing):
        PairFolder(tmp_path).withdraw("0" * 64, Instant(1), who="ann", reason="none")

    assert list(tmp_path.iterdir()) == []


def test_a_broken_withdrawal_is_told(tmp_path: Path) -> None:
    """Rather than that the model speaks again."""
    folder = PairFolder(tmp_path)
    digest = folder.export(ModelFiles('{"trained_through": 100}', "tree"))
    (tmp_path / digest / "withdrawn.json").write_text("{", encoding="utf-8")

    with pytest.raises(BrokenModel, match="withdrawn"):
        folder.newest(Instant(150))
