"""Cut-off effects: how the level of the whole shop moves from cut-off to cut-off.

They are kept apart from differences between customers.

A quarter before Christmas sells more to everybody. Left in, boosting finds whatever tells that quarter's rows apart (tenure, in a
cohort that came together) and promises the same to the next quarter. So every cut-off gets an effect of its own
while learning, and forecasts use the average one. How much the effects scatter also says how far a level
seen in one held-out window may be believed.
"""

from __future__ import annotations

import numpy as np

from otokui.domain import DAY
from otokui.frames import Floats, Ints
from scoring.base_models.calibration import sigmoid

PRIOR_EVENTS = 20.0
LASTING_SHIFT = 0.1
"""Spread expected of a lasting error in level, log scale; what scatters more than this is taken for season."""
USUAL_SCATTER = 0.15
"""Scatter of levels at least assumed where cut-offs span less than a year, and so have not seen every season."""
YEAR_DAYS = 330


def shift(offset: Floats, target: Floats, centre: float, *, logistic: bool) -> float:
    """Return what added to ``offset`` makes the total right, drawn towards ``centre`` by PRIOR_EVENTS."""
    moved = centre
    for _ in range(20):
        linear = np.clip(offset + moved, -30.0, 30.0)
        mean = sigmoid(linear) if logistic else np.exp(linear)
        weight = mean * (1.0 - mean) if logistic else mean
        step = (float((target - mean).sum()) - PRIOR_EVENTS * (moved - centre)) / (float(weight.sum()) + PRIOR_EVENTS)
        moved += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-9:
            break
    return moved


def shifts(offset: Floats, target: Floats, cutoffs: Ints, centre: float, *, logistic: bool) -> Floats:
    """Return each row's departure of its cut-off's level from ``centre``, shape (n,)."""
    out = np.zeros(len(offset))
    for cutoff in np.unique(cutoffs):
        there = cutoffs == cutoff
        out[there] = shift(offset[there], target[there], centre, logistic=logistic) - centre
    return out


def scatter(effects: Floats, cutoffs: Ints) -> float:
    """Return the standard deviation of the levels over cut-offs, from effects by row (n,)."""
    at = np.unique(cutoffs)
    levels = [float(effects[cutoffs == cutoff].mean()) for cutoff in at]
    seen = float(np.std(levels, ddof=1)) if len(levels) >= 3 else USUAL_SCATTER
    return seen if at[-1] - at[0] >= YEAR_DAYS * DAY else max(seen, USUAL_SCATTER)


def trust(scatter_of_levels: float) -> float:
    """Return the share of a held-out level shift expected to last (random effects)."""
    return LASTING_SHIFT**2 / (LASTING_SHIFT**2 + scatter_of_levels**2)
