"""Purchase times by weekday and hour: customers' own counts, shrunk by Dirichlet mixtures.

The chances of one customer come from a mixture of Dirichlets over customers: buyers of the morning, of the evening, of Saturday. Counts
are conjugate to it, so the posterior mean is a closed form of counts and a few fitted numbers (Minka, Estimating a Dirichlet
distribution, 2000; Gelman et al., Bayesian Data Analysis, 3rd ed., 3.4 and 22). One Dirichlet for all customers would pull an evening
customer of three purchases towards noon. It is the counterpart of `scoring.base_models.btyd` for the week: shrunken own purchases,
without a booster.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Self

import numpy as np
from pydantic import model_validator

from otokui.frames import Batch, Floats, Ints
from otokui.settings.section import Section

WEEKDAYS: Final = tuple(f"purchase_weekday_{day}" for day in range(1, 8))
HOURS: Final = tuple(f"purchase_hours_{span}" for span in range(8))
"""Summary columns with purchases by local weekday (1 = Monday) and by three hours of the local day."""
MOST_COUNTED: Final = 1_024
"""Counts beyond it are scaled down together: the customer's shares are then known to a percent or two."""


class DirichletMixture(Section):
    """Dirichlet mixture over K kinds of customers and m outcomes.

    weights (K,): the share of each kind, summing to one; alphas (K, m): its Dirichlet.
    """

    weights: tuple[float, ...]
    alphas: tuple[tuple[float, ...], ...]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.weights) != len(self.alphas) or len({len(row) for row in self.alphas}) != 1:
            raise ValueError("each kind needs one weight and one alpha an outcome")
        if not all(0.0 < value < np.inf for value in (*self.weights, *(a for row in self.alphas for a in row))):
            raise ValueError("weights and alphas lie above 0")
        return self

    def chances(self, counts: Ints) -> Floats:
        """Return the posterior chance of each outcome given counts, (n, m).

        Counts come from ``whole_counts`` (n, m); without counts, the chances are the shop's.
        """
        kinds, alphas = self.kinds(counts), np.asarray(self.alphas)
        totals = counts.sum(axis=1)[:, None] + alphas.sum(axis=1)
        means = (counts[:, None, :] + alphas) / totals[:, :, None]
        chance: Floats = np.einsum("nk,nkm->nm", kinds, means)
        return chance

    def kinds(self, counts: Ints) -> Floats:
        """Return the posterior chance that each customer is of each kind, (n, K)."""
        odds = self.log_likelihood(counts)
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        chance: Floats = odds / np.einsum("nk->n", odds)[:, None]
        return chance

    def log_likelihood(self, counts: Ints) -> Floats:
        """Return the log likelihood of the counts under each kind, with its weight, (n, K).

        It is Dirichlet-multinomial.
        """
        of_each, of_total = _rising(self.alphas)
        outcome = np.arange(counts.shape[1])
        gathered = of_each[counts, outcome]  # (n, m, K)
        likelihood: Floats = np.einsum("nmk->nk", gathered) - of_total[counts.sum(axis=1)] + np.log(np.asarray(self.weights))
        return likelihood


@lru_cache(maxsize=16)
def _rising(alphas: tuple[tuple[float, ...], ...]) -> tuple[Floats, Floats]:
    """Return log Gamma(a + x) - log Gamma(a) for x = 0, 1, ...: of each alpha, (MOST_COUNTED + 1, m, K), and of each kind's sum."""
    a = np.asarray(alphas).T
    return _cumulated(a, MOST_COUNTED), _cumulated(a.sum(axis=0), MOST_COUNTED * len(a))


def _cumulated(a: Floats, most: int) -> Floats:
    steps = np.log(a[None] + np.arange(most).reshape(-1, *([1] * a.ndim)))
    return np.concatenate([np.zeros((1, *a.shape)), np.cumsum(steps, axis=0)])


class TimeOfWeek(Section):
    """Time-of-week mixtures of a shop: weekdays and hours."""

    weekday: DirichletMixture
    hours: DirichletMixture

    @model_validator(mode="after")
    def _whole_week(self) -> Self:
        if len(self.weekday.alphas[0]) != len(WEEKDAYS) or len(self.hours.alphas[0]) != len(HOURS):
            raise ValueError(f"{len(WEEKDAYS)} weekdays and {len(HOURS)} spans of hours are needed")
        return self


def whole_counts(counts: Floats) -> Ints:
    """Return counts (n, m) as whole numbers up to MOST_COUNTED, keeping proportions.

    Invalid counts are 0.
    """
    # Row by row in memory, however the counts came: sums of a row run in another order where columns lie together.
    clean = np.ascontiguousarray(np.where(np.isfinite(counts) & (counts > 0.0), counts, 0.0))
    most = clean.max(axis=1, keepdims=True, initial=0.0)
    scale = np.where(most > MOST_COUNTED, MOST_COUNTED / np.maximum(most, 1.0), 1.0)
    whole: Ints = np.minimum(np.floor(clean * scale), MOST_COUNTED).astype(np.int64)
    return whole


def counts_of_columns(summaries: Batch | None, names: tuple[str, ...], customers: int) -> Ints:
    """Return the whole counts of some summary columns, (customers, len(names)).

    They are 0 if the summaries lack the columns.
    """
    if summaries is None or not set(names) <= set(summaries.names):
        return np.zeros((customers, len(names)), dtype=np.int64)
    return whole_counts(summaries.values[:, [summaries.names.index(name) for name in names]])
