"""How good a forecast is: proper scores first, rankings second, each one function of arrays."""

from __future__ import annotations

import numpy as np

from otokui.frames import Bools, Floats, Ints

CALIBRATION_BINS = 10
"""Bins of equal size in which chances are held against what came true; what chance explains of the error is drawn in the same."""
MAX_PAIRED = 1_500
"""Concordance compares pairs: more rows than this are thinned evenly."""


def ranks(values: Floats) -> Floats:
    """Return ranks from 1, ties sharing their mean, shape (n,)."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    after = np.cumsum(count)
    mean: Floats = (after - (count - 1) / 2.0)[place]
    return mean


def auc(score: Floats, outcome: Floats) -> float:
    """Area under the ROC curve; NaN when only one outcome occurs."""
    yes = outcome > 0.5
    many, few = float(yes.sum()), float((~yes).sum())
    if many == 0.0 or few == 0.0:
        return float("nan")
    return float((ranks(score)[yes].sum() - many * (many + 1.0) / 2.0) / (many * few))


def log_losses(chance: Floats, outcome: Floats) -> Floats:
    """Negative log likelihood of each 0 or 1, shape (n,)."""
    kept = np.clip(chance, 1e-9, 1.0 - 1e-9)
    return -(outcome * np.log(kept) + (1.0 - outcome) * np.log1p(-kept))


def cell_losses(chance: Floats, cell: Ints) -> Floats:
    """Negative log likelihood of which of m outcomes came: chance (n, m), cell (n,) from 0; shape (n,)."""
    said: Floats = chance[np.arange(len(cell)), cell]
    return -np.log(np.maximum(said, 1e-9))


def brier(chance: Floats, outcome: Floats) -> float:
    """Mean squared error of a chance."""
    return float(np.mean((chance - outcome) ** 2))


def calibration_error(chance: Floats, outcome: Floats, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over bins of equal size."""
    order = np.argsort(chance, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(p) * abs(chance[p].mean() - outcome[p].mean()) for p in parts) / len(order))


def poisson_losses(mean: Floats, count: Floats) -> Floats:
    """Poisson negative log likelihood without its constant, as LightGBM's metric, shape (n,)."""
    kept = np.maximum(mean, 1e-9)
    return kept - count * np.log(kept)


def tweedie_losses(mean: Floats, amount: Floats, power: float) -> Floats:
    """Tweedie negative log likelihood without its constant, as LightGBM's metric, shape (n,)."""
    kept = np.log(np.maximum(mean, 1e-9))
    return -amount * np.exp((1.0 - power) * kept) / (1.0 - power) + np.exp((2.0 - power) * kept) / (2.0 - power)


def concordance(days: Floats, bought: Bools, expected_days: Floats) -> float:
    """Harrell's C: of pairs whose order is known, the share ordered right; ties count half. NaN without pairs."""
    if len(days) > MAX_PAIRED:
        kept = np.linspace(0, len(days) - 1, MAX_PAIRED).astype(np.int64)
        days, bought, expected_days = days[kept], bought[kept], expected_days[kept]
    right = total = 0.0
    for i in np.nonzero(bought)[0]:
        later = (days > days[i]) | ((days == days[i]) & ~bought)
        total += float(later.sum())
        right += float((expected_days[later] > expected_days[i]).sum()) + 0.5 * float((expected_days[later] == expected_days[i]).sum())
    return right / total if total else float("nan")


def gini(score: Floats, amount: Floats) -> float:
    """Normalised Gini: how well the score orders customers by amount (1 = perfectly); NaN when nothing was bought."""

    def area(order: Floats) -> float:
        cumulated = np.cumsum(amount[np.argsort(-order, kind="stable")]) / amount.sum()
        return float(cumulated.mean() - 0.5)

    return area(score) / area(amount) if amount.sum() > 0.0 and area(amount) > 0.0 else float("nan")


def top_share(score: Floats, amount: Floats, share: float = 0.1) -> float:
    """Share of the whole amount that the ``share`` of customers with the highest score turned out to hold."""
    best = np.argsort(-score, kind="stable")[: max(1, round(share * len(score)))]
    return float(amount[best].sum() / amount.sum()) if amount.sum() > 0.0 else float("nan")


def bias(mean: Floats, amount: Floats) -> float:
    """Forecast total over actual total, minus one; NaN when nothing was bought."""
    return float(mean.sum() / amount.sum() - 1.0) if amount.sum() > 0.0 else float("nan")
