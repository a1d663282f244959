"""Ranks the products that come into question for a customer; what the ranking was learnt from stands in its manifest.

A model of its own kind: it scores pairs of a customer and a product, not customers, so it has no horizon, no
calibration and no place among the labels; but it is data all the same, LightGBM text and a manifest with its SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import lightgbm
import numpy as np
from pydantic import Field

from features.products.candidates import COLUMNS, ProductCandidates
from otokui.errors import FeatureSetMismatch
from otokui.frames import Floats, Ints
from otokui.ports import ModelFiles
from otokui.settings.offers import Section
from scoring.model_files.manifest import digest_of
from scoring.pair_models.base import booster_of, vouched

SHOWN = 10
"""Products kept for each customer."""


class RankingManifest(Section):
    """What a ranking says of itself. Instants are UTC seconds."""

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
    """A ranking, loaded."""

    manifest: RankingManifest
    digest: str
    booster: lightgbm.Booster
    threads: int = 1

    def scores(self, found: ProductCandidates) -> Floats:
        """Return a score for each candidate, (K,); only its order within a customer means anything."""
        scores: Floats = np.asarray(self.booster.predict(found.values, raw_score=True, num_threads=self.threads), dtype=np.float64)
        return scores


def load_ranking(files: ModelFiles, *, threads: int = 1) -> Ranking:
    """Load a ranking after checking it.

    Raises:
        BrokenModel: the manifest cannot be read, or the text is not the one it vouches for.
        FeatureSetMismatch: it was trained on other columns than this build computes.
    """
    manifest = vouched(files, RankingManifest, "product ranking")
    if manifest.columns != COLUMNS:
        raise FeatureSetMismatch(manifest.kind, set(manifest.columns) - set(COLUMNS), set(COLUMNS) - set(manifest.columns))
    return Ranking(manifest, digest_of(files.manifest), booster_of(files, "product ranking"), threads)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best products of customers, best first: customer, product, why (K,), standing together by customer."""

    customer: Ints
    product: Ints
    why: Ints


def best(found: ProductCandidates, scores: Floats, *, most: int = SHOWN, only_showable: bool = True) -> Ranked:
    """Return the ``most`` best candidates of each customer; ties go to the lower product number."""
    kept = np.flatnonzero(found.showable) if only_showable else np.arange(len(found))
    order = kept[np.lexsort((found.product[kept], -scores[kept], found.customer[kept]))]
    customer = found.customer[order]
    first = np.arange(len(order)) - np.searchsorted(customer, customer, side="left") < most
    order = order[first]
    return Ranked(found.customer[order], found.product[order], found.why[order])
