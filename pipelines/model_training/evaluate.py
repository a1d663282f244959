"""Evaluation of champion and challenger on the shop's cut-offs, the newest included.

Training judges a model once, on the day it is made. This asks again, with what has happened since, and says of
each cut-off whether a model had learnt from records after it, since such figures flatter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from otokui.domain import Instant, Label, ModelName
from otokui.errors import Missing, NotEnoughData
from otokui.ports.models import ModelFiles
from otokui.settings.settings import Settings
from pipelines.model_training.training_data import Material
from scoring.model_files.manifest import read_manifest
from training.evaluation.rolling_origin import AtCutoff, at_cutoffs
from training.train import begin

ALIASES = ("champion", "challenger")
NOT_COMPARED = "it was trained on other features, or for another question (churn days, loyal rule), and cannot be compared"


class VersionLookup(Protocol):
    """Where registered versions are found by alias."""

    def at_alias(self, label: ModelName, alias: str) -> int:
        """Return the version an alias stands at; raises Missing."""
        ...

    def files(self, label: ModelName, version: int) -> ModelFiles:
        """Return the files of a version, checked."""
        ...


@dataclass(frozen=True, slots=True)
class EvaluatedVersion:
    """Evaluated model version: alias, training metrics and metrics at cut-offs.

    trained_through: until when it knew.
    """

    alias: str
    version: int
    trained_through: Instant
    held_out: Mapping[str, float]
    figures: Sequence[AtCutoff]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """By label, the candidates in order of ALIASES; and why a label has none."""

    through: Instant
    labels: Mapping[Label, Sequence[EvaluatedVersion]]
    missing: Mapping[Label, str]


def evaluate_shop(
    material: Material, settings: Settings, versions: VersionLookup, *, through: Instant, labels: Sequence[Label] = tuple(Label)
) -> Evaluated:
    """Return metrics of registered models at every cut-off ended before ``through``.

    A cut-off has ended when its window has.

    Raises:
        NotEnoughData: nothing can be judged; a label of which that is true is in ``missing``.
    """
    task, _ = begin(material.basis(settings, through))
    out: dict[Label, list[EvaluatedVersion]] = {}
    missing: dict[Label, str] = {}
    for label in labels:
        there = registered(versions, label)
        if not there:
            missing[label] = "no version is registered; run `otokui train`"
            continue
        try:
            figures = at_cutoffs(task, label, {alias: files for alias, (_, files) in there.items()})
        except NotEnoughData as error:
            missing[label] = str(error)
            continue
        out[label] = [_candidate(alias, version, files, figures.get(alias)) for alias, (version, files) in there.items()]
    return Evaluated(through, out, missing)


def registered(versions: VersionLookup, label: ModelName) -> dict[str, tuple[int, ModelFiles]]:
    """Return version and files at each of ALIASES, a version once."""
    versions_by_alias: dict[str, tuple[int, ModelFiles]] = {}
    for alias in ALIASES:
        try:
            version = versions.at_alias(label, alias)
        except Missing:
            continue
        if version not in {known for known, _ in versions_by_alias.values()}:
            versions_by_alias[alias] = version, versions.files(label, version)
    return versions_by_alias


def _candidate(alias: str, version: int, files: ModelFiles, figures: Sequence[AtCutoff] | None) -> EvaluatedVersion:
    manifest = read_manifest(files.manifest)
    at_cutoffs, why_not = (figures, "") if figures is not None else ((), NOT_COMPARED)
    return EvaluatedVersion(alias, version, Instant(manifest.trained_through), manifest.metrics, at_cutoffs, why_not)
