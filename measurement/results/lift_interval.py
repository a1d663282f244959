"""Contrast of two groups: difference in means with its interval, adjusted by a covariate (CUPED).

The adjustment is that of Deng, Xu, Kohavi and Walker (2013): the part of the outcome that the covariate explains is taken out of both
groups. It is computed by tea-tasting from moments. The moments are exact sums of whole numbers, so that neither the order of rows nor the
threads of an engine change a digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from scipy.stats import chisquare, norm

MISMATCH_BELOW = 0.001
"""Below this p-value the sizes of two groups are not those that were drawn (Fabijan and others 2019)."""
UNITS = 10_000
"""Money is added as whole ten-thousandths."""


class FigureVerdict(StrEnum):
    """Verdict on a figure: whether it can be read."""

    OK = "ok"
    TOO_FEW = "too_few"
    NOT_RIPE = "not_ripe"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class GroupMoments:
    """Moments of an outcome and a covariate over the customers of one group.

    They are exact whole numbers: y is the outcome, x the covariate.

    Money is in ten-thousandths (``UNITS``); ``scale`` divides y and x into the unit of the result.
    """

    n: int
    y: int = 0
    yy: int = 0
    x: int = 0
    xx: int = 0
    xy: int = 0
    scale: int = 1

    def __add__(self, other: GroupMoments) -> GroupMoments:
        """Return the moments of both groups together."""
        return GroupMoments(
            self.n + other.n, self.y + other.y, self.yy + other.yy, self.x + other.x, self.xx + other.xx, self.xy + other.xy, self.scale
        )

    @property
    def mean(self) -> float:
        """Mean of the outcome; NaN without customers."""
        return self.y / self.scale / self.n if self.n else float("nan")

    def aggregates(self) -> Any:
        """Return the moments as tea-tasting takes them."""
        from tea_tasting.aggr import Aggregates  # imports ibis, two seconds

        pairs = self.n * (self.n - 1) * self.scale**2
        return Aggregates(
            count_=self.n,
            mean_={"y": self.mean, "x": self.x / self.scale / self.n},
            var_={"y": (self.n * self.yy - self.y**2) / pairs, "x": (self.n * self.xx - self.x**2) / pairs},
            cov_={("x", "y"): (self.n * self.xy - self.x * self.y) / pairs},
        )


@dataclass(frozen=True, slots=True)
class Contrast:
    """Difference of treated and control customers in the mean of one outcome, per customer.

    low, high: 95% interval; p_value: two-sided (Welch). All are None where the verdict is not ``ok``. mean_treated, mean_control: as
    measured, without the covariate.
    """

    treated: int
    control: int
    mean_treated: float | None
    mean_control: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    verdict: FigureVerdict

    def times(self, customers: float) -> tuple[float, float, float] | None:
        """Return difference, low and high for so many customers together, None where there is none."""
        if self.difference is None or self.low is None or self.high is None:
            return None
        return self.difference * customers, self.low * customers, self.high * customers

    def to_dict(self) -> dict[str, Any]:
        """Return the contrast for JSON."""
        return {
            "treated": self.treated,
            "control": self.control,
            "mean_treated": self.mean_treated,
            "mean_control": self.mean_control,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "p_value": self.p_value,
            "verdict": str(self.verdict),
        }


def contrast(treated: GroupMoments, control: GroupMoments, *, minimum: int, verdict: FigureVerdict = FigureVerdict.OK) -> Contrast:
    """Return the contrast of two groups.

    minimum: customers that each group needs, below which the verdict is ``too_few``; verdict: passed on where it is not ``ok``, as for
    groups whose sizes are not those that were drawn.

    >>> made = contrast(GroupMoments(100, y=30, yy=30), GroupMoments(100, y=20, yy=20), minimum=50)
    >>> round(made.difference, 3), round(made.low, 3), round(made.high, 3), str(made.verdict)
    (0.1, -0.021, 0.221, 'ok')
    """
    if verdict is FigureVerdict.OK and (min(treated.n, control.n) < max(minimum, 2) or (_constant(treated) and _constant(control))):
        verdict = FigureVerdict.TOO_FEW
    mean_treated, mean_control = (made.mean if made.n else None for made in (treated, control))
    if verdict is not FigureVerdict.OK:
        return Contrast(treated.n, control.n, mean_treated, mean_control, None, None, None, None, verdict)
    made = _mean(_constant_covariate(treated + control)).analyze_aggregates(control.aggregates(), treated.aggregates())
    return Contrast(
        treated.n,
        control.n,
        mean_treated,
        mean_control,
        float(made.effect_size),
        float(made.effect_size_ci_lower),
        float(made.effect_size_ci_upper),
        float(made.pvalue),
        verdict,
    )


def sample_ratio_p_value(treated: int, control: int, control_share: float) -> float:
    """Return the p-value of the group sizes against the share that was drawn (chi-square).

    >>> round(sample_ratio_p_value(950, 50, 0.05), 3), sample_ratio_p_value(990, 10, 0.05) < MISMATCH_BELOW
    (1.0, True)
    """
    total = treated + control
    if total == 0 or not 0.0 < control_share < 1.0:
        return 1.0
    return float(chisquare([treated, control], [total * (1 - control_share), total * control_share]).pvalue)


def smallest_effect(treated: GroupMoments, control: GroupMoments, *, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """Return the smallest difference that groups of these sizes would show.

    power: chance to see it; alpha: two-sided level. None where a group is empty.
    """
    if min(treated.n, control.n) < 2:
        return None
    pairs = [made.n * (made.n - 1) * made.scale**2 for made in (treated, control)]
    variances = [max(made.n * made.yy - made.y**2, 0) / size for made, size in zip((treated, control), pairs, strict=True)]
    deviation = (variances[0] / treated.n + variances[1] / control.n) ** 0.5
    return float((norm.ppf(1 - alpha / 2) + norm.ppf(power)) * deviation) or None


def _constant(both: GroupMoments) -> bool:
    return both.n * both.yy == both.y**2


def _constant_covariate(both: GroupMoments) -> bool:
    return both.n * both.xx == both.x**2


@cache
def _mean(unadjusted: bool) -> Any:
    from tea_tasting.metrics import Mean

    return Mean("y", None if unadjusted else "x", use_t=True, equal_var=False)
