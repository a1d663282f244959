"""What a policy that never ran would have earned, from decisions of another: five estimators over the same inputs.

======== ================================== ====================================================================
ips      inverse propensity                 unbiased where every choice was tried; noisy where weights are large
snips    self-normalised                    indifferent to a shift of all rewards; slightly biased
dm       direct method                      the reward model alone: no noise from weights, all of its mistakes
dr       doubly robust                      right if either the chances or the reward model are
switch   doubly robust up to a weight       above it the model alone: less noise for some bias
shrunk   doubly robust, weights shrunk      the same trade made smoothly
======== ================================== ====================================================================

Horvitz and Thompson (1952); Swaminathan and Joachims (2015); Dudik, Langford and Li (2011); Wang, Agarwal and
Dudik (2017); Su, Dimakopoulou, Krishnamurthy and Dudik (2020). Only what was tamed is chosen by the data, and how is said there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from measurement.off_policy.intervals import Sums
from measurement.off_policy.logged_policy import LoggedPolicy, of_logged
from measurement.off_policy.weights import weights
from otokui.frames import Floats

_QUANTILES: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
_SHRINKAGES: Final = np.array([100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001])


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each of ``n`` decisions adds: the estimate is ``sum(numerator) / sum(denominator)``.

    width: the widest that one contribution can be; bias: a bound of what the estimator gave up for less noise.
    """

    numerator: Floats
    denominator: Floats
    width: float
    bias: float = 0.0


@dataclass(frozen=True, slots=True)
class EstimatorInputs:
    """What the estimators look at.

    target: (n, A) chances of the policy to be valued; predicted: (n, A) expected reward of every action, from a model
    that did not see the row (cross-fitted), None where there is none.
    """

    logged: LoggedPolicy
    target: Floats
    predicted: Floats | None

    def weights(self) -> Floats:
        """Return the importance weights, (n,)."""
        return weights(self.logged, self.target)

    def model(self) -> tuple[Floats, Floats]:
        """Return what the model expects of the target, and by how much the reward exceeded what it expected, (n,) each."""
        assert self.predicted is not None
        return (self.target * self.predicted).sum(axis=1), self.logged.rewards - of_logged(self.predicted, self.logged)


def ips(given: EstimatorInputs) -> Contributions:
    """Weigh every reward by how much more often the target does what was done (Horvitz and Thompson 1952)."""
    weight = given.weights()
    return Contributions(weight * given.logged.rewards, np.ones(len(weight)), _width(weight, given.logged.rewards))


def snips(given: EstimatorInputs) -> Contributions:
    """Divide by the weights that there were, not by those expected (Swaminathan and Joachims 2015, eq. 9)."""
    weight = given.weights()
    return Contributions(weight * given.logged.rewards, weight, _width(weight, given.logged.rewards) / max(float(weight.mean()), 1e-300))


def dm(given: EstimatorInputs) -> Contributions:
    """Believe the reward model."""
    expected, _ = given.model()
    return Contributions(expected, np.ones(len(expected)), float(np.ptp(expected)))


def dr(given: EstimatorInputs) -> Contributions:
    """Correct the reward model by its weighted mistakes on what was tried (Dudik, Langford and Li 2011, eq. 1)."""
    return _corrected(given, given.weights())


def switch(given: EstimatorInputs) -> Contributions:
    """Correct only where the weight is at most tau (Wang, Agarwal and Dudik 2017, eq. 8)."""
    weight = given.weights()
    taus = np.unique(np.quantile(weight, _QUANTILES))[::-1]
    return _tamed(given, weight, (retained(weight, float(tau)) for tau in taus))


def retained(weight: Floats, tau: float) -> Floats:
    """Return the weights up to ``tau``, and 0 for those above it, where the model alone is believed."""
    return np.where(weight <= tau, weight, 0.0)


def shrunk(given: EstimatorInputs) -> Contributions:
    """Correct by ``lam w / (w^2 + lam)`` (Su et al. 2020, eq. 5)."""
    weight = given.weights()
    largest = float(weight.max()) ** 2 or 1.0  # nothing in common: whatever is shrunk stays 0
    return _tamed(given, weight, (lam * weight / (weight**2 + lam) for lam in largest * _SHRINKAGES))


@dataclass(frozen=True, slots=True)
class Method:
    """One estimator, by the name it is reported under."""

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


def _corrected(given: EstimatorInputs, weight: Floats, bias: float = 0.0) -> Contributions:
    expected, surprise = given.model()
    return Contributions(expected + weight * surprise, np.ones(len(weight)), float(np.ptp(expected)) + _width(weight, surprise), bias)


def _tamed(given: EstimatorInputs, weight: Floats, tamed: Iterable[Floats]) -> Contributions:
    """Return the least noisy correction that does not contradict a less biased one (SLOPE: Su, Srinath and Krishnamurthy 2020).

    tamed: weights from the least tamed, which has no bias, to the most. An interval of two standard errors is put around each;
    as long as all of them have a point in common, the next bias cannot be told from noise. What the one chosen leaves out
    is estimated on the same decisions and, with two standard errors of that, widens its interval: what was won in noise is not
    claimed in certainty.
    """
    groups = given.logged.groups()
    _, surprise = given.model()
    chosen, low, high = _corrected(given, weight), -np.inf, np.inf
    for each in tamed:
        tried = _corrected(given, each)
        sums = Sums.of(tried.numerator, tried.denominator, groups, 0.0)
        low, high = max(low, sums.value() - 2.0 * sums.error()), min(high, sums.value() + 2.0 * sums.error())
        if low > high:
            break
        left_out = Sums.of((weight - each) * surprise, np.ones(len(weight)), groups, 0.0)
        chosen = _corrected(given, each, abs(left_out.value()) + 2.0 * left_out.error())
    return chosen


def _width(weight: Floats, outcome: Floats) -> float:
    """Return the widest that weight x outcome can be, by the largest weight and the outcomes seen."""
    return float(weight.max()) * float(max(outcome.max(), 0.0) - min(outcome.min(), 0.0))
