"""Loading and checking of pair models, common to all three kinds.

Apart from ``scoring.model_files.loader``, whose manifest is that of a label with its horizon. The SHA-256 is compared first, for
LightGBM's loader kills the process on most damaged texts (threats.md); then the columns it was trained on; the text is read last.
"""

from __future__ import annotations

from typing import Final, Protocol, Self, TypeVar

import lightgbm
from pydantic import ValidationError

import features
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.ports.models import ModelFiles
from scoring.model_files.manifest import digest_of

BETWEEN: Final = "\f"
"""Separator of the texts of two boosters of one model; no LightGBM text contains it."""


class VerifiedManifest(Protocol):
    """Manifest that holds the SHA-256 of its model text."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the model text."""
        ...

    @classmethod
    def model_validate_json(cls, text: str, /) -> Self:
        """Read the manifest."""
        ...


M = TypeVar("M", bound=VerifiedManifest)


class FeatureManifest(Protocol):
    """Manifest of a model trained on feature vectors."""

    @property
    def kind(self) -> str:
        """Name of the model kind in errors about its columns."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """Features the model was trained on."""
        ...

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the feature definitions."""
        ...


def verified_manifest(files: ModelFiles, manifest: type[M], what: str) -> M:
    """Return the manifest of a model after checking the digest of its text.

    manifest: its class; what: the kind of model, for a person.

    Raises:
        BrokenModel: the manifest cannot be read, or the digest differs.
    """
    try:
        parsed = manifest.model_validate_json(files.manifest)
    except ValidationError as error:
        raise BrokenModel(
            f"the manifest of the {what} cannot be read: {error.errors()[0]['msg']}", fix="run `otokui train` again"
        ) from None
    if digest_of(files.text) != parsed.sha256:
        raise BrokenModel(f"the text of the {what} is not the one its manifest vouches for", fix="run `otokui train` again")
    return parsed


def check_features(manifest: FeatureManifest) -> None:
    """Refuse a model that was trained on other features.

    Raises:
        FeatureSetMismatch: it was trained on other features than this build computes.
    """
    if manifest.fingerprint != features.fingerprint():
        raise FeatureSetMismatch(manifest.kind, set(manifest.features) - set(features.feature_names()), set())


def booster_of(files: ModelFiles, what: str) -> lightgbm.Booster:
    """Read the booster of a verified model text.

    Raises:
        BrokenModel: LightGBM cannot.
    """
    try:
        return lightgbm.Booster(model_str=files.text)
    except lightgbm.basic.LightGBMError as error:
        raise BrokenModel(f"LightGBM cannot read the {what}: {error}", fix="run `otokui train` on this build") from None


def boosters_of(files: ModelFiles, what: str, count: int) -> list[lightgbm.Booster]:
    """Read the ``count`` boosters of a verified model text.

    Raises:
        BrokenModel: LightGBM cannot read one, or there are not as many.
    """
    parts = [part for part in files.text.split(BETWEEN) if part]
    if len(parts) != count:
        raise BrokenModel(f"the {what} holds {len(parts)} boosters and its manifest names {count}", fix="run `otokui train` again")
    return [booster_of(ModelFiles(files.manifest, part), what) for part in parts]
