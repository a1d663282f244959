"""The two models of pairs are checked alike before they speak: manifest, text, columns, then LightGBM."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from features import fingerprint
from features.products.candidates import COLUMNS
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.ports.models import ModelFiles
from scoring.model_files.manifest import digest_of
from scoring.pair_models.product_ranking import load_ranking
from scoring.pair_models.uplift import load_response
from tests.unit.decisions.value.test_uplift import response

NO_TREES = "not a model"
SAID: dict[str, Any] = {"trained_through": 1, "sha256": digest_of(NO_TREES), "otokui_version": "0", "fingerprint": fingerprint()}
RESPONSE: dict[str, Any] = json.loads(response(email=(0.05, 0.04)).manifest) | SAID | {"boosted": True}
RANKING: dict[str, Any] = {name: value for name, value in SAID.items() if name != "fingerprint"} | {
    "columns": list(COLUMNS),
    "cutoffs": [1],
    "horizon_days": 30.0,
    "best_iteration": 1,
}

KINDS = [
    pytest.param(load_response, "response model", RESPONSE, {"features": ["mood"], "fingerprint": "other"}, id="response"),
    pytest.param(load_ranking, "product ranking", RANKING, {"columns": [*COLUMNS, "mood"]}, id="ranking"),
]
Load = Callable[[ModelFiles], object]
Said = dict[str, Any]


@pytest.mark.parametrize(("load", "what", "said", "other"), KINDS)
class TestEveryKind:
    def test_a_manifest_that_cannot_be_read_names_the_kind(self, load: Load, what: str, said: Said, other: Said) -> None:
        """Two folders of models lie side by side."""
        with pytest.raises(BrokenModel, match=f"the manifest of the {what} cannot be read"):
            load(ModelFiles(json.dumps(said | {"format": 2}), NO_TREES))

    def test_another_text_is_refused_before_lightgbm_sees_it(self, load: Load, what: str, said: Said, other: Said) -> None:
        """Nearly every damaged text kills the process that reads it."""
        with pytest.raises(BrokenModel, match=f"the text of the {what} is not the one its manifest vouches for"):
            load(ModelFiles(json.dumps(said), NO_TREES + " "))

    def test_a_column_that_this_build_lacks_is_named(self, load: Load, what: str, said: Said, other: Said) -> None:
        """With the kind of model, as its manifest has it."""
        with pytest.raises(FeatureSetMismatch, match=r"missing here: \['mood'\]") as caught:
            load(ModelFiles(json.dumps(said | other), NO_TREES))

        assert caught.value.detail.startswith(f"model '{what.removesuffix(' model').replace(' ', '_')}'")

    def test_a_text_that_lightgbm_cannot_read_says_so(self, load: Load, what: str, said: Said, other: Said) -> None:
        """Vouched for, and no model all the same."""
        with pytest.raises(BrokenModel, match=f"LightGBM cannot read the {what}"):
            load(ModelFiles(json.dumps(said), NO_TREES))
