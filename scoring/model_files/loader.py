"""Model loader: check a model's digest and features, then read it.

LightGBM's loader kills the process on most damaged texts (threats.md), so the SHA-256 is compared first, and a new model runs in a child
process (`scoring.canary`) before it is swapped in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import lightgbm
import numpy as np

import features
from otokui.domain import Instant, Label, ModelRef
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.frames import Floats, Floats32
from otokui.ports.models import ModelFiles
from scoring.model_files.manifest import Manifest, digest_of, read_manifest


@dataclass(frozen=True, slots=True)
class Model:
    """Loaded model of one label: manifest, booster, and the threads per call."""

    manifest: Manifest
    digest: str
    booster: lightgbm.Booster
    threads: int = 1

    @property
    def ref(self) -> ModelRef:
        """Reference of the model: the label and the SHA-256 of its manifest."""
        return ModelRef(self.manifest.label, self.digest)

    def raw(self, matrix: Floats32) -> Floats:
        """Return the booster's raw score, before offset and calibration, (n,).

        For the next purchase it is (n, 2).
        """
        scores: Floats = np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=self.threads), dtype=np.float64)
        return scores


def load(files: ModelFiles, *, threads: int = 1, fingerprint: str | None = None, names: tuple[str, ...] | None = None) -> Model:
    """Load a model after checking it.

    fingerprint, names: of the features; default to this build's.

    Raises:
        BrokenModel: the manifest cannot be read, or the text does not match its digest.
        FeatureSetMismatch: the model was trained on other features than this build computes.
    """
    manifest = read_manifest(files.manifest)
    if digest_of(files.text) != manifest.sha256:
        raise BrokenModel(
            f"the text of model {manifest.label} is not the one its manifest vouches for",
            fix="roll back to the model before it, or export it again; the file was cut, changed or mixed up",
        )
    if manifest.fingerprint != (features.fingerprint() if fingerprint is None else fingerprint):
        here = set(features.feature_names() if names is None else names)
        raise FeatureSetMismatch(str(manifest.label), set(manifest.features) - here, here - set(manifest.features))
    try:
        booster = lightgbm.Booster(model_str=files.text)
    except lightgbm.basic.LightGBMError as error:
        raise BrokenModel(f"LightGBM cannot read model {manifest.label}: {error}", fix="train it again on this build") from None
    return Model(manifest, digest_of(files.manifest), booster, threads)


@dataclass(frozen=True, slots=True)
class ModelSet:
    """Models of all labels that predict together.

    A label without one is NaN in predictions. unavailable: by label, why there is no model.
    """

    models: Mapping[Label, Model]
    unavailable: Mapping[Label, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Digest of all models: the same digest, the same predictions."""
        text = "\n".join(f"{label}@{self.models[label].digest}" for label in sorted(self.models))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def baselines(self) -> dict[Label, str]:
        """By label, the data too scarce for trees, of labels predicted by a baseline."""
        return {label: model.manifest.not_enough for label, model in self.models.items() if model.manifest.not_enough}

    @property
    def trained_through(self) -> Instant:
        """Latest instant of training data over all models; 0 without models."""
        return Instant(max((model.manifest.trained_through for model in self.models.values()), default=0))


def load_all(files: Mapping[Label, ModelFiles], *, threads: int = 1) -> ModelSet:
    """Load the models of all labels; raises as ``load`` does.

    A model whose manifest only states why there can be no prediction is ``unavailable``.
    """
    loaded = {label: load(each, threads=threads) for label, each in files.items()}
    return ModelSet(
        {label: model for label, model in loaded.items() if model.manifest.speaks},
        {label: model.manifest.not_enough for label, model in loaded.items() if not model.manifest.speaks},
    )
