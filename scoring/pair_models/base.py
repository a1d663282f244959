"""A model of pairs, of a customer and something offered to them, checked before it speaks: what the three kinds have in common.

Apart from ``scoring.model_files.loader``, whose manifest is that of a label with its horizon. The SHA-256 is compared first, for LightGBM's
loader kills the process on most damaged texts (threats.md); then the columns it was trained on; the text is read last.
"""

from __future__ import annotations

from typing import Final, Protocol, Self, TypeVar

import lightgbm
from pydantic import ValidationError

import features
from otokui.errors import BrokenModel, FeatureSetMismatch
from otokui.ports import ModelFiles
from scoring.model_files.manifest import digest_of

BETWEEN: Final = "\f"
"""Stands between the texts of two boosters of one model; no text of LightGBM's holds it."""


class Vouching(Protocol):
    """A manifest that vouches for a text."""

    @property
    def sha256(self) -> str:
        """Of the text."""
        ...

    @classmethod
    def model_validate_json(cls, text: str, /) -> Self:
        """Read the manifest."""
        ...


M = TypeVar("M", bound=Vouching)


class OfFeatures(Protocol):
    """A manifest of a model that looks at the vectors."""

    @property
    def kind(self) -> str:
        """What it is called in errors about its columns."""
        ...

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of the vectors it was trained on."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of their definitions."""
        ...


def vouched(files: ModelFiles, manifest: type[M], what: str) -> M:
    """Return the manifest of a model, once its text was found to be the one it vouches for.

    manifest: its class; what: the kind of model, for a person.

    Raises:
        BrokenModel: the manifest cannot be read, or the text is another.
    """
    try:
        said = manifest.model_validate_json(files.manifest)
    except ValidationError as error:
        raise BrokenModel(
            f"the manifest of the {what} cannot be read: {error.errors()[0]['msg']}", fix="run `otokui train` again"
        ) from None
    if digest_of(files.text) != said.sha256:
        raise BrokenModel(f"the text of the {what} is not the one its manifest vouches for", fix="run `otokui train` again")
    return said


def of_this_build(said: OfFeatures) -> None:
    """Refuse a model of other vectors.

    Raises:
        FeatureSetMismatch: it was trained on other features than this build computes.
    """
    if said.fingerprint != features.fingerprint():
        raise FeatureSetMismatch(said.kind, set(said.features) - set(features.feature_names()), set())


def booster_of(files: ModelFiles, what: str) -> lightgbm.Booster:
    """Read the text of a model that was vouched for.

    Raises:
        BrokenModel: LightGBM cannot.
    """
    try:
        return lightgbm.Booster(model_str=files.text)
    except lightgbm.basic.LightGBMError as error:
        raise BrokenModel(f"LightGBM cannot read the {what}: {error}", fix="run `otokui train` on this build") from None


def boosters_of(files: ModelFiles, what: str, count: int) -> list[lightgbm.Booster]:
    """Read the texts of a model of ``count`` boosters that was vouched for.

    Raises:
        BrokenModel: LightGBM cannot read one, or there are not as many.
    """
    parts = [part for part in files.text.split(BETWEEN) if part]
    if len(parts) != count:
        raise BrokenModel(f"the {what} holds {len(parts)} boosters and its manifest names {count}", fix="run `otokui train` again")
    return [booster_of(ModelFiles(files.manifest, part), what) for part in parts]
