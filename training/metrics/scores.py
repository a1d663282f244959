"""How good a forecast is: proper scores first, rankings second, each one function of arrays.

AUC, log loss, Brier score, squared and absolute error are scikit-learn's. What is left is what it does not give: a loss of
each row, which the gate and its bootstrap over customers need (`log_loss` and the deviances there are means); the deviances
on LightGBM's scale; and equal parts with how many rows each holds (`calibration_curve` counts none, its quantile bins put all
ties into one bin, and the gate's limit is computed over the same parts). The normalised Gini and the share of the best tenth have
no function there. Harrell's C is that of scikit-survival, against which the tests hold it; it brings a compiled solver with it, lifelines
brings pandas, and either is much for twelve lines.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import brier_score_loss, mean_absolute_error, roc_auc_score, root_mean_squared_error
from sklearn.metrics import log_loss as sklearn_log_loss

from otokui.frames import Bools, Floats, Ints

CALIBRATION_BINS = 10
"""Bins of equal size in which chances are held against what came true; what chance explains of the error is drawn in the same."""
MAX_PAIRED = 1_500
"""Concordance compares pairs: more rows than this are thinned evenly."""
LEAST_CHANCE = 1e-9
"""Chances are kept this far off 0 and 1 before their logarithm is taken, here and on the scale of log odds
(`scoring.base_models.calibration`).
"""


def _comparable(forecast: npt.NDArray[np.floating]) -> bool:
    """Return whether there are rows and all are numbers: scikit-learn raises otherwise, and the gate wants to refuse such a model."""
    return bool(len(forecast)) and bool(np.isfinite(forecast).all())


def auc(score: Floats, outcome: Floats) -> float:
    """Area under the ROC curve; NaN with a single outcome or infinite scores."""
    yes = outcome > 0.5
    if not _comparable(score) or yes.all() or not yes.any():
        return float("nan")
    return float(roc_auc_score(yes, score))


def log_losses(chance: Floats, outcome: Floats) -> Floats:
    """Negative log likelihood of each 0 or 1, shape (n,)."""
    clipped = np.clip(chance, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
    return -(outcome * np.log(clipped) + (1.0 - outcome) * np.log1p(-clipped))


def log_loss(chance: Floats, outcome: Floats | Ints) -> float:
    """Mean negative log likelihood of a binary or categorical outcome.

    Binary: chance (n,) and 0 or 1; categorical: chance (n, m) and the outcome from 0.

    NaN when a chance is not finite.
    """
    if not _comparable(chance):
        return float("nan")
    labels = np.arange(2 if chance.ndim == 1 else chance.shape[1])
    return float(sklearn_log_loss(outcome, np.clip(chance.astype(np.float64), LEAST_CHANCE, 1.0 - LEAST_CHANCE), labels=labels))


def brier(chance: Floats, outcome: Floats) -> float:
    """Mean squared error of a chance; NaN when a chance is not finite."""
    return float(brier_score_loss(outcome > 0.5, chance, pos_label=True)) if _comparable(chance) else float("nan")


def rmse(mean: Floats, amount: Floats) -> float:
    """Root of the mean squared error; NaN when a forecast is not finite."""
    return float(root_mean_squared_error(amount, mean)) if _comparable(mean) else float("nan")


def mae(mean: Floats, amount: Floats) -> float:
    """Mean absolute error; NaN when a forecast is not finite."""
    return float(mean_absolute_error(amount, mean)) if _comparable(mean) else float("nan")


def equal_parts(forecast: Floats, parts: int = CALIBRATION_BINS) -> list[Ints]:
    """Return rows in parts of equal size by forecast, the lowest first.

    Fewer parts where there are fewer rows.
    """
    return [part for part in np.array_split(np.argsort(forecast, kind="stable"), parts) if len(part)]


def calibration_error(chance: Floats, outcome: Floats, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over bins of equal size (Naeini, Cooper and Hauskrecht, AAAI 2015)."""
    parts = equal_parts(chance, bins)
    return float(sum(len(p) * abs(chance[p].mean() - outcome[p].mean()) for p in parts) / len(chance))


def poisson_losses(mean: Floats, count: Floats) -> Floats:
    """Poisson negative log likelihood without its constant, as LightGBM's metric, shape (n,)."""
    positive = np.maximum(mean, 1e-9)
    return positive - count * np.log(positive)


def tweedie_losses(mean: Floats, amount: Floats, power: float) -> Floats:
    """Tweedie negative log likelihood without its constant, as LightGBM's metric, shape (n,)."""
    log_mean = np.log(np.maximum(mean, 1e-9))
    return -amount * np.exp((1.0 - power) * log_mean) / (1.0 - power) + np.exp((2.0 - power) * log_mean) / (2.0 - power)


def concordance(days: Floats, bought: Bools, expected_days: Floats) -> float:
    """Harrell's C: of pairs whose order is known, the share ordered right; ties count half. NaN without pairs."""
    if len(days) > MAX_PAIRED:
        sampled = np.linspace(0, len(days) - 1, MAX_PAIRED).astype(np.int64)
        days, bought, expected_days = days[sampled], bought[sampled], expected_days[sampled]
    right = total = 0.0
    for i in np.nonzero(bought)[0]:
        later = (days > days[i]) | ((days == days[i]) & ~bought)
        total += float(later.sum())
        right += float((expected_days[later] > expected_days[i]).sum()) + 0.5 * float((expected_days[later] == expected_days[i]).sum())
    return right / total if total else float("nan")


def gini(score: Floats, amount: Floats) -> float:
    """Normalised Gini of a score's ordering by amount; NaN without purchases.

    1 = perfect order.
    """

    def area(order: Floats) -> float:
        cumulated = np.cumsum(amount[np.argsort(-order, kind="stable")]) / amount.sum()
        return float(cumulated.mean() - 0.5)

    return area(score) / area(amount) if amount.sum() > 0.0 and area(amount) > 0.0 else float("nan")


def top_share(score: Floats, amount: Floats, share: float = 0.1) -> float:
    """Share of the whole amount held by the ``share`` of customers with highest score."""
    best = np.argsort(-score, kind="stable")[: max(1, round(share * len(score)))]
    return float(amount[best].sum() / amount.sum()) if amount.sum() > 0.0 else float("nan")


def bias(mean: Floats, amount: Floats) -> float:
    """Forecast total over actual total, minus one; NaN when nothing was bought."""
    return float(mean.sum() / amount.sum() - 1.0) if amount.sum() > 0.0 else float("nan")
