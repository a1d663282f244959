"""Product ranking model: scores product candidates of a customer.

A model of its own kind: it scores pairs of a customer and a product, not customers, so it has no horizon, no calibration and no place
among the labels; but it is data all the same, LightGBM text and a manifest with its SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import lightgbm
import numpy as np
from pydantic import Field

from features.products.candidates import COLUMNS, ProductCandidates
from otokui.errors import FeatureSetMismatch
from otokui.frames import Floats, Floats32, Ints
from otokui.ports.models import ModelFiles
from otokui.settings.section import Section
from scoring.model_files.manifest import digest_of
from scoring.pair_models.base import booster_of, verified_manifest

SHOWN = 10
"""Products stored for each customer."""


class RankingManifest(Section):
    """Manifest of a product ranking. Instants are UTC seconds."""

    format: Literal[1] = 1
    kind: Literal["product_ranking"] = "product_ranking"
    columns: tuple[str, ...] = Field(min_length=1)
    cutoffs: tuple[int, ...]
    trained_through: int
    horizon_days: float = Field(gt=0)
    best_iteration: int = Field(ge=1)
    metrics: dict[str, float] = Field(default={})
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    otokui_version: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """Loaded product ranking model."""

    manifest: RankingManifest
    digest: str
    booster: lightgbm.Booster
    threads: int = 1

    def scores(self, candidates: ProductCandidates) -> Floats:
        """Return a score for each product candidate, (K,).

        Only its order within a customer is meaningful.
        """
        return self.scores_of(candidates.values)

    def scores_of(self, values: Floats32) -> Floats:
        """Return a score for each row of candidate columns, (K,).

        values: (K, len(COLUMNS)), as in ``ProductCandidates``.
        """
        scores: Floats = np.asarray(self.booster.predict(values, raw_score=True, num_threads=self.threads), dtype=np.float64)
        return scores


def load_ranking(files: ModelFiles, *, threads: int = 1) -> Ranking:
    """Load a product ranking after checking it.

    Raises:
        BrokenModel: the manifest cannot be read, or the text does not match its digest.
        FeatureSetMismatch: it was trained on other columns than this build computes.
    """
    manifest = verified_manifest(files, RankingManifest, "product ranking")
    if manifest.columns != COLUMNS:
        raise FeatureSetMismatch(manifest.kind, set(manifest.columns) - set(COLUMNS), set(COLUMNS) - set(manifest.columns))
    return Ranking(manifest, digest_of(files.manifest), booster_of(files, "product ranking"), threads)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ranked products of customers, best first, grouped by customer, (K,) each.

    why: bits of the evidence.
    """

    customer: Ints
    product: Ints
    why: Ints


def best(candidates: ProductCandidates, scores: Floats, *, most: int = SHOWN, only_showable: bool = True) -> Ranked:
    """Return the ``most`` best candidates of each customer; ties go to the lower product number."""
    index = np.flatnonzero(candidates.showable) if only_showable else np.arange(len(candidates))
    order = index[np.lexsort((candidates.product[index], -scores[index], candidates.customer[index]))]
    customer = candidates.customer[order]
    first = np.arange(len(order)) - np.searchsorted(customer, customer, side="left") < most
    order = order[first]
    return Ranked(candidates.customer[order], candidates.product[order], candidates.why[order])
