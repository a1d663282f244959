"""What a contact adds to each customer's chance of a purchase: for every candidate, or for the one that was chosen.

Both add up column after column in the same order, so that what is shown of a choice is what it was chosen by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from decisions.response import TENTH
from otokui.frames import Floats, Ints

if TYPE_CHECKING:
    from decisions.policy import Policy


def added_by_each(columns: Floats, policy: Policy) -> Floats:
    """Return the uplift of every candidate, (n, A), or (A,) where customers are alike; columns: (n, q) of ``Stakes``."""
    uplift = policy.terms.uplift
    if not uplift.slopes.any():
        return uplift.mean
    out = np.repeat(uplift.mean[None, :], len(columns), axis=0)
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        out += columns[:, place, None] * uplift.slopes[:, place]
    return np.maximum(out, -1.0, out=out)


def added_by(columns: Floats, policy: Policy, chosen: Ints) -> Floats:
    """Return the uplift of candidate ``chosen[i]`` for customer i, (n,)."""
    uplift = policy.terms.uplift
    out = uplift.mean[chosen]
    if not uplift.slopes.any():
        return out
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        out = out + columns[:, place] * uplift.slopes[chosen, place]
    return np.maximum(out, -1.0)


def interval(columns: Floats, policy: Policy, chosen: Ints) -> tuple[Floats, Floats]:
    """Return the ends of the 80% interval of ``added_by``, (n,) each."""
    uplift = policy.terms.uplift
    if not uplift.slope_variances.any():
        return uplift.low[chosen], uplift.high[chosen]
    variance = ((uplift.high - uplift.low) / (2.0 * TENTH))[chosen] ** 2
    for place in np.flatnonzero(uplift.slope_variances.any(axis=0)):
        variance = variance + columns[:, place] ** 2 * uplift.slope_variances[chosen, place]
    mean, half = added_by(columns, policy, chosen), TENTH * np.sqrt(variance)
    return np.maximum(mean - half, -1.0), np.minimum(mean + half, 1.0)
