"""Off-policy evaluation and comparison of policies on logged decisions.

The difference of two policies is taken decision by decision: where both would do the same it is exactly zero, so two policies that differ
in one customer of ten are compared on that one, not on the noise of the other nine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from measurement.off_policy.estimators import METHODS, Contributions, EstimatorInputs, dr, ips
from measurement.off_policy.intervals import Sums, bootstrap, empirical_bernstein, is_skewed, normal
from measurement.off_policy.logged_policy import LoggedPolicy, chances
from measurement.off_policy.overlap import EvidenceThresholds, InsufficientEvidence, check
from measurement.off_policy.weights import Support, support
from otokui.frames import Bools, Floats, Ints


class Interval(StrEnum):
    """Kind of confidence interval.

    ``auto`` takes the normal one, and empirical Bernstein if contributions are too skewed for it.
    """

    AUTO = "auto"
    NORMAL = "normal"
    BOOTSTRAP = "bootstrap"
    BERNSTEIN = "empirical_bernstein"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Estimate with its confidence interval, in the unit of the rewards.

    interval: the kind that was taken.
    """

    value: float
    low: float
    high: float
    error: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Off-policy evaluation of a policy, per decision.

    estimates: by name of the estimator; best: the recommended one (doubly robust, without a model self-normalised); cannot_tell: why
    there is insufficient evidence, None = there is enough.
    """

    estimates: Mapping[str, Estimate]
    best: str
    support: Support
    cannot_tell: InsufficientEvidence | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Comparison of a new policy with the present one on the same decisions.

    difference: new less present, per decision; moved: share of decisions on which the two differ (total variation); cannot_tell: why
    there is insufficient evidence about the difference.
    """

    new: Evaluation
    present: Evaluation
    difference: Estimate
    moved: float
    cannot_tell: InsufficientEvidence | None


def evaluate(
    logged: LoggedPolicy,
    target: Floats | Ints,
    actions: int,
    *,
    predicted: Floats | None = None,
    tried: Bools | None = None,
    confidence: float = 0.95,
    interval: Interval = Interval.AUTO,
    limits: EvidenceThresholds | None = None,
    rng: np.random.Generator | None = None,
) -> Evaluation:
    """Evaluate a policy on logged decisions.

    Args:
        logged: actions, their chances, and rewards.
        target: (n, A) the policy's chances, or (n,) the action it would choose.
        actions: ``A``; not to contact is one of them.
        predicted: (n, A) expected rewards from a cross-fitted model; without it only ips and snips are given.
        tried: (n, A) the actions the logging policy could have taken, if known.
        confidence: of the two-sided intervals.
        interval: its kind; bootstrap needs ``rng``.
        limits: thresholds of evidence.
        rng: random generator of the bootstrap.

    Raises:
        BadInput: chances or rewards with invalid values.
    """
    inputs = EstimatorInputs(logged, chances(target, actions), predicted)
    overlap = support(logged, inputs.target, tried)
    methods = [m for m in METHODS if predicted is not None or not m.needs_model]
    estimates = {m.name: _estimate(m.estimate(inputs), logged.groups(), confidence, interval, rng) for m in methods}
    best = "dr" if predicted is not None else "snips"
    return Evaluation(estimates, best, overlap, check(overlap, limits or EvidenceThresholds()))


def compare(
    logged: LoggedPolicy,
    new: Floats | Ints,
    present: Floats | Ints,
    actions: int,
    *,
    predicted: Floats | None = None,
    tried: Bools | None = None,
    confidence: float = 0.95,
    interval: Interval = Interval.AUTO,
    limits: EvidenceThresholds | None = None,
    rng: np.random.Generator | None = None,
) -> Comparison:
    """Compare a new policy with the present one; arguments as for ``evaluate``.

    Untried actions are counted among the choices in which the two differ, and so is the evidence: a new policy that changes one choice in
    a hundred to an untried action has no evidence, though 99% of it has support.
    """
    thresholds = limits or EvidenceThresholds()
    present_chances, new_chances = chances(present, actions), chances(new, actions)
    evaluations = [
        evaluate(
            logged, each, actions, predicted=predicted, tried=tried, confidence=confidence, interval=interval, limits=thresholds, rng=rng
        )
        for each in (new_chances, present_chances)
    ]
    method = dr if predicted is not None else ips
    present_parts, new_parts = (method(EstimatorInputs(logged, each, predicted)) for each in (present_chances, new_chances))
    less = Contributions(new_parts.numerator - present_parts.numerator, new_parts.denominator, new_parts.width + present_parts.width)
    moved = float(np.abs(new_chances - present_chances).sum(axis=1).mean()) / 2.0
    difference = _estimate(less, logged.groups(), confidence, interval, rng)
    return Comparison(
        evaluations[0], evaluations[1], difference, moved, _of_difference(logged, new_chances, present_chances, tried, moved, thresholds)
    )


def _of_difference(
    logged: LoggedPolicy, new: Floats, present: Floats, tried: Bools | None, moved: float, limits: EvidenceThresholds
) -> InsufficientEvidence | None:
    """Return why there is insufficient evidence about the difference of two policies.

    Only the decisions on which they differ count.
    """
    if moved == 0.0:
        return None
    differ = np.flatnonzero((new != present).any(axis=1))
    clusters = None if logged.clusters is None else logged.clusters[differ]
    part = LoggedPolicy(logged.actions[differ], logged.propensities[differ], logged.rewards[differ], clusters)
    gained = np.maximum(new[differ] - present[differ], 0.0)
    gained /= gained.sum(axis=1, keepdims=True)
    insufficient = check(support(part, gained, None if tried is None else tried[differ]), limits)
    return None if insufficient is None else replace(insufficient, why=f"where the two policies differ, {insufficient.why}")


def _estimate(
    contributions: Contributions, groups: Ints, confidence: float, interval: Interval, rng: np.random.Generator | None
) -> Estimate:
    sums = Sums.of(contributions.numerator, contributions.denominator, groups, contributions.width)
    if not sums.denominator.sum() > 0.0:  # no logged decision is one of the policy
        return Estimate(float("nan"), -np.inf, np.inf, float("inf"), interval)
    kind = interval
    if kind is Interval.AUTO:
        kind = Interval.BERNSTEIN if is_skewed(sums) else Interval.NORMAL
    if kind is Interval.BOOTSTRAP:
        if rng is None:
            raise ValueError("the bootstrap draws at random: give it a generator")
        low, high = bootstrap(sums, confidence, rng)
    else:
        low, high = {Interval.NORMAL: normal, Interval.BERNSTEIN: empirical_bernstein}[kind](sums, confidence)
    return Estimate(sums.value(), low - contributions.bias, high + contributions.bias, sums.error(), kind)
