"""Purchase counts and spend by horizon, from a forecast over one reference horizon.

Labels exist for one horizon at a time; other horizons follow the customer's BTYD forecast, which includes churn, times a factor per
horizon measured in training. A count in proportion to days would promise twice the purchases for twice the time.
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Bools, Floats
from scoring.base_models.btyd import BtydPrediction
from scoring.model_files.manifest import HorizonGrowth

PROSPECT_SCALE_DAYS = 90.0


def growth_shares(
    btyd: BtydPrediction, growth: tuple[HorizonGrowth, ...], reference_days: float, horizons: tuple[int, ...], bought: Bools
) -> Floats:
    """Return the mean by each horizon over the mean by ``reference_days``, (n, H).

    ``own`` (n,): customers with a BTYD forecast; the others grow as log(1 + days/90).
    """
    days = np.array([*map(float, horizons), reference_days])
    expected = btyd.expected_purchases(days)
    ratio = expected[:, :-1] / np.maximum(expected[:, -1:], 1e-12)
    if growth:
        known = np.log([g.days for g in growth])
        ratio = ratio * np.interp(np.log(days[:-1]), known, [g.factor for g in growth])[None, :]
    shared = np.log1p(days[:-1] / PROSPECT_SCALE_DAYS) / np.log1p(reference_days / PROSPECT_SCALE_DAYS)
    return np.where(bought[:, None], ratio, shared[None, :])


def non_decreasing(values: Floats, horizons: tuple[int, ...]) -> Floats:
    """Return the values (n, H) made non-decreasing over horizons."""
    order = np.argsort(horizons, kind="stable")
    out = np.empty_like(values)
    out[:, order] = np.maximum.accumulate(values[:, order], axis=1)
    return out


def median_counts(mean: Floats, chance: Floats, dispersion: Floats, *, longest: int = 64) -> Floats:
    """Return median purchase counts of a hurdle model, (n, H).

    The count is 0 with 1 - chance, else 1 + negative binomial. dispersion (n, 1): the shape of the gamma from which the customer's rate
    comes; it meets both the mean and the chance exactly (Mullahy 1986). Above ``longest`` the median is taken as that of the gamma
    (Wilson and Hilferty 1931), where the steps no longer matter.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        further = np.maximum(mean / np.maximum(chance, 1e-12) - 1.0, 0.0)
        share = (chance - 0.5) / chance
        shape = np.broadcast_to(np.where(np.isfinite(dispersion), dispersion, 1.0), mean.shape)
        above = (chance > 0.5) & np.isfinite(mean)
        median = np.where(np.isnan(mean) | np.isnan(chance), np.nan, np.where(above, 1.0, 0.0))
        large = above & (further > longest / 2)
        gamma = further * (1.0 - 1.0 / (9.0 * np.maximum(shape, 0.5))) ** 3
        median = np.where(large, np.round(1.0 + gamma), median)

        rows = np.nonzero(above & ~large & (share > 0.0))
        many, size, left = further[rows], shape[rows], share[rows]
        odds = many / (size + many)
        term = np.exp(-size * np.log1p(many / size))
        median_found, mass = np.ones(len(left)), term.copy()
        for k in range(longest):
            short = mass < left
            if not short.any():
                break
            median_found = np.where(short, k + 2.0, median_found)
            term = term * odds * (size + k) / (k + 1.0)
            mass = np.where(short, mass + term, mass)
        median[rows] = median_found
    return median
