"""Grouped empirical-Bayes regression: the spread of a group's effects is learnt from data.

Effects of channels, scenarios, messages and customers are many and each is known badly. A least-squares fit would
believe every one of them; one shrinkage for all would believe none. Here each group of coefficients has a variance
of its own, found where the marginal likelihood is highest (MacKay 1992; Gelman et al., Bayesian Data Analysis, ch. 5
and 15), and a group for which nothing speaks shrinks to zero by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.frames import Floats, Ints

_ROUNDS = 300
_SETTLED = 1e-3
_SMALLEST, _LARGEST = 1e-14, 1e12


@dataclass(frozen=True, slots=True)
class Moments:
    """What weighted rows say of a linear model: all that any fit of it needs.

    gram: (d, d) sum of w x x'; cross: (d,) sum of w x y; square: sum of w y^2; rows: how many, each as far as it speaks for itself.
    """

    gram: Floats
    cross: Floats
    square: float
    rows: float

    @classmethod
    def of(cls, design: Floats, target: Floats, weight: Floats | None = None, alone: Floats | None = None) -> Moments:
        """Sum up rows. design: (n, d); target, weight: (n,); alone: (n,) how far each row speaks for itself, in (0, 1], None = fully.

        What a row says counts ``weight * alone``.
        """
        if alone is not None:
            weight = alone if weight is None else weight * alone
        weighted = design if weight is None else design * weight[:, None]
        held = target if weight is None else target * weight
        return cls(weighted.T @ design, weighted.T @ target, float(held @ target), float(len(target) if alone is None else alone.sum()))

    def plus(self, other: Moments) -> Moments:
        """Return the moments of both sets of rows."""
        return Moments(self.gram + other.gram, self.cross + other.cross, self.square + other.square, self.rows + other.rows)

    def subset(self, columns: Ints) -> Moments:
        """Return the moments of a model of some of the columns."""
        return Moments(self.gram[np.ix_(columns, columns)], self.cross[columns], self.square, self.rows)


@dataclass(frozen=True, slots=True)
class Posterior:
    """Posterior of the coefficients: mean (d,), covariance (d, d), variances of groups, log evidence."""

    mean: Floats
    covariance: Floats
    variances: tuple[float, ...]
    noise: float
    evidence: float


@dataclass(frozen=True, slots=True)
class Group:
    """One group of coefficients that share a variance.

    columns: which; start: the standard deviation expected before any data; sure: how many coefficients' worth of
    data that expectation counts for (0 = the data alone decide); free: not shrunk at all.
    """

    name: str
    columns: Ints
    start: float
    sure: float = 0.0
    free: bool = False


def fit(moments: Moments, groups: tuple[Group, ...]) -> Posterior:
    """Fit coefficients and the variances of their groups, which cover all columns once.

    The noise is that of a model without any effect, so that it cannot be made small by fitting it.
    """
    noise = max(moments.square / max(moments.rows, 1.0), 1e-12)
    variances = np.array([_LARGEST if group.free else max(group.start**2, _SMALLEST) for group in groups])
    mean, covariance, precision = _solve(moments, groups, variances, noise)
    for _ in range(_ROUNDS):
        updated = variances.copy()
        for index, group in enumerate(groups):
            if group.free:
                continue
            size = len(group.columns)
            known = size - float(np.trace(covariance[np.ix_(group.columns, group.columns)])) / variances[index]
            square = float(mean[group.columns] @ mean[group.columns])
            expected = group.sure * group.start**2
            updated[index] = np.clip((square + expected) / max(known + group.sure, 1e-9), _SMALLEST, _LARGEST)
        moved = np.abs(np.log(updated / variances)).max(initial=0.0)
        variances = updated
        mean, covariance, precision = _solve(moments, groups, variances, noise)
        if moved < _SETTLED:
            break
    return Posterior(mean, covariance, tuple(map(float, variances)), noise, _evidence(moments, mean, covariance, precision, noise))


def _solve(moments: Moments, groups: tuple[Group, ...], variances: Floats, noise: float) -> tuple[Floats, Floats, Floats]:
    precision = np.zeros(len(moments.cross))
    for group, variance in zip(groups, variances, strict=True):
        precision[group.columns] = 1.0 / variance
    covariance: Floats = np.asarray(np.linalg.inv(moments.gram / noise + np.diag(precision)), dtype=np.float64)
    return covariance @ moments.cross / noise, covariance, precision


def _evidence(moments: Moments, mean: Floats, covariance: Floats, precision: Floats, noise: float) -> float:
    """Return the log marginal likelihood (up to what all models of the same rows share)."""
    fitted = float(mean @ moments.cross) / noise
    return 0.5 * (fitted + float(np.linalg.slogdet(covariance)[1]) + float(np.log(precision).sum()))
