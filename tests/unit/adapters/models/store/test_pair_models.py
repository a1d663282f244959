"""Models of pairs on disk: the newest that knew nothing later and was not withdrawn speaks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.models.store.pair_models import PairFolder
from otokui.domain import Instant
from otokui.errors import BrokenModel, Missing
from otokui.ports.models import ModelFiles


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
    [move] = json.loads((tmp_path / "moves.json").read_text(encoding="utf-8"))
    assert (move["digest"], move["kind"], move["at"], move["reason"]) == (digest, "withdrawn", 300, "sends everybody the same")
    assert folder.withdrawn(digest) == "sends everybody the same"
    assert folder.export(late) == digest
    assert folder.newest(Instant(400)) == early


def test_what_is_not_there_cannot_be_withdrawn(tmp_path: Path) -> None:
    """A wrong digest is an error, not a new folder."""
    with pytest.raises(Missing):
        PairFolder(tmp_path).withdraw("0" * 64, Instant(1), who="ann", reason="none")

    assert list(tmp_path.iterdir()) == []


def test_what_was_promoted_last_speaks_before_what_was_trained_last(tmp_path: Path) -> None:
    """From then on; a promotion undoes a withdrawal, and each withdrawal goes one step back."""
    folder = PairFolder(tmp_path)
    early, late = (ModelFiles(f'{{"trained_through": {at}}}', "tree") for at in (100, 200))
    first, second = folder.export(early), folder.export(late)

    folder.promote(second, Instant(200), who="train", reason="the gate passed")
    folder.promote(first, Instant(300), who="ann", reason="better in May")

    assert [folder.newest(Instant(at)) for at in (150, 299, 300)] == [early, late, early]
    folder.withdraw(first, Instant(400), who="bob", reason="complaints")
    assert (folder.newest(Instant(399)), folder.newest(Instant(400))) == (early, late)
    folder.withdraw(second, Instant(500), who="bob", reason="complaints")
    assert folder.newest(Instant(500)) is None
    folder.promote(first, Instant(600), who="ann", reason="it was not the model")
    assert folder.newest(Instant(600)) == early
    assert folder.withdrawn(first) is None


def test_a_promotion_does_not_let_a_model_speak_of_days_before_it_learnt(tmp_path: Path) -> None:
    """Promoted as of an early day or not: what was trained through 200 says nothing as of 199."""
    folder = PairFolder(tmp_path)
    digest = folder.export(ModelFiles('{"trained_through": 200}', "tree"))

    folder.promote(digest, Instant(50), who="ann", reason="try")

    assert folder.newest(Instant(199)) is None


def test_what_an_earlier_build_withdrew_stays_withdrawn(tmp_path: Path) -> None:
    """From the instant that stands in the file beside the model."""
    folder = PairFolder(tmp_path)
    digest = folder.export(ModelFiles('{"trained_through": 100}', "tree"))
    said = {"at": 300, "who": "ann", "reason": "complaints"}
    (tmp_path / digest / "withdrawn.json").write_text(json.dumps(said), encoding="utf-8")

    assert folder.speaking(Instant(299)) == digest
    assert folder.speaking(Instant(300)) is None
    assert folder.withdrawn(digest) == "complaints"
    folder.promote(digest, Instant(400), who="bob", reason="it was not the model")
    assert folder.speaking(Instant(400)) == digest


@pytest.mark.parametrize("text", ["{", "{}", '[{"digest": "a"}]', "[1]"])
def test_moves_that_cannot_be_read_are_told(tmp_path: Path, text: str) -> None:
    """Rather than that a withdrawn model speaks again."""
    folder = PairFolder(tmp_path)
    folder.export(ModelFiles('{"trained_through": 100}', "tree"))
    (tmp_path / "moves.json").write_text(text, encoding="utf-8")

    with pytest.raises(BrokenModel, match="moves"):
        folder.newest(Instant(150))


def test_a_broken_withdrawal_is_told(tmp_path: Path) -> None:
    """Rather than that the model speaks again."""
    folder = PairFolder(tmp_path)
    digest = folder.export(ModelFiles('{"trained_through": 100}', "tree"))
    (tmp_path / digest / "withdrawn.json").write_text("{", encoding="utf-8")

    with pytest.raises(BrokenModel, match="withdrawn"):
        folder.newest(Instant(150))
