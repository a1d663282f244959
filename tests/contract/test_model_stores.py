"""What a store of promoted models must do; the folder that the service reads is the one there is."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.models.store.champions import ModelFolder
from otokui.domain import Instant, Label
from otokui.errors import BrokenModel, Missing
from otokui.ports.models import ModelFiles

CHURN, SPEND = Label.CHURN, Label.SPEND


def model(name: str, trained_through: int) -> ModelFiles:
    return ModelFiles(json.dumps({"name": name, "trained_through": trained_through}), f"tree {name}")


def passes(_: Sequence[Path]) -> None:
    """A try that every model passes."""


@pytest.fixture
def store(tmp_path: Path) -> ModelFolder:
    return ModelFolder(tmp_path / "models", tries=passes)


def promoted(store: ModelFolder, files: ModelFiles, at: int, label: Label = CHURN) -> str:
    digest = store.export(label, files)
    store.promote({label: digest}, Instant(at))
    return digest


class TestLive:
    def test_nothing_is_live_in_an_empty_shop(self, store: ModelFolder) -> None:
        """A shop before its first training has no models, which is no error."""
        assert dict(store.live()) == {}

    def test_what_was_promoted_last_is_live(self, store: ModelFolder) -> None:
        """The champion of each label, with its text as exported."""
        promoted(store, model("old", 100), 150)
        promoted(store, model("new", 200), 250)
        promoted(store, model("spend", 90), 260, SPEND)

        assert {label: files.text for label, files in store.live().items()} == {"churn": "tree new", "spend": "tree spend"}

    def test_as_of_the_past_only_models_of_that_past_speak(self, store: ModelFolder) -> None:
        """A model trained on later records would know the future; a label without an early one is left out."""
        promoted(store, model("old", 100), 150)
        promoted(store, model("new", 200), 250)
        promoted(store, model("spend", 300), 350, SPEND)

        assert {label: files.text for label, files in store.live(Instant(199)).items()} == {"churn": "tree old"}
        assert {label: files.text for label, files in store.live(Instant(200)).items()} == {"churn": "tree new"}
        assert dict(store.live(Instant(99))) == {}

    def test_an_exported_model_is_not_live_yet(self, store: ModelFolder) -> None:
        """Export and promotion are two steps; exporting again changes nothing."""
        first = store.export(CHURN, model("one", 1), {"run": "abc"})

        assert store.export(CHURN, model("one", 1)) == first
        assert dict(store.live()) == {}
        assert json.loads((store.path(CHURN, first) / "export.json").read_text()) == {"run": "abc"}


class TestPromotion:
    def test_a_model_that_fails_its_try_does_not_go_live(self, store: ModelFolder) -> None:
        """All of a promotion, or nothing of it: the good one beside the broken one stays out too."""
        promoted(store, model("old", 1), 10)
        good, broken = store.export(CHURN, model("good", 2)), store.export(SPEND, model("broken", 2))

        def tries(folders: Sequence[Path]) -> None:
            if broken in {folder.name for folder in folders}:
                raise BrokenModel("it does not score", fix="train again")

        store.tries = tries
        with pytest.raises(BrokenModel):
            store.promote({CHURN: good, SPEND: broken}, Instant(20))

        assert {label: files.text for label, files in store.live().items()} == {"churn": "tree old"}

    def test_a_digest_that_was_never_exported_is_missing(self, store: ModelFolder) -> None:
        """The message says what to do."""
        with pytest.raises(Missing, match="is not in"):
            store.promote({CHURN: "0" * 64}, Instant(1))

    def test_a_manifest_changed_after_export_is_broken(self, store: ModelFolder) -> None:
        """The folder's name is the digest of what lies in it."""
        digest = promoted(store, model("one", 1), 1)
        (store.path(CHURN, digest) / "manifest.json").write_text("{}")

        with pytest.raises(BrokenModel, match="changed after export"):
            store.live()

    def test_promotions_at_once_lose_none(self, store: ModelFolder) -> None:
        """Two runs that end together both stand in the history."""
        digests = [store.export(label, model(str(i), i)) for i in range(8) for label in (CHURN, SPEND)]
        labels = [label for _ in range(8) for label in (CHURN, SPEND)]
        threads = [threading.Thread(target=store.promote, args=({lb: d}, Instant(1))) for lb, d in zip(labels, digests, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(store.history()) == 16


class TestRollBack:
    def test_the_champion_before_is_live_again(self, store: ModelFolder) -> None:
        """One command; the history keeps both steps."""
        old = promoted(store, model("old", 1), 10)
        promoted(store, model("new", 2), 20)

        assert store.roll_back(Instant(30)) == {"churn": old}
        assert store.live()[CHURN].text == "tree old"
        assert [row["kind"] for row in store.history()] == ["promoted", "promoted", "rolled_back"]

    def test_twice_goes_back_two_steps(self, store: ModelFolder) -> None:
        """Not back to the model that was just rolled back."""
        for at, name in ((10, "one"), (20, "two"), (30, "three")):
            promoted(store, model(name, at), at)
        store.roll_back(Instant(40))
        store.roll_back(Instant(50))

        assert store.live()[CHURN].text == "tree one"

    def test_what_was_rolled_back_does_not_speak_of_the_past(self, store: ModelFolder) -> None:
        """A model found wanting is not chosen for an earlier ``as_of`` either."""
        promoted(store, model("good", 100), 110)
        promoted(store, model("bad", 200), 210)
        store.roll_back(Instant(220))

        assert store.live(Instant(300))[CHURN].text == "tree good"

    def test_without_an_earlier_champion_it_is_missing(self, store: ModelFolder) -> None:
        """The first model cannot be rolled back."""
        promoted(store, model("one", 1), 10)

        with pytest.raises(Missing, match="no earlier champion"):
            store.roll_back(Instant(20))
