"""Arithmetic on feature columns with NaN as unknown, rounded alike on every processor.

Features use + - * / sqrt, comparisons and whole-number steps and no exp, log, pow or sin: those differ in the last bit between
processors, C libraries and lengths of an array, and then a batch would not equal the service.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.anchored import fade
from otokui.domain import DAY
from otokui.frames import Floats


def positive(value: Floats) -> Floats:
    """Return ``value`` where it is above 0, else NaN, as a safe denominator."""
    return np.where(value > 0.0, value, np.nan)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return ``part / whole`` for a non-negative whole; 0 / 0 is NaN.

    A positive part over 0 is infinite here and becomes NaN in the vector (``features.vectors``), which replaces all infinities at once: a
    check for zeros in each of the ratios would treble their cost.
    """
    return part / whole


def days_since(at: Floats, as_of: float) -> Floats:
    """Return days from ``at`` (epoch seconds) to ``as_of``, NaN if unknown.

    It is 0 if ``at`` is later.
    """
    return np.maximum((as_of - at) / DAY, 0.0)


def decay(anchored: Floats, as_of: float, half_life_days: int) -> Floats:
    """Return the value at ``as_of`` of an anchored decayed sum (``features.anchored``)."""
    return anchored * fade(as_of, half_life_days)


def per_day(decayed: Floats, half_life_days: int) -> Floats:
    """Return the mean per day of a decayed sum.

    One a day for ever decays to h / ln 2.
    """
    return decayed * (0.6931471805599453 / half_life_days)


def smoothed(successes: Floats, trials: Floats, prior: float, strength: float) -> Floats:
    """Return a rate shrunk towards ``prior`` by ``strength`` trials (beta-binomial mean)."""
    return (np.minimum(successes, trials) + prior * strength) / (trials + strength)


def after(event: Floats, other: Floats) -> Floats:
    """Return 1 if ``event`` is later than ``other``, or ``other`` never happened, else 0."""
    later = (event > other) | (np.isnan(other) & ~np.isnan(event))
    return later.astype(np.float64)


def added(columns: Floats) -> Floats:
    """Return the sum of a (k, n) family over k, from first to last.

    The order is the same for every n > 1 (vectors are padded).
    """
    total: Floats = np.add.reduce(columns, axis=0, dtype=np.float64)
    return total


def least(columns: Floats) -> Floats:
    """Return the smallest of a (k, n) family over k, NaN where all are unknown."""
    smallest: Floats = np.fmin.reduce(columns, axis=0)
    return smallest


def greatest(columns: Floats) -> Floats:
    """Return the largest of a (k, n) family over k, NaN where all are unknown."""
    largest: Floats = np.fmax.reduce(columns, axis=0)
    return largest


def how_many(holds: npt.NDArray[np.bool_]) -> Floats:
    """Return how often a (k, n) condition holds over k."""
    counted: Floats = np.add.reduce(holds, axis=0, dtype=np.float64)
    return counted


def top_share(amounts: Floats) -> Floats:
    """Return the share of the largest of k amounts (k, n) in their sum."""
    return ratio(greatest(amounts), added(amounts))


def breadth(amounts: Floats) -> Floats:
    """Return the number of k amounts (k, n) above 0, NaN if unknown."""
    return np.where(np.isnan(amounts[0]), np.nan, how_many(amounts > 0.0))


def entropy(amounts: Floats) -> Floats:
    """Return the quadratic entropy 1 - sum(share^2) of k amounts (k, n).

    0 = all in one, 1 - 1/k = even. Tsallis entropy of order 2 (Tsallis 1988; Simpson's index 1949): an entropy that needs no logarithm.
    """
    total = added(amounts)
    return 1.0 - added(amounts * amounts) / (total * total)


def largest_at(amounts: Floats) -> Floats:
    """Return the index of the largest of k amounts (k, n), 0..k-1.

    Of equals, the first; NaN if none is positive.
    """
    best: npt.NDArray[np.intp] = np.argmax(amounts, axis=0)
    return np.where(greatest(amounts) > 0.0, best.astype(np.float64), np.nan)
