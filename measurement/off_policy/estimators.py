"""Off-policy estimators: the value of a policy from decisions of another.

======== ================================== ====================================================================
ips      inverse propensity                 unbiased where every choice was tried; noisy where weights are large
snips    self-normalised                    indifferent to a shift of all rewards; slightly biased
dm       direct method                      the reward model alone: no noise from weights, all of its errors
dr       doubly robust                      right if either the chances or the reward model are
switch   doubly robust up to a weight       above it the model alone: less noise for some bias
shrunk   doubly robust, weights shrunk      the same trade made smoothly
======== ================================== ====================================================================

Horvitz and Thompson (1952); Swaminathan and Joachims (2015); Dudik, Langford and Li (2011); Wang, Agarwal and
Dudik (2017); Su, Dimakopoulou, Krishnamurthy and Dudik (2020). Only the
degree of shrinkage is chosen by the data (SLOPE, below).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from measurement.off_policy.intervals import Sums
from measurement.off_policy.logged_policy import LoggedPolicy, of_logged
from measurement.off_policy.weights import weights, weights_up_to
from otokui.frames import Floats

_QUANTILES: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
_SHRINKAGES: Final = np.array([100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001])


@dataclass(frozen=True, slots=True)
class Contributions:
    """Contributions of ``n`` decisions to an estimate.

    The estimate is ``sum(numerator) / sum(denominator)``. width: the largest range of one contribution; bias: a bound of the bias the
    estimator accepts for less variance.
    """

    numerator: Floats
    denominator: Floats
    width: float
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class EstimatorInputs:
    """Inputs of the off-policy estimators.

    target: (n, A) chances of the policy to be valued; predicted: (n, A) expected reward of every action, from a model that did not see
    the row (cross-fitted), None without one.
    """

    logged: LoggedPolicy
    target: Floats
    predicted: Floats | None

    def weights(self) -> Floats:
        """Return the importance weights, (n,)."""
        return weights(self.logged, self.target)

    def model(self) -> tuple[Floats, Floats]:
        """Return the model's expectation under the target and its residuals, (n,) each.

        A residual is the reward above the model's expectation.
        """
        assert self.predicted is not None
        return (self.target * self.predicted).sum(axis=1), self.logged.rewards - of_logged(self.predicted, self.logged)


def ips(inputs: EstimatorInputs) -> Contributions:
    """Inverse propensity estimator: weigh rewards by target over logged chance (Horvitz and Thompson 1952)."""
    weight = inputs.weights()
    return Contributions(weight * inputs.logged.rewards, np.ones(len(weight)), _width(weight, inputs.logged.rewards))


def snips(inputs: EstimatorInputs) -> Contributions:
    """Self-normalised estimator: divide by the sum of weights (Swaminathan and Joachims 2015, eq. 9)."""
    weight = inputs.weights()
    return Contributions(weight * inputs.logged.rewards, weight, _width(weight, inputs.logged.rewards) / max(float(weight.mean()), 1e-300))


def dm(inputs: EstimatorInputs) -> Contributions:
    """Direct method: the reward model's expectation alone."""
    expected, _ = inputs.model()
    return Contributions(expected, np.ones(len(expected)), float(np.ptp(expected)))


def dr(inputs: EstimatorInputs) -> Contributions:
    """Doubly robust estimator: the reward model with weighted residuals (Dudik et al. 2011, eq. 1)."""
    return _corrected(inputs, inputs.weights())


def switch(inputs: EstimatorInputs) -> Contributions:
    """Switch estimator: weighted residuals only up to a weight (Wang et al. 2017, eq. 8)."""
    weight = inputs.weights()
    taus = np.unique(np.quantile(weight, _QUANTILES))[::-1]
    return _tamed(inputs, weight, (weights_up_to(weight, float(tau)) for tau in taus))


def shrunk(inputs: EstimatorInputs) -> Contributions:
    """Shrunk estimator: residuals weighted by ``lam w / (w^2 + lam)`` (Su et al. 2020, eq. 5)."""
    weight = inputs.weights()
    largest = float(weight.max()) ** 2 or 1.0  # without overlap: shrunk weights stay 0
    return _tamed(inputs, weight, (lam * weight / (weight**2 + lam) for lam in largest * _SHRINKAGES))


@dataclass(frozen=True, slots=True)
class Method:
    """Off-policy estimator with the name in reports."""

    name: str
    estimate: Callable[[EstimatorInputs], Contributions]
    needs_model: bool


METHODS: tuple[Method, ...] = (
    Method("ips", ips, needs_model=False),
    Method("snips", snips, needs_model=False),
    Method("dm", dm, needs_model=True),
    Method("dr", dr, needs_model=True),
    Method("switch", switch, needs_model=True),
    Method("shrunk", shrunk, needs_model=True),
)


def _corrected(inputs: EstimatorInputs, weight: Floats, bias: float = 0.0) -> Contributions:
    expected, residual = inputs.model()
    return Contributions(expected + weight * residual, np.ones(len(weight)), float(np.ptp(expected)) + _width(weight, residual), bias)


def _tamed(inputs: EstimatorInputs, weight: Floats, tamed: Iterable[Floats]) -> Contributions:
    """Return the correction of least variance that agrees with less biased ones (SLOPE).

    Su, Srinath and Krishnamurthy (2020). tamed: weights from the least shrunk, which has no bias, to the most. An interval of two
    standard errors is put around each; as long as all of them have a point in common, the next bias cannot be distinguished from noise.
    The part that the chosen one leaves out is estimated on the same decisions and, with two standard errors of that, widens its interval,
    so that lower variance is not reported as more certainty than there is.
    """
    groups = inputs.logged.groups()
    _, residual = inputs.model()
    chosen, low, high = _corrected(inputs, weight), -np.inf, np.inf
    for shrunk_weight in tamed:
        tried = _corrected(inputs, shrunk_weight)
        sums = Sums.of(tried.numerator, tried.denominator, groups, 0.0)
        low, high = max(low, sums.value() - 2.0 * sums.error()), min(high, sums.value() + 2.0 * sums.error())
        if low > high:
            break
        left_out = Sums.of((weight - shrunk_weight) * residual, np.ones(len(weight)), groups, 0.0)
        chosen = _corrected(inputs, shrunk_weight, abs(left_out.value()) + 2.0 * left_out.error())
    return chosen


def _width(weight: Floats, outcome: Floats) -> float:
    """Return the largest range of weight x outcome.

    It comes from the largest weight and the observed outcomes.
    """
    return float(weight.max()) * float(max(outcome.max(), 0.0) - min(outcome.min(), 0.0))
