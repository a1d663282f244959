"""Uplift model of contacts by customer: loaded, and applied to scaled features.

A model of its own kind: it scores a customer and a candidate together, so it has no place among the labels. All candidates of a customer
share the customer columns (``columns``); an effect is then a sum of a few products, so a million customers with forty candidates each
cost one pass, not forty runs of a booster. Sums are added up in a fixed order, column after column, so one customer and a million get the
same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import lightgbm
import numpy as np
from pydantic import Field, model_validator

from otokui.frames import Batch, Floats
from otokui.ports.models import ModelFiles
from otokui.settings.section import Section
from scoring.model_files.manifest import digest_of
from scoring.pair_models.base import boosters_of, check_features, verified_manifest


@dataclass(frozen=True, slots=True)
class Scale:
    """Scale of columns by ranks: mean 0, variance 1 among the training customers.

    knots: of each column; ranks: their scaled values.
    """

    names: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]
    ranks: tuple[tuple[float, ...], ...]

    def apply(self, names: tuple[str, ...], matrix: Floats) -> Floats:
        """Return the scaled columns, (n, len(self.names)), found by name.

        A missing column or an invalid number is 0.
        """
        out = np.zeros((len(matrix), len(self.names)))
        for place, (name, knots, ranks) in enumerate(zip(self.names, self.knots, self.ranks, strict=True)):
            if name in names:
                column = matrix[:, names.index(name)]
                scaled = np.interp(column, knots, ranks)
                out[:, place] = np.where(np.isfinite(column), scaled, 0.0)
        return out


class CellEffect(Section):
    """Uplift of one message over one channel: base, slopes by customer column, and variances."""

    message_id: str
    channel: str
    base: float
    base_variance: float = Field(ge=0.0)
    slopes: tuple[float, ...]
    slope_variances: tuple[float, ...]


class Standardisation(Section):
    """Standardisation of a column to mean 0 and standard deviation 1."""

    centre: float
    spread: float = Field(gt=0.0)


class ResponseManifest(Section):
    """Manifest of an uplift model. Instants are UTC seconds, effects chances of a purchase.

    without, contacted: intercept and coefficients of the two outcome models whose mean is the prognostic score, standardised by centre
    and spread; response: standardisation of LightGBM's expectation if contacted, None = not used; kept: share of the uplift within the
    response days that is not merely pulled forward; of_late: decayed count of recent contacts of the mean training contact: the effects
    are those on a customer contacted as often.
    """

    format: Literal[1] = 1
    kind: Literal["response"] = "response"
    features: tuple[str, ...]
    knots: tuple[tuple[float, ...], ...]
    ranks: tuple[tuple[float, ...], ...]
    without: tuple[float, ...]
    contacted: tuple[float, ...]
    centre: float
    spread: float = Field(gt=0.0)
    response: Standardisation | None = None
    boosted: bool
    cells: tuple[CellEffect, ...] = Field(min_length=1)
    kept: float = Field(ge=0.0)
    of_late: float = Field(default=0.0, ge=0.0)
    fingerprint: str
    trained_through: int
    metrics: dict[str, float] = Field(default={})
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    otokui_version: str

    @property
    def columns(self) -> int:
        """Number of customer columns of an effect.

        They are the prognostic score, LightGBM's expectation if used, the features, and LightGBM's effect.
        """
        return 1 + (self.response is not None) + len(self.features) + 1

    @model_validator(mode="after")
    def _shapes_fit(self) -> ResponseManifest:
        if len(self.knots) != len(self.features) or len(self.ranks) != len(self.features):
            raise ValueError("every feature needs its knots and ranks")
        if len(self.without) != len(self.features) + 1 or len(self.contacted) != len(self.features) + 1:
            raise ValueError("an outcome model needs an intercept and a coefficient for each feature")
        if any(len(cell.slopes) != self.columns or len(cell.slope_variances) != self.columns for cell in self.cells):
            raise ValueError("a cell needs a slope and its variance for each customer column")
        numbers = [n for cell in self.cells for n in (cell.base, cell.base_variance, *cell.slopes, *cell.slope_variances)]
        if self.response is not None:
            numbers += [self.response.centre, self.response.spread]
        if not np.isfinite([*self.without, *self.contacted, self.centre, self.spread, self.kept, self.of_late, *numbers]).all():
            raise ValueError("a number is not finite")
        return self

    def to_json(self) -> str:
        """Return the manifest as JSON: the same manifest, the same bytes."""
        return self.model_dump_json(indent=1)


@dataclass(frozen=True, slots=True)
class UpliftModel:
    """Loaded uplift model."""

    manifest: ResponseManifest
    digest: str
    response: lightgbm.Booster | None
    booster: lightgbm.Booster | None

    def columns(self, vectors: Batch) -> Floats:
        """Return the customer columns of effects, (n, q), each finite.

        They are the prognostic score, features by rank, and LightGBM's effect.
        """
        manifest = self.manifest
        scaled = Scale(manifest.features, manifest.knots, manifest.ranks).apply(vectors.names, vectors.values)
        prognosis = (_line(scaled, manifest.without) + _line(scaled, manifest.contacted)) / 2.0
        parts = [(prognosis - manifest.centre) / manifest.spread]
        if manifest.response is not None:
            parts.append((_boosted(self.response, scaled) - manifest.response.centre) / manifest.response.spread)
        return np.column_stack([*parts, scaled, _boosted(self.booster, scaled)])

    def effects(self, vectors: Batch) -> Floats:
        """Return the uplift of each cell for each customer, (n, cells).

        In the order of the manifest.

        Chances of a purchase within the response days, before attention, message affinity and wear-out.
        """
        columns, cells = self.columns(vectors), self.manifest.cells
        effects = np.repeat(np.array([[cell.base for cell in cells]]), len(vectors), axis=0)
        for place in range(columns.shape[1]):
            effects += columns[:, place, None] * np.array([cell.slopes[place] for cell in cells])
        return effects


def _boosted(booster: lightgbm.Booster | None, scaled: Floats) -> Floats:
    if booster is None or not len(scaled):
        return np.zeros(len(scaled))
    return np.asarray(booster.predict(scaled, num_threads=1), dtype=np.float64)


def _line(scaled: Floats, model: tuple[float, ...]) -> Floats:
    out = np.full(len(scaled), model[0])
    for place, coefficient in enumerate(model[1:]):
        out += scaled[:, place] * coefficient
    return out


def load_response(files: ModelFiles) -> UpliftModel:
    """Load an uplift model after checking it.

    Raises:
        BrokenModel: the manifest cannot be read, or the text does not match its digest.
        FeatureSetMismatch: it was trained on other features than this build computes.
    """
    manifest = verified_manifest(files, ResponseManifest, "response model")
    check_features(manifest)
    boosters = iter(boosters_of(files, "response model", (manifest.response is not None) + manifest.boosted))
    response = next(boosters) if manifest.response is not None else None
    return UpliftModel(manifest, digest_of(files.manifest), response, next(boosters) if manifest.boosted else None)
