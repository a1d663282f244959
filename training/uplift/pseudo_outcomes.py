"""What contact did to each customer, as an unbiased if noisy number: doubly robust pseudo-outcomes.

Nobody is seen both contacted and not. The pseudo-outcome of a row is what two outcome models say of it, corrected by
how far the outcome that was seen lies from them, divided by the chance of seeing it (Robins, Rotnitzky and Zhao 1994;
Kennedy 2023, "Towards optimal doubly robust estimation of heterogeneous causal effects"). Its expectation is the
effect if either the chances or the models are right, and the chances are logged. A row is never judged by a model
that has seen it, nor any other row of its customer (cross-fitting; Chernozhukov et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn import linear_model

from otokui.frames import Bools, Floats, Ints

RIDGE = 100.0
"""Rows' worth of shrinkage of the outcome models; they only take noise away, so it need not be tuned."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """Linear outcome model fitted by scikit-learn: intercept and coefficients.

    The service applies them without it.
    """

    intercept: float
    coefficients: Floats

    @classmethod
    def of(cls, design: Floats, outcome: Floats, strength: float = RIDGE) -> Ridge:
        """Fit by penalised least squares; without rows it says 0."""
        if not len(design):
            return cls(0.0, np.zeros(design.shape[1]))
        fitted = linear_model.Ridge(alpha=strength, solver="cholesky").fit(design, outcome)
        return cls(float(fitted.intercept_), np.asarray(fitted.coef_))

    def __call__(self, design: Floats) -> Floats:
        """Return the outcome expected of each row, (n,)."""
        expected: Floats = design @ self.coefficients + self.intercept
        return expected


@dataclass(frozen=True, slots=True)
class Pseudo:
    """effect: (n,) pseudo-outcomes; without, contacted: (n,) outcomes expected, each from rows of other customers."""

    effect: Floats
    without: Floats
    contacted: Floats


def fold_of(customers: Ints, folds: int, seed: int) -> Ints:
    """Return the fold of each row, the same for all rows of a customer."""
    unique, place = np.unique(customers, return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(len(unique)) % folds
    return drawn[place]


def pseudo_outcomes(design: Floats, contacted: Bools, chance: Floats, outcome: Floats, fold: Ints) -> Pseudo:
    """Return the pseudo-outcomes of ``n`` rows.

    design: (n, d) what was known before; contacted: who was, against who was held back; chance: (n,) of being
    contacted, in (0, 1); fold: (n,) from ``fold_of``.
    """
    expected = np.zeros((2, len(outcome)))
    for held in np.unique(fold):
        there = fold == held
        for arm in (0, 1):
            learn = ~there & (contacted == bool(arm))
            expected[arm, there] = Ridge.of(design[learn], outcome[learn])(design[there])
    without, with_contact = expected
    correction = np.where(contacted, (outcome - with_contact) / chance, -(outcome - without) / (1.0 - chance))
    return Pseudo(with_contact - without + correction, without, with_contact)
