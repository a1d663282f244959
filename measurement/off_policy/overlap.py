"""Overlap checks: whether a log holds enough evidence about a policy.

Rules are rows, each with its reason and what to do. An estimator always returns a number. Whether the evidence suffices is another
question, and its answer is a result that callers handle, not an exception they may forget.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from measurement.off_policy.weights import Support


@dataclass(frozen=True, slots=True)
class EvidenceThresholds:
    """Thresholds of evidence for an off-policy estimate.

    min_customers: customers with logged decisions; min_effective: effective sample size in customers; max_unsupported: share of the
    target's choices that were never tried; max_share: share of all weight of one decision.
    """

    min_customers: int = 100
    min_effective: float = 100.0
    max_unsupported: float = 0.05
    max_share: float = 0.1


@dataclass(frozen=True, slots=True)
class InsufficientEvidence:
    """Insufficient evidence: the rule (``code``), why in figures, and what to do."""

    code: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    permits: Callable[[Support, EvidenceThresholds], bool]
    why: Callable[[Support, EvidenceThresholds], str]
    fix: str


_BEYOND_NOISE: Final = 2.0

_RULES: tuple[_Rule, ...] = (
    _Rule(
        "too_few_customers",
        lambda s, limits: s.customers >= limits.min_customers,
        lambda s, limits: f"{s.customers:,} customers were decided about, {limits.min_customers:,} are asked for",
        "wait until more decisions are logged and their response days are over",
    ),
    _Rule(
        "no_support",
        lambda s, limits: s.unsupported <= max(limits.max_unsupported, _BEYOND_NOISE * s.unsupported_error),
        lambda s, limits: (
            f"{s.unsupported:.1%} of what the policy would do was never tried on such customers, {limits.max_unsupported:.1%} are permitted"
        ),
        "let the policy that is live explore those actions ([decisions] exploration_share), or test the new one on a share of customers",
    ),
    _Rule(
        "few_effective",
        lambda s, limits: s.effective >= limits.min_effective,
        lambda s, limits: (
            f"decisions that agree with it weigh as much as {s.effective:,.0f} customers, {limits.min_effective:,.0f} are asked for"
        ),
        "log more decisions, or explore a larger share ([decisions] exploration_share)",
    ),
    _Rule(
        "one_decision_rules",
        lambda s, limits: s.largest_share <= limits.max_share,
        lambda s, limits: f"one decision carries {s.largest_share:.1%} of all weight ({limits.max_share:.1%} are permitted)",
        "log more decisions, or explore a larger share ([decisions] exploration_share)",
    ),
)


def check(support: Support, limits: EvidenceThresholds) -> InsufficientEvidence | None:
    """Return the first rule of evidence that is not met, or None.

    A figure that is not a number meets no rule.
    """
    for rule in _RULES:
        if not rule.permits(support, limits) or math.isnan(support.effective):
            return InsufficientEvidence(rule.code, rule.why(support, limits), rule.fix)
    return None
