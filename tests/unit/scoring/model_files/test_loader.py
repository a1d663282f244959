"""Loading: what is damaged or of other features is refused before LightGBM sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import lightgbm
import pytest

import features
from otokui.domain import Label
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.ports.models import ModelFiles
from scoring.canary import canary, canary_rows
from scoring.model_files.loader import ModelSet, load, load_all
from scoring.model_files.shap import factors
from tests.unit.training import small_shop


@pytest.fixture(scope="module")
def files() -> ModelFiles:
    """A small model of churn."""
    return small_shop.trained(small_shop.purchases(), labels=(Label.CHURN,)).models[Label.CHURN].files


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("LightGBM was given the text")


DAMAGES: dict[str, Callable[[str], str]] = {
    "cut in the middle": lambda text: text[: len(text) // 2],
    "one digit more": lambda text: text.replace("leaf_value=", "leaf_value=9", 1),
    "a space at the end": lambda text: text + " ",
    "empty": lambda _: "",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_changed_text_never_reaches_lightgbm(files: ModelFiles, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """LightGBM's loader kills the process on most damaged texts; the checksum speaks first."""
    monkeypatch.setattr(lightgbm, "Booster", _refuse)

    with pytest.raises(BrokenModel, match="vouches"):
        load(ModelFiles(files.manifest, DAMAGES[damage](files.text)), fingerprint=small_shop.FINGERPRINT, names=small_shop.NAMES)


@pytest.mark.parametrize("manifest", ["", "{", "[]", '{"format": 2}'])
def test_an_unreadable_manifest_is_a_broken_model(files: ModelFiles, manifest: str) -> None:
    """Not a pydantic traceback."""
    with pytest.raises(BrokenModel, match="manifest"):
        load(ModelFiles(manifest, files.text), fingerprint=small_shop.FINGERPRINT, names=small_shop.NAMES)


def test_a_model_of_other_features_is_refused_by_name(files: ModelFiles) -> None:
    """The message says which features are missing here and which are new."""
    here = (*small_shop.NAMES[:-1], "hour_of_day")

    with pytest.raises(FeatureSetMismatch, match=r"missing here: \['month'\]; new here: \['hour_of_day'\]"):
        load(files, fingerprint="another", names=here)


def test_by_default_the_features_of_this_build_are_asked_for(files: ModelFiles) -> None:
    """A model of the small shop does not load into the real feature set."""
    assert features.fingerprint() != small_shop.FINGERPRINT
    with pytest.raises(FeatureSetMismatch):
        load(files)


def test_a_manifest_writes_and_reads_back_the_same(files: ModelFiles) -> None:
    """Same manifest, same bytes; a key that is not known is refused."""
    model = small_shop.loaded(files)

    assert model.manifest.to_json() == files.manifest
    strange = json.dumps(json.loads(files.manifest) | {"code": "import os"})
    with pytest.raises(BrokenModel):
        load(ModelFiles(strange, files.text), fingerprint=small_shop.FINGERPRINT, names=small_shop.NAMES)


def test_a_set_of_models_names_itself_by_its_contents(files: ModelFiles) -> None:
    """The digest depends on the models; trained_through is the newest of theirs, 0 without any."""
    some = ModelSet({Label.CHURN: small_shop.loaded(files)})

    assert some.digest != ModelSet({}).digest
    assert (some.trained_through, ModelSet({}).trained_through) == (1_725_920_000, 0)


def test_the_canary_scores_awkward_rows(files: ModelFiles) -> None:
    """Nothing known, zeros, huge values: finite and within [0, 1]."""
    canary(small_shop.loaded(files))

    assert len(canary_rows(small_shop.NAMES)) == 8


def test_factors_add_up_and_come_strongest_first(files: ModelFiles) -> None:
    """Five factors a row by falling strength; asking for more than there are gives all."""
    model = small_shop.loaded(files)
    batch = small_shop.vectors(small_shop.purchases(), small_shop.START + 300 * 86_400).rows(slice(0, 20))
    five, every = factors(batch, model, 5), factors(batch, model, 99)

    assert five.names.shape == (20, 5)
    assert (abs(five.contributions[:, :-1]) >= abs(five.contributions[:, 1:])).all()
    assert every.names.shape == (20, len(small_shop.NAMES) + 3)
    assert "own_rhythm" in set(every.names[0])


@pytest.mark.slow
def test_the_canary_program_says_by_its_exit_whether_a_model_scores(files: ModelFiles, tmp_path: Path) -> None:
    """A folder without models, or with a damaged one, exits 1 with a message and no traceback."""
    (tmp_path / "manifest.json").write_text(files.manifest, encoding="utf-8")
    (tmp_path / "model.txt").write_text(files.text[:-100], encoding="utf-8")

    tried = subprocess.run(
        [sys.executable, "-m", "scoring.canary", str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )

    assert tried.returncode == 1
    assert "vouches" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_a_model_that_only_says_why_does_not_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a shop of thirty customers and twenty days: four speak and say what they lack, one is left to say why it does not."""
    found = small_shop.trained(small_shop.purchases(30, 20), 20)
    monkeypatch.setattr("scoring.model_files.loader.load", lambda files, threads: small_shop.loaded(files))

    models = load_all({label: model.files for label, model in found.models.items()})

    assert set(models.models) == set(models.baselines) == set(Label) - {Label.FUTURE_LOYAL}
    assert set(models.unavailable) == {Label.FUTURE_LOYAL}
    assert models.unavailable[Label.FUTURE_LOYAL].endswith("no chance is given")
