"""Importance weights, their clipping, effective sample size, and support of a target policy.

The estimate alone does not show that it depends on three decisions, or that half of the new policy's choices were never tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from measurement.off_policy.logged_policy import LoggedPolicy, of_logged
from otokui.frames import Bools, Floats


@dataclass(frozen=True, slots=True)
class Support:
    """Support of a target policy in a log.

    decisions, customers: how many; effective: effective sample size in customers (Kish 1965); largest_weight, largest_share: of one
    decision, and its share of all weight; unsupported: share of the target's choices that the logging policy never made there;
    unsupported_error: standard error of that share, 0 if it is known exactly.
    """

    decisions: int
    customers: int
    effective: float
    largest_weight: float
    largest_share: float
    unsupported: float
    unsupported_error: float


def weights(logged: LoggedPolicy, target: Floats) -> Floats:
    """Return the importance weights, (n,): target chance over logged chance."""
    ratio: Floats = of_logged(target, logged) / logged.propensities
    return ratio


def weights_up_to(weight: Floats, tau: float) -> Floats:
    """Clip the weights above ``tau`` to 0.

    There the model alone counts.
    """
    return np.where(weight <= tau, weight, 0.0)


def support(logged: LoggedPolicy, target: Floats, tried: Bools | None = None) -> Support:
    """Return the support of a target policy, (n, A) chances.

    tried: (n, A) whether the logging policy could have taken each action there. Without it the share without support is one less the mean
    weight: the expected weight is the target's chance of the actions that could have been logged.
    """
    weight = weights(logged, target)
    groups = logged.groups()
    by_customer = np.bincount(groups, weights=weight)
    total, rows = float(weight.sum()), len(logged)
    effective = total**2 / float((by_customer**2).sum()) if total > 0.0 else 0.0
    if tried is not None:
        unsupported, error = float(np.where(tried, 0.0, target).sum() / rows), 0.0
    else:
        unsupported = max(0.0, 1.0 - total / rows)
        off = by_customer - total / rows * np.bincount(groups)
        error = float(np.sqrt((off**2).sum())) / rows
    return Support(
        decisions=rows,
        customers=len(by_customer),
        effective=effective,
        largest_weight=float(weight.max()),
        largest_share=float(weight.max() / total) if total > 0.0 else 1.0,
        unsupported=unsupported,
        unsupported_error=error,
    )
