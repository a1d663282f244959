"""Policy gate: off-policy value of a new policy against the live one's.

Passes: the lower end of the 95% interval of the difference loses less than a stated share of the live value. Worse: the
whole interval lies below zero. Anything between, and anything without support, is "cannot tell", which does not pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from measurement.off_policy.evaluation import Comparison, Estimate, compare
from measurement.off_policy.logged_policy import LoggedPolicy, of_logged
from measurement.off_policy.overlap import EvidenceThresholds, InsufficientEvidence
from otokui.frames import Bools, Floats
from otokui.settings.contacts.policy_gate import PolicyGate
from pipelines.measurement.policy_evaluation.logged_decisions import ReplayedPolicies
from training.uplift.reward_model import cross_fitted

_AGREEMENT = 0.9
_SEED = 20_250_401


class GateOutcome(StrEnum):
    """What the gate says."""

    PASSES = "passes"
    WORSE = "worse"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """Verdict on a new policy: value per decision against the live one's.

    allowed: what it may lose per decision at the lower end of the interval; why, fix: in words; passed_over: decisions
    that could not be valued.
    """

    outcome: GateOutcome
    why: str
    fix: str
    comparison: Comparison
    allowed: float
    actual: float
    passed_over: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs; money per decision."""
        made, support = self.comparison, self.comparison.new.support
        return {
            "outcome": str(self.outcome),
            "why": self.why,
            "fix": self.fix,
            "difference": _plain(made.difference),
            "allowed_loss": self.allowed,
            "moved": made.moved,
            "new": {name: _plain(each) for name, each in made.new.estimates.items()},
            "present": {name: _plain(each) for name, each in made.present.estimates.items()},
            "logged": self.actual,
            "decisions": support.decisions,
            "customers": support.customers,
            "effective": support.effective,
            "largest_weight": support.largest_weight,
            "unsupported": support.unsupported,
            "passed_over": dict(self.passed_over),
        }

    def to_text(self) -> str:
        """Return it for a person."""
        made, support = self.comparison, self.comparison.new.support
        lines = [
            f"{self.outcome.replace('_', ' ')}: {self.why}",
            f"  new less present  {_interval_text(made.difference)} per decision; may lose {self.allowed:.4g}",
            f"  new               {_interval_text(made.new.estimates[made.new.best])}",
            f"  present           {_interval_text(made.present.estimates[made.present.best])}; earned in fact {self.actual:.4g}",
            f"  the two differ on {made.moved:.1%} of decisions",
            f"  {support.decisions:,} decisions of {support.customers:,} customers, {support.effective:,.0f} customers' worth of evidence, "
            f"largest weight {support.largest_weight:.1f}, without support {support.unsupported:.1%}",
            *(f"  left out: {count:,} {why}" for why, count in self.passed_over.items()),
        ]
        return "\n".join([*lines, f"  to do: {self.fix}"] if self.fix else lines)


def judge(replayed: ReplayedPolicies, earned: Floats, gate: PolicyGate) -> PolicyVerdict:
    """Value both policies, doubly robust, and apply the rule.

    earned: (n,) money per decision (``pipelines.measurement.policy_evaluation.reward``).
    """
    _, who = np.unique(np.array(replayed.customer_ids, dtype=object), return_inverse=True)
    logged = LoggedPolicy(replayed.actions, replayed.propensities(), earned, who.astype(np.int64))
    actions = replayed.new.shape[1]
    done = np.eye(actions, dtype=bool)[replayed.actions]
    cells = (replayed.new > 0.0) | (replayed.present > 0.0) | done
    predicted = cross_fitted(replayed.features, replayed.actions, earned, who, actions, seed=_SEED, cells=cells)
    limits = EvidenceThresholds(gate.min_customers, gate.min_effective, gate.max_unsupported)
    made = compare(
        logged, replayed.new, replayed.present, actions, predicted=predicted, tried=_tried(logged, replayed.present, done), limits=limits
    )
    allowed = gate.may_lose_share * abs(made.present.estimates[made.present.best].value)
    return PolicyVerdict(*_verdict(made, allowed), made, allowed, float(earned.mean()), replayed.passed_over)


def _tried(logged: LoggedPolicy, present: Floats, done: Bools) -> Bools | None:
    """Return what the logging policy could have done, (n, A): what the live one could, if it is the one that logged.

    Settings may have changed since; where the live policy's chances are not those that were logged, nothing is claimed.
    """
    ratio = of_logged(present, logged) / logged.propensities
    same = float(np.mean((ratio > 0.8) & (ratio < 1.25)))
    return (present > 0.0) | done if same >= _AGREEMENT else None


def _verdict(made: Comparison, allowed: float) -> tuple[GateOutcome, str, str]:
    difference = made.difference
    if made.moved == 0.0:
        return GateOutcome.PASSES, "both policies do the same with every logged customer", ""
    unknown: InsufficientEvidence | None = made.cannot_tell or made.new.cannot_tell
    if unknown is not None:
        return GateOutcome.CANNOT_TELL, unknown.why, unknown.fix
    if difference.low >= -allowed:
        return GateOutcome.PASSES, f"at worst it loses {max(0.0, -difference.low):.4g} per decision", ""
    if difference.high < 0.0:
        return (
            GateOutcome.WORSE,
            f"it loses at least {-difference.high:.4g} per decision",
            "keep the policy that is live, or change this one",
        )
    return (
        GateOutcome.CANNOT_TELL,
        f"it may lose {-difference.low:.4g} per decision, or gain {difference.high:.4g}",
        "log more decisions, explore a larger share, or try it on a share of customers",
    )


def _plain(made: Estimate) -> dict[str, Any]:
    numbers = {"value": made.value, "low": made.low, "high": made.high}
    return {name: number if np.isfinite(number) else None for name, number in numbers.items()} | {"interval": str(made.interval)}


def _interval_text(made: Estimate) -> str:
    return f"{made.value:.4g} ({made.low:.4g} to {made.high:.4g}, {made.interval.replace('_', ' ')})"
