"""Sampling bounds: how far off a metric lies by chance on few rows.

A gate holds no small shop's luck against its model.

The mean error over ten bins of six customers is 0.1 where every chance is right: a limit that does not know the rows asks of a small
shop what no model can give. No library that is kept up draws the consistency bars of a calibration error, or the error of a
forecast's total over the actual one; both are a few lines from the papers named.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.frames import Floats
from training.metrics.scores import equal_parts

DRAWS: Final = 200
SURE: Final = 0.95
NORMAL_95: Final = 1.96


def calibration_by_chance(chance: Floats, *, seed: int) -> float:
    """Return the 95% bound of the calibration error of correct chances (n,).

    `training.metrics.scores` has the error.

    Outcomes are drawn from the chances themselves: consistency resampling (Broecker and Smith, Weather and Forecasting 22, 2007).
    By the triangle inequality, a model that is off by ``limit`` comes out above ``limit`` plus this in fewer than 5 of 100.
    """
    if not len(chance):
        return 0.0
    ordered = np.sort(chance)
    starts = np.array([part[0] for part in equal_parts(ordered)])
    expected = np.add.reduceat(ordered, starts)
    rng = np.random.default_rng(seed)
    errors = [
        np.abs(np.add.reduceat(np.float64(1.0) * (rng.random(len(ordered)) < ordered), starts) - expected).sum() for _ in range(DRAWS)
    ]
    return float(np.quantile(errors, SURE)) / len(ordered)


def bias_by_chance(mean: Floats, amount: Floats) -> float:
    """Return half the 95% interval of forecast over actual total, by linearisation.

    Forecast and actual are (n,).

    Cochran, Sampling Techniques, 3rd ed., 6.4: the residuals of the ratio, over customers. 0 where nothing was bought.
    """
    total = float(amount.sum())
    if total <= 0.0:
        return 0.0
    ratio = float(mean.sum()) / total
    return NORMAL_95 * float(np.sqrt(((mean - ratio * amount) ** 2).sum())) / total
