"""Per customer, the one shared factor that is missing and that a contact could ask for.

A list of a thousand customers with twelve factors each is nobody's next step; one thing to ask of each is. The gain is
the model's own: what customers who are asked and have the factor are moved by, less what this one is. It ranks whom to ask, and
promises nothing: only a test against control says what asking brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.frames import Bools, Floats, Ints
from scoring.calibration import logit, sigmoid
from training.shared_factors import Factor, Side


@dataclass(frozen=True, slots=True)
class Lacking:
    """m customers who lack an actionable factor. rows (m,) index into the base; factor (m,) index into ``factors``;
    value (m,) what they have there; chance, chance_with (m,) now, and as those with the factor are moved; missing (m,) how
    many of the ``factors`` they lack.
    """

    factors: tuple[Factor, ...]
    rows: Ints
    factor: Ints
    value: Floats
    chance: Floats
    chance_with: Floats
    missing: Ints


def actionable(factors: Sequence[Factor], up: Mapping[str, bool]) -> tuple[Factor, ...]:
    """Return the factors that a contact could bring about; up: by feature that can be asked for, whether more of it is asked."""
    return tuple(f for f in factors if f.feature in up and f.side is (Side.HIGH if up[f.feature] else Side.LOW))


def lacking(
    factors: tuple[Factor, ...], names: tuple[str, ...], values: Floats, pushes: Floats, chance: Floats, asked: Bools, slope: float = 1.0
) -> Lacking:
    """Return for each customer ``asked`` about the missing factor with the largest gain; who lacks none is left out.

    values, pushes (n, F) in the order of names; chance, asked (n,); slope: of the model's calibration, by which a push counts.
    """
    n, many = len(values), len(factors)
    gain = np.full((n, many), -np.inf)
    shown = np.full((n, many), np.nan)
    for k, factor in enumerate(factors):
        column = names.index(factor.feature)
        has = factor.has(values[:, column])
        shown[:, k] = values[:, column]
        if (has & asked).any():
            gain[:, k] = np.where(has, -np.inf, np.maximum(pushes[has & asked, column].mean() - pushes[:, column], 0.0))
    missing = np.isfinite(gain).sum(axis=1)
    rows = np.nonzero(asked & (missing > 0) & np.isfinite(chance))[0].astype(np.int64)
    best = gain[rows].argmax(axis=1).astype(np.int64) if many else np.empty(0, dtype=np.int64)
    now = chance[rows]
    with_it = sigmoid(logit(now) + slope * gain[rows, best]) if many else now
    order = np.argsort(-(with_it - now), kind="stable")
    found = rows[order]
    return Lacking(factors, found, best[order], shown[found, best[order]], now[order], with_it[order], missing[found].astype(np.int64))
