"""Promotion gate: a challenger replaces the champion only if it is not worse.

Both are judged on the same held-out customers.

The difference of a proper score is bootstrapped over customers (a customer's rows stay together), because two
models' mistakes on the same customers go together and separate intervals would hide a real difference. `scipy.stats.bootstrap` draws
single rows, not customers, and holds every draw of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from otokui.domain import CutoffDate, Instant, Label, ModelName, PairModel
from otokui.frames import Floats, Ints

DRAWS = 1_000
WORST_CALIBRATION = 0.1
WORST_BIAS = 0.5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Held-out losses (n,) of a model by row, and the rows' customers, groups (n,).

    A proper score: lower is better.
    """

    losses: Floats
    groups: Ints


@dataclass(frozen=True, slots=True)
class Verdict:
    """Verdict on a challenger: reasons, and its loss minus the champion's with 95% interval."""

    label: Label
    passed: bool
    reasons: tuple[str, ...]
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Whether a model of pairs passes, and why."""

    passed: bool
    says: str


def paired_difference(challenger: Floats, champion: Floats, groups: Ints, *, seed: int) -> tuple[float, float, float]:
    """Return the challenger's mean loss minus the champion's, with its bootstrap interval.

    The 95% interval is over customers.
    """
    _, place = np.unique(groups, return_inverse=True)
    size = np.bincount(place).astype(np.float64)
    total = np.bincount(place, weights=challenger - champion)
    rng = np.random.default_rng(seed)
    draws = np.empty(DRAWS)
    for k in range(DRAWS):
        # Poisson weights are the bootstrap for many customers, without drawing indices.
        weight = rng.poisson(1.0, len(size))
        draws[k] = (weight @ total) / max(float(weight @ size), 1.0)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(total.sum() / size.sum()), float(low), float(high)


def judge(label: Label, challenger: HeldOut, metrics: Mapping[str, float], champion: HeldOut | None, *, seed: int) -> Verdict:
    """Return the verdict on a challenger by its held-out metrics.

    Without a champion only finite and calibrated metrics are required.

    ``champion`` holds the losses of the live model on the same rows, in the same order. The challenger fails when its loss
    is worse and the whole interval says so, when a loss is not finite, or when it is off in calibration or total by more than the
    limit and what chance explains on so many rows (`training.metrics.sampling_bounds`).
    """
    reasons = []
    if not len(challenger.losses) or not np.isfinite(challenger.losses).all():
        reasons.append("its losses on the held-out rows are not finite, or there are none")
    reasons += [
        f"{name} is {value:.3f}, more than {WORST_CALIBRATION:g} and the {by_chance:.3f} that chance explains on these rows"
        for name, value in metrics.items()
        if name.startswith("calibration_error")
        and value > WORST_CALIBRATION + (by_chance := metrics.get(name.replace("error", "by_chance"), 0.0))
    ]
    if abs(metrics.get("bias", 0.0)) > WORST_BIAS + (by_chance := metrics.get("bias_by_chance", 0.0)):
        reasons.append(
            f"its total is off by {metrics['bias']:+.0%}, more than {WORST_BIAS:.0%} and the {by_chance:.0%} that chance explains"
        )
    if reasons or champion is None:
        explanation = tuple(reasons) or ("no champion yet; finite and calibrated on the held-out rows",)
        return Verdict(label, not reasons, explanation, float("nan"), float("nan"), float("nan"))
    if not np.isfinite(champion.losses).all():
        return Verdict(label, True, ("the champion's losses on these rows are not finite",), float("nan"), float("nan"), float("nan"))
    difference, low, high = paired_difference(challenger.losses, champion.losses, challenger.groups, seed=seed)
    compared = f"held-out loss {difference:+.5f} against the champion, 95% interval [{low:+.5f}, {high:+.5f}]"
    passed = not (difference > 0.0 and low > 0.0)
    return Verdict(label, passed, (compared if passed else f"worse beyond chance: {compared}",), difference, low, high)


def judge_unjudged(label: Label, *, judged_before: bool) -> Verdict:
    """Return the verdict on a model without held-out rows.

    It goes live where nothing better is.
    """
    why = (
        "nothing could judge it, and the live model was judged: that one stays"
        if judged_before
        else "nothing could judge it, and no judged model is live; it says of itself what there was not enough of"
    )
    return Verdict(label, not judged_before, (why,), float("nan"), float("nan"), float("nan"))


def pair_not_backwards(name: PairModel, verdict: PairVerdict, through: Instant, live_through: Instant | None) -> PairVerdict:
    """Return the verdict on a model of pairs, as ``not_backwards`` does that on a label's."""
    if live_through is None or through >= live_through:
        return verdict
    return PairVerdict(False, f"{_backwards(name, through, live_through)}; {verdict.says}")


def not_backwards(verdict: Verdict, through: Instant, live_through: Instant | None) -> Verdict:
    """Return the verdict, refused where the live model learnt from later records.

    ``through`` is the day through which the challenger learnt.

    Of that earlier day there may be no champion to be measured against, and a gate with nothing to measure passes everything.
    """
    if live_through is None or through >= live_through:
        return verdict
    why = _backwards(verdict.label, through, live_through)
    return replace(verdict, passed=False, reasons=(why, *verdict.reasons))


def _backwards(name: ModelName, through: Instant, live_through: Instant) -> str:
    return (
        f"not promoted: it learnt through {CutoffDate(through)}, the live model through {CutoffDate(live_through)}; "
        f"`otokui promote {name} VERSION --despite-gate --reason WHY` makes it live all the same"
    )
