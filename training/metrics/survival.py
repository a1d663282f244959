"""Survival metrics of purchase timing, with censored customers.

One held-out cut-off is observed for the same number of days for everybody, so up to that day nobody is censored, the weights of Graf et
al. (1999) are one, and the integrated Brier score is scikit-learn's of each day, averaged over days. The tests hold it against
scikit-survival; with lifelines it was considered for training and left to benchmarks, because nothing here is censored in a way that
needs either, and both bring a stack of their own. Coverage counts those still waiting by Kaplan and Meier (1958; SciPy's `ecdf`) on the
scale of the forecast itself: a day becomes the chance that the purchase would have come by then. Deciles are equal parts that say how
many customers they hold (`training.metrics.scores` says why not scikit-learn's `calibration_curve`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import CensoredData, ecdf

from otokui.frames import Bools, Floats
from training.metrics.scores import brier, equal_parts

LEAST_DECILE = 200
"""Customers in a decile below which two points are chance, not a fault."""
NEAR = 0.02
"""How far said and came true may lie apart in a decile of LEAST_DECILE customers (targets: two points)."""


def integrated_brier(days: Sequence[int], chance: Floats, waited: Floats, bought: Bools) -> float:
    """Return the integrated Brier score of purchase by day; NaN below two days.

    The mean over days, by trapezoids.

    days (H,) ascending, all within what was observed; chance (n, H); waited (n,) days; bought (n,).
    """
    if len(days) < 2:
        return float("nan")
    scores = [brier(chance[:, k], (bought & (waited < day)).astype(np.float64)) for k, day in enumerate(days)]
    return float(np.trapezoid(scores, days) / (days[-1] - days[0]))


def deciles(chance: Floats, outcome: Floats, parts: int = 10) -> list[tuple[float, float, int]]:
    """Return mean forecast, observed share and customers by decile, the least likely first."""
    return [(float(chance[p].mean()), float(outcome[p].mean()), len(p)) for p in equal_parts(chance, parts)]


def decile_check(chance: Floats, outcome: Floats) -> dict[str, float]:
    """Return the widest calibration gap over deciles, and how many exceed NEAR.

    Only deciles of LEAST_DECILE customers count; ``off_beyond_chance`` are those whose 95% interval excludes NEAR as well:
    with 200 customers three points come about by chance alone.
    """
    gaps = [(abs(predicted - came), predicted, many) for predicted, came, many in deciles(chance, outcome) if many >= LEAST_DECILE]
    if not gaps:
        return {}
    off = [(gap, predicted, many) for gap, predicted, many in gaps if gap > NEAR]
    beyond = [gap for gap, predicted, many in off if gap - 1.96 * float(np.sqrt(predicted * (1.0 - predicted) / many)) > NEAR]
    return {
        "decile_gap": max(gap for gap, _, _ in gaps),
        "deciles_counted": float(len(gaps)),
        "deciles_off": float(len(off)),
        "deciles_off_beyond_chance": float(len(beyond)),
    }


def coverage(chance_then: Floats, bought: Bools, low: float = 0.1, high: float = 0.9) -> float:
    """Return the share of purchases between the ``low`` and ``high`` forecast quantiles, by Kaplan-Meier.

    chance_then (n,): the chance by the day of the purchase, or by the last day observed. NaN where nobody was observed as far as
    ``high``. Kaplan-Meier over chances: at each, customers at risk and customers who bought.
    """
    if not len(chance_then) or float(chance_then.max()) < high:
        return float("nan")
    waiting = ecdf(CensoredData(uncensored=chance_then[bought], right=chance_then[~bought])).sf
    # Just below each level: a purchase at the quantile itself lies within the interval at its lower end.
    still_low, still_high = waiting.evaluate(np.nextafter([low, high], 0.0))
    return float(still_low - still_high)


def chance_by(days: Sequence[int], chance: Floats, quantiles: Floats, waited: Floats) -> Floats:
    """Return each forecast's chance of a purchase by the day it came (n,).

    Interpolated along the forecast.

    days (H,), chance (n, H): by horizon; quantiles (n, 3): days by which 10, 50 and 90% were expected.
    """
    levels = np.array([0.1, 0.5, 0.9])
    out = np.empty(len(waited))
    for row in range(len(waited)):
        x = np.concatenate([[0.0], days, quantiles[row]])
        y = np.concatenate([[0.0], chance[row], levels])
        order = np.argsort(x, kind="stable")
        out[row] = np.interp(waited[row], x[order], np.maximum.accumulate(y[order]))
    return out


def reliability_table(horizons: Mapping[str, tuple[Floats, Floats]]) -> bytes:
    """Return forecast, observed share and customers by decile and horizon, as JSON.

    For the report and for MLflow.
    """
    table = {name: deciles(chance, outcome) for name, (chance, outcome) in horizons.items()}
    return json.dumps(table, indent=1, sort_keys=True).encode()
