"""BTYD base model (MBG/NBD): repeat purchases expected from a customer's own purchases.

Each customer buys at a rate of their own (a mixture of gamma distributions over customers) and may leave for good after any purchase (a
chance that differs between customers, on a small grid). This is MBG/NBD (Batislam, Denizel and Filiztekin 2007) with both heterogeneities
widened to mixtures, and with a share of apparently lost customers who have only paused. Its expectations are closed forms, so a million
rows take seconds and no special function is needed. Gradient boosting then learns the residual. Without the base model, boosting copies
the counts of a young cohort onto an aged one, and has no estimate beyond the longest horizon in its training data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
from pydantic import model_validator

from otokui.frames import Batch, Bools, Floats
from otokui.settings.section import Section

MAX_REPEATS = 4_096
"""Largest count of repeat purchases; beyond it the rate is known to a percent."""
DAYS_EXPECTED = 30.0
"""Horizon of the model feature ``rhythm_expected``."""
EXTRA = ("rhythm_alive", "rhythm_expected")
"""Columns of the boosters beside the vectors: chance of still buying, expected purchases in 30 days."""


class MbgNbd(Section):
    """MBG/NBD parameters of the population: C gamma components of rates, M dropout chances.

    shape (C,), scale_days (C,): gamma of purchases a day, mean shape / scale_days; dropout (M,) chance to leave after a purchase; weights
    (C, M) shares, summing to one; pause: share of apparently lost customers who have only paused.
    """

    shape: tuple[float, ...]
    scale_days: tuple[float, ...]
    dropout: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    pause: float = 0.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.shape) != len(self.scale_days) or len(self.weights) != len(self.shape):
            raise ValueError("shape, scale_days and weights need one entry a component")
        if any(len(row) != len(self.dropout) for row in self.weights):
            raise ValueError("each row of weights needs one entry a dropout chance")
        if not all(0.0 < p < 1.0 for p in self.dropout) or min(*self.shape, *self.scale_days) <= 0.0:
            raise ValueError("dropout chances lie in (0, 1), shapes and scales above 0")
        if not 0.0 <= self.pause <= 1.0:
            raise ValueError("pause lies in [0, 1]")
        return self


@lru_cache(maxsize=16)
def _rising(shape: tuple[float, ...]) -> Floats:
    """Return log Gamma(shape + x) - log Gamma(shape) for x = 0..MAX_REPEATS, shape (MAX_REPEATS + 1, C)."""
    steps = np.log(np.asarray(shape)[None, :] + np.arange(MAX_REPEATS)[:, None])
    return np.concatenate([np.zeros((1, len(shape))), np.cumsum(steps, axis=0)])


@dataclass(frozen=True, slots=True)
class BtydPrediction:
    """BTYD posterior of ``n`` customers: chance of being alive, and rate.

    bought: (n,) whether a purchase is on record, without which every other value is NaN; alive: (n, C, M) chance that the customer is
    still buying and of that component; repeats (n, 1), age_days (n, 1): purchases after the first, days since the first.
    """

    rhythm: MbgNbd
    bought: Bools
    alive: Floats
    repeats: Floats
    age_days: Floats

    def alive_probability(self) -> Floats:
        """Return the chance that the customer is alive (still buying), shape (n,)."""
        chance: Floats = np.einsum("ncm->n", self.alive)
        return chance

    def purchase_probability(self, days: Floats) -> Floats:
        """Return the chance of a purchase within each of ``days`` (H,), shape (n, H)."""
        by_component = np.einsum("ncm->nc", self.alive)
        waited = np.log1p(days / (self._scale() + self.age_days)[:, :, None])
        return self._over_components(by_component, -np.expm1(-self._shape()[:, :, None] * waited))

    def expected_purchases(self, days: Floats) -> Floats:
        """Return the mean number of purchases within each of ``days`` (H,), shape (n, H)."""
        dropout = np.asarray(self.rhythm.dropout)
        rows, kinds = len(self.bought), len(self.rhythm.shape) * len(dropout)
        waited = np.log1p(dropout[:, None] * days / (self._scale() + self.age_days)[:, :, None, None])
        dropped = -np.expm1(-self._shape()[:, :, None, None] * waited)
        return self._over_components((self.alive / dropout).reshape(rows, kinds), dropped.reshape(rows, kinds, len(days)))

    def _scale(self) -> Floats:
        return np.asarray(self.rhythm.scale_days)

    def _shape(self) -> Floats:
        return np.asarray(self.rhythm.shape) + self.repeats

    @staticmethod
    def _over_components(weights: Floats, values: Floats) -> Floats:
        """Return the weighted sum over components, (n, H), always in the same order.

        BLAS is not used: its order depends on n.
        """
        total: Floats = np.einsum("nk,nkh->nh", weights, values)
        return total


def btyd_from_counts(rhythm: MbgNbd, repeats: Floats, last_days: Floats, age_days: Floats) -> BtydPrediction:
    """Return the BTYD posterior from repeat purchases and their times, all (n,).

    repeats: purchases after the first; last_days: of the last purchase after the first; age_days: since the first. All are NaN without a
    purchase.
    """
    bought = np.isfinite(repeats) & np.isfinite(last_days) & np.isfinite(age_days) & (repeats >= 0)
    x = np.where(bought, np.clip(repeats, 0.0, MAX_REPEATS), np.nan)[:, None]
    age = np.where(bought, np.maximum(age_days, 0.0), np.nan)[:, None]
    last = np.clip(np.where(bought, last_days, np.nan)[:, None], 0.0, age)

    shape, scale = np.asarray(rhythm.shape), np.asarray(rhythm.scale_days)
    dropout, weights = np.asarray(rhythm.dropout), np.asarray(rhythm.weights)
    rising = _rising(rhythm.shape)[np.where(bought, x[:, 0], 0.0).astype(np.int64)]
    rate = rising + shape * np.log(scale)
    stay = x[:, :, None] * np.log1p(-dropout) + np.log(np.maximum(weights, 1e-300))
    alive = stay + np.log1p(-dropout) + (rate - (shape + x) * np.log(scale + age))[:, :, None]
    gone = stay + np.log(dropout) + (rate - (shape + x) * np.log(scale + last))[:, :, None]

    if_alive = np.exp(alive - alive.max(axis=(1, 2))[:, None, None])
    if_alive = if_alive / np.einsum("ncm->n", if_alive)[:, None, None]
    top = np.maximum(alive.max(axis=(1, 2)), gone.max(axis=(1, 2)))[:, None, None]
    alive, gone = np.exp(alive - top), np.exp(gone - top)
    total = np.einsum("ncm->n", alive) + np.einsum("ncm->n", gone)
    alive = alive / total[:, None, None]
    if rhythm.pause > 0.0:
        alive = alive + (rhythm.pause * (1.0 - np.einsum("ncm->n", alive)))[:, None, None] * if_alive
    return BtydPrediction(rhythm, bought, alive, x, age)


def btyd_prediction(rhythm: MbgNbd, vectors: Batch) -> BtydPrediction:
    """Return the BTYD posterior from ``purchase_count``, ``recency_days`` and ``tenure_days`` of the vectors."""
    count, recency, tenure = (vectors.column(name) for name in ("purchase_count", "recency_days", "tenure_days"))
    return btyd_from_counts(rhythm, np.where(count >= 1, count - 1.0, np.nan), tenure - recency, tenure)
