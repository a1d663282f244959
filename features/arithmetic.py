"""Arithmetic on columns in which NaN means unknown; only operations that every processor rounds alike.

Features use + - * / sqrt, comparisons and whole-number steps and no exp, log, pow or sin: those differ in the last
bit between processors, C libraries and lengths of an array, and then a batch would not equal the service.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.anchored import fade
from otokui.domain import DAY
from otokui.frames import Floats


def positive(value: Floats) -> Floats:
    """Return ``value`` where it is above 0, else NaN: a denominator that cannot divide by zero."""
    return np.where(value > 0.0, value, np.nan)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Return ``part / whole`` for a whole that is never below 0; nothing divided by nothing is NaN.

    Something divided by nothing is infinite here and becomes NaN in the vector (``features.vectors``), which turns all
    infinities at once: to look for zeros in each of the ratios would treble their cost.
    """
    return part / whole


def days_since(at: Floats, as_of: float) -> Floats:
    """Return days from ``at`` (epoch seconds) to ``as_of``, 0 where it lies ahead, NaN where it is unknown."""
    return np.maximum((as_of - at) / DAY, 0.0)


def decay(anchored: Floats, as_of: float, half_life_days: int) -> Floats:
    """Return the value at ``as_of`` of a decayed sum as summaries keep it (``features.anchored``)."""
    return anchored * fade(as_of, half_life_days)


def per_day(decayed: Floats, half_life_days: int) -> Floats:
    """Return the mean per day that a decayed sum stands for: one a day for ever decays to h / ln 2."""
    return decayed * (0.6931471805599453 / half_life_days)


def smoothed(successes: Floats, trials: Floats, prior: float, strength: float) -> Floats:
    """Return a rate drawn towards ``prior`` as if ``strength`` trials had already shown it (beta-binomial mean)."""
    return (np.minimum(successes, trials) + prior * strength) / (trials + strength)


def after(event: Floats, other: Floats) -> Floats:
    """Return 1 where ``event`` happened later than ``other`` or ``other`` never did, 0 where not or never."""
    later = (event > other) | (np.isnan(other) & ~np.isnan(event))
    return later.astype(np.float64)


def added(columns: Floats) -> Floats:
    """Return the sum of a (k, n) family over k: first to last, the same for every n > 1 (vectors are padded)."""
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
    """Return how many of k amounts (k, n) are above 0, NaN where they are unknown."""
    return np.where(np.isnan(amounts[0]), np.nan, how_many(amounts > 0.0))


def entropy(amounts: Floats) -> Floats:
    """Return the quadratic entropy 1 - sum(share^2) of k amounts (k, n): 0 = all in one, 1 - 1/k = even.

    Tsallis entropy of order 2 (Tsallis 1988; Simpson's index 1949): an entropy that needs no logarithm.
    """
    total = added(amounts)
    return 1.0 - added(amounts * amounts) / (total * total)


def largest_at(amounts: Floats) -> Floats:
    """Return which of k amounts (k, n) is the largest, 0..k-1 (the first of equals), NaN where none is above 0."""
    best: npt.NDArray[np.intp] = np.argmax(amounts, axis=0)
    return np.where(greatest(amounts) > 0.0, best.astype(np.float64), np.nan)
