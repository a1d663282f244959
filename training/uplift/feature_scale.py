"""Feature scale of the uplift model: ranks, so that outliers move no effect.

A linear effect in money spent would be ruled by the three largest customers; in ranks it is not. What is not known
stands in the middle and moves nothing.
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Floats
from scoring.pair_models.uplift import Scale

KNOTS = 33


def learn_scale(names: tuple[str, ...], matrix: Floats) -> Scale:
    """Return the rank scale of the columns that differ between customers.

    matrix: (n, p), NaN where not known.
    """
    scaled_names, knots, ranks = [], [], []
    for name, column in zip(names, matrix.T, strict=True):
        values = np.sort(column[np.isfinite(column)])
        if len(values) < 2 or values[0] == values[-1]:
            continue
        at = np.unique(np.quantile(values, np.linspace(0.0, 1.0, KNOTS), method="nearest"))
        middle = (np.searchsorted(values, at, "left") + np.searchsorted(values, at, "right")) / (2.0 * len(values))
        rank = np.interp(values, at, middle)
        spread = float(rank.std())
        scaled_names.append(name)
        knots.append(tuple(map(float, at)))
        ranks.append(tuple(float(r) for r in (middle - rank.mean()) / spread))
    return Scale(tuple(scaled_names), tuple(knots), tuple(ranks))
