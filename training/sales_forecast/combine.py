"""Combination of two sales forecasts (Bates and Granger 1969): bottom-up and last period.

Adding up knows who has gone quiet and who has just come; the last period knows what is on no customer's record: assortment, prices,
the level of the whole. Each errs where the other does not, so their mean errs less than either (Clemen 1989, *International Journal of
Forecasting* 5). How much each counts follows from how far each was off in the back-tests; where these are few, both count the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Floats
from training.sales_forecast.backtest import HALF_LIFE_DAYS, Backtests

EVEN_WINDOWS: Final = 4.0
"""That both forecasts err alike is believed as if so many windows had shown it."""


def share_of_sum(tests: Backtests, now: Instant) -> Floats:
    """Return the weight of the bottom-up forecast beside the last period, (H, 2).

    In [0, 1], by inverse mean square of log errors.
    """
    by_sum, by_last = tests.log_errors() ** 2, tests.log_errors_of_last() ** 2
    both = np.isfinite(by_sum) & np.isfinite(by_last)
    weight = np.exp2(-(now - tests.origins) / (HALF_LIFE_DAYS * DAY))[:, None, None] * both
    off_sum, off_last = (np.where(both, weight * each, 0.0).sum(axis=0) for each in (by_sum, by_last))
    total = off_sum + off_last
    seen = np.divide(off_last, total, out=np.full_like(total, 0.5), where=total > 0.0)
    windows = tests.windows(now)[:, None]
    share: Floats = (EVEN_WINDOWS * 0.5 + windows * seen) / (EVEN_WINDOWS + windows)
    return share


def combined(by_sum: Floats, last: Floats, share: Floats) -> Floats:
    """Return the weighted geometric mean of both forecasts (..., H, 2).

    The bottom-up one counts ``share``; where no last period is known, it stands alone.
    """
    known = np.isfinite(last) & (last > 0.0) & (by_sum > 0.0)
    ratio = np.divide(last, by_sum, out=np.ones_like(by_sum), where=known)
    combination: Floats = by_sum * ratio ** (1.0 - share)
    return combination
