"""Confidence intervals of an off-policy estimate: normal, bootstrap, empirical Bernstein.

An estimate here is ``sum(numerator) / sum(denominator)``; decisions of one customer are summed first, because they are correlated
(cluster-robust variance: Liang and Zeger 1986).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from otokui.frames import Floats, Ints

DRAWS: Final = 1_000
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of an estimate's numerator and denominator by customer, (G,) each.

    width: the largest range of one decision's contribution, in the unit of the estimate; rows: decisions in all; most: decisions of the
    customer with most.
    """

    numerator: Floats
    denominator: Floats
    width: float
    rows: int
    most: int

    @classmethod
    def of(cls, numerator: Floats, denominator: Floats, groups: Ints, width: float) -> Sums:
        """Sum contributions (n,) by customer."""
        above: Floats = np.bincount(groups, weights=numerator).astype(np.float64)
        below: Floats = np.bincount(groups, weights=denominator).astype(np.float64)
        return cls(above, below, width, rows=len(groups), most=int(np.bincount(groups).max()))

    def value(self) -> float:
        """Return the estimate; NaN where the denominator is 0."""
        below = float(self.denominator.sum())
        return float(self.numerator.sum()) / below if below > 0.0 else float("nan")

    def influence(self) -> Floats:
        """Return the influence of each customer on the estimate, times G, (G,).

        Their mean is 0.
        """
        below = float(self.denominator.sum())
        moved: Floats = (self.numerator - self.value() * self.denominator) * len(self.numerator) / below
        return moved

    def error(self) -> float:
        """Return the standard error of the estimate, cluster-robust."""
        customers = len(self.numerator)
        if customers < 2:
            return float("nan")
        return float(np.sqrt((self.influence() ** 2).sum() / (customers - 1) / customers))


def normal(sums: Sums, confidence: float) -> tuple[float, float]:
    """Return the normal interval, valid if many customers share the weight."""
    reach = NormalDist().inv_cdf(0.5 + confidence / 2.0) * sums.error()
    return sums.value() - reach, sums.value() + reach


def bootstrap(sums: Sums, confidence: float, rng: np.random.Generator) -> tuple[float, float]:
    """Return the percentile interval of the bootstrap over customers (Efron 1979).

    It follows a skewed sum, within reason. Each customer is drawn a Poisson(1) number of times, which for many customers is drawing them
    with replacement.
    """
    drawn = []
    for begin in range(0, DRAWS, _AT_ONCE):
        times = rng.poisson(1.0, (min(_AT_ONCE, DRAWS - begin), len(sums.numerator)))
        below = times @ sums.denominator
        drawn.append(np.divide(times @ sums.numerator, below, out=np.full(len(below), np.nan), where=below > 0.0))
    draws = np.concatenate(drawn)
    low, high = np.nanquantile(draws, [0.5 - confidence / 2.0, 0.5 + confidence / 2.0])
    return float(low), float(high)


def empirical_bernstein(sums: Sums, confidence: float) -> tuple[float, float]:
    """Return the interval of Maurer and Pontil (2009, theorem 4), for bounded contributions.

    It is valid for any sample size. Each side takes half of the error probability. The bound comes from the largest observed weight, so
    it covers the log, not a larger weight that was never drawn.
    """
    customers = len(sums.numerator)
    if customers < 2:
        return -np.inf, np.inf
    log_term = np.log(2.0 / ((1.0 - confidence) / 2.0))
    bound = sums.width * sums.most * customers / sums.rows
    reach = sums.error() * np.sqrt(2.0 * log_term) + 7.0 * bound * log_term / (3.0 * (customers - 1))
    return sums.value() - float(reach), sums.value() + float(reach)


def is_skewed(sums: Sums) -> bool:
    """Return whether contributions are too skewed for the normal interval (Cochran's rule).

    Fewer than 25 x skewness^2 customers: Cochran, Sampling Techniques, 3rd ed. (1977), 2.15.
    """
    moved = sums.influence()
    variance = float((moved**2).mean())
    if not variance > 0.0:
        return False
    skewness = float((moved**3).mean()) / variance**1.5
    return bool(len(moved) < 25.0 * skewness**2)
