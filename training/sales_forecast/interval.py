"""Interval of the sales forecast: level, season and spread from its back-tests.

A total errs less because customers differ (thousands of them average out) than because the whole level moves: season,
a campaign, a newspaper. No sum over customers shows that; the errors of earlier forecasts do. What is read here is
on the log scale, so that an interval is a factor and never reaches below zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from otokui.domain import DAY, Instant
from otokui.frames import Floats
from training.boosting.cutoff_effects import LASTING_SHIFT, USUAL_SCATTER
from training.data.purchase_history import History
from training.sales_forecast.backtest import HALF_LIFE_DAYS, Backtests

COVER = 0.8
"""Chance with which the interval means to hold what comes: 10% below it, 10% above."""
PRIOR_WINDOWS = 4.0
"""The usual scatter of a shop's level counts like so many windows beside those that were seen."""
HALF_KNOWN = 0.5
"""The share of last year's departure that is expected to come again, before pairs of years have shown it."""
LEAST_PAIRS = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """All (H, 2) for orders and money by horizon, log scale.

    season: what last year's departure at this time adds; level: the lasting part of the mean error; spread: standard deviation
    of a new error; freedom: degrees of freedom of it; windows (H,): back-tests that do not overlap; years: whether a year
    ago could be asked.
    """

    season: Floats
    level: Floats
    spread: Floats
    freedom: Floats
    windows: Floats
    years: bool

    def factors(self, cover: float = COVER) -> tuple[Floats, Floats]:
        """Return by which factors the interval lies below and above the forecast, (H, 2) each."""
        reach = student.ppf(0.5 + cover / 2.0, self.freedom) * self.spread
        return np.exp(-reach), np.exp(reach)


def chance_alone(history: History, at: Instant, days: tuple[int, ...]) -> Floats:
    """Return the coefficient of variation (H, 2) of totals by compound Poisson chance.

    The spread that remains if only who happens to buy were left to chance.
    """
    out = []
    for day in days:
        paid = history.paid[(history.purchased_at >= at - day * DAY) & (history.purchased_at < at)]
        total = float(paid.sum())
        out.append([1.0 / np.sqrt(max(len(paid), 1)), float(np.sqrt((paid**2).sum())) / total if total > 0.0 else 1.0])
    return np.array(out)


def read(tests: Backtests, now: Instant, noise: Floats) -> Reading:
    """Return level, season and spread from back-tests for a forecast made ``now``.

    noise (H, 2): of chance alone, below which no spread falls.
    """
    errors = tests.log_errors()
    shape = (len(tests.days), 2)
    season, level, spread, freedom = (np.zeros(shape) for _ in range(4))
    windows = tests.windows(now)
    years = False
    for h in range(len(tests.days)):
        for u in range(2):
            left, season[h, u], years_span = _without_season(errors[:, h, u], tests.steps_a_year)
            years |= years_span
            finite = np.isfinite(left)
            weight = np.exp2(-(now - tests.origins[finite]) / (HALF_LIFE_DAYS * DAY))
            level[h, u], spread[h, u], freedom[h, u] = _level_and_spread(left[finite], weight, windows[h], float(noise[h, u]))
    return Reading(season, level, spread, freedom, windows, years)


def _without_season(errors: Floats, steps: int) -> tuple[Floats, float, bool]:
    """Return errors (K,) less what the year before them said, what last year says of now, and whether there was a last year.

    Where pairs of years are few, half of last year's departure is taken; the more pairs, the more they say themselves.
    """
    if len(errors) < steps or not np.isfinite(errors[steps - 1]):
        return errors, 0.0, False
    away = errors - float(np.nanmean(errors))
    now, before = away[: max(len(errors) - steps, 0)], away[steps:]
    both = np.isfinite(now) & np.isfinite(before)
    share = HALF_KNOWN
    if both.sum() >= LEAST_PAIRS:
        weight = LEAST_PAIRS * float(np.nanmean(away**2)) + 1e-12
        share = float(np.clip((now[both] @ before[both] + HALF_KNOWN * weight) / (before[both] @ before[both] + weight), 0.0, 1.0))
    left = errors.copy()
    left[: len(now)] = np.where(both, errors[: len(now)] - share * np.where(both, before, 0.0), errors[: len(now)])
    return left, share * float(away[steps - 1]), True


def _level_and_spread(left: Floats, weight: Floats, windows: float, noise: float) -> tuple[float, float, float]:
    """Return the lasting part of the mean error, the spread of a new one, and its degrees of freedom (random effects)."""
    usual = USUAL_SCATTER**2 + noise**2
    if len(left) < 2:
        return 0.0, float(np.sqrt(usual + LASTING_SHIFT**2)), PRIOR_WINDOWS - 1.0
    share = weight / weight.sum()
    counted = windows / (len(left) * float(share @ share))
    mean = float(share @ left)
    seen = float(share @ (left - mean) ** 2) / (1.0 - float(share @ share))
    within = max((counted * seen + PRIOR_WINDOWS * usual) / (counted + PRIOR_WINDOWS), noise**2)
    precision = counted / within + 1.0 / LASTING_SHIFT**2
    return (counted / within) * mean / precision, float(np.sqrt(within + 1.0 / precision)), counted + PRIOR_WINDOWS - 1.0
