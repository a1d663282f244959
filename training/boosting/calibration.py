"""Calibration on held-out rows: intercept and slope a scale, shrunk towards none.

Ridge logistic (Platt 1999) for chances, the same with Poisson errors for means. The prior speaks with the weight of PRIOR_EVENTS events,
so a small shop's held-out month changes little. Of a shift of the whole level only the share ``trust`` is kept
(`training.boosting.cutoff_effects`): the rest was that month's season.

scikit-learn's `CalibratedClassifierCV`, `LogisticRegression`, `PoissonRegressor` and `IsotonicRegression` were considered: the first
three shrink the slope towards 0, which says that the model knows nothing, where this shrinks it towards 1, which leaves it as it is; the
last learns a month's accidents as steps; and the service corrects scores without scikit-learn (`scoring.base_models.calibration`).
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Floats
from scoring.base_models.calibration import Affine, sigmoid

PRIOR_EVENTS = 40.0
SLOPES = (0.5, 1.5)


def calibrate_chance(log_odds: Floats, outcome: Floats, trust: float = 1.0) -> Affine:
    """Return the correction of log odds (n,) that fits outcomes 0 or 1 (n,) best."""
    return _newton(log_odds, outcome, trust, logistic=True)


def calibrate_mean(log_mean: Floats, outcome: Floats, trust: float = 1.0) -> Affine:
    """Return the calibration of log means (n,) on amounts (n,).

    Amounts are divided by their mean where they happen, so that one event weighs the same for counts and money.
    """
    happened = outcome[outcome > 0.0]
    if not len(happened):
        return Affine()
    unit = max(1.0, float(happened.mean()))
    correction = _newton(log_mean - np.log(unit), outcome / unit, trust, logistic=False)
    return Affine(intercept=correction.intercept + (1.0 - correction.slope) * float(np.log(unit)), slope=correction.slope)


def calibrate_periods(log_odds: Floats, bought: Floats, at_risk: Floats, trust: float = 1.0) -> tuple[Affine, ...]:
    """Return one calibration a period from odds, purchases and customers at risk.

    All are (n, K); a period without customers at risk gets no correction.
    """
    corrections = []
    for k in range(log_odds.shape[1]):
        risk = at_risk[:, k] > 0.0
        corrections.append(_newton(log_odds[risk, k], bought[risk, k], trust, logistic=True) if risk.any() else Affine())
    return tuple(corrections)


def _newton(score: Floats, outcome: Floats, trust: float, *, logistic: bool) -> Affine:
    """Ridge regression of the outcome on the centred score, by Newton's method."""
    score = np.clip(score.astype(np.float64), -30.0, 30.0)
    start = sigmoid(score) if logistic else np.exp(np.minimum(score, 20.0))
    centre = float((start * score).sum() / max(float(start.sum()), 1e-12))
    width = float(np.sqrt((start * (score - centre) ** 2).sum() / max(float(start.sum()), 1e-12)))
    design = np.stack([np.ones(len(score)), score - centre], axis=1)
    prior = np.array([centre, 1.0])
    strength = PRIOR_EVENTS * np.array([1.0, max(width**2, 0.05)])
    theta = prior.copy()
    for _ in range(25):
        linear = np.clip(design @ theta, -30.0, 20.0)
        mean = sigmoid(linear) if logistic else np.exp(linear)
        weight = mean * (1.0 - mean) if logistic else mean
        slope = design.T @ (outcome - mean) - strength * (theta - prior)
        step = np.linalg.solve((design * weight[:, None]).T @ design + np.diag(strength), slope)
        theta = theta + np.clip(step, -1.0, 1.0)
        if float(np.abs(step).max()) < 1e-9:
            break
    slope_kept = float(np.clip(theta[1], *SLOPES))
    return Affine(intercept=float(centre + trust * (theta[0] - centre) - slope_kept * centre), slope=slope_kept)
