"""Every label, enumerated: what a new one must bring with it."""

from __future__ import annotations

import pytest

from otokui.domain import DAY, Instant, Label
from otokui.errors import FeatureSetMismatch
from scoring.model_files.loader import load
from scoring.model_files.manifest import Manifest, read_manifest
from tests.unit.training import small_shop
from training.boosting.lightgbm_fit import OBJECTIVES
from training.train import TrainingResult


@pytest.fixture(scope="module")
def result() -> TrainingResult:
    """All labels of the small shop."""
    return small_shop.trained(small_shop.purchases(), 240)


@pytest.mark.parametrize("label", Label)
class TestEveryLabel:
    """Parametrised over the enumeration, so that a label cannot be forgotten."""

    def manifest(self, result: TrainingResult, label: Label) -> Manifest:
        return read_manifest(result.models[label].files.manifest)

    def test_has_an_objective(self, label: Label) -> None:
        """LightGBM knows what to minimise."""
        assert label in OBJECTIVES

    def test_says_what_it_rests_on(self, label: Label, result: TrainingResult) -> None:
        """Cut-offs before the end, features in order, a tail in words, a digest of the data, figures."""
        manifest = self.manifest(result, label)
        end = small_shop.START + 240 * DAY

        assert manifest.label is label
        assert manifest.trained_through == Instant(end)
        assert manifest.cutoffs
        assert max(manifest.cutoffs) < end
        assert manifest.features == small_shop.NAMES
        assert manifest.categorical == ("area_code",)
        assert len(manifest.data_digest) == 64
        assert len(manifest.tail) > 20
        assert manifest.metrics["rows_held_out"] > 0

    def test_refuses_other_features(self, label: Label, result: TrainingResult) -> None:
        """Of another fingerprint, whatever the names."""
        with pytest.raises(FeatureSetMismatch):
            load(result.models[label].files, fingerprint="other", names=small_shop.NAMES)

    def test_is_data_and_nothing_else(self, label: Label, result: TrainingResult) -> None:
        """JSON and LightGBM text: no pickle opcode, no machine path."""
        files = result.models[label].files

        assert files.manifest.startswith("{")
        assert files.text.startswith("tree\n")
        assert "/tmp" not in files.manifest + files.text
