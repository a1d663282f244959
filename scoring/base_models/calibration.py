"""Corrections found on held-out cut-offs, as numbers in the manifest; applied the same way everywhere."""

from __future__ import annotations

import numpy as np

from otokui.frames import Floats
from otokui.settings.offers import Section


class Affine(Section):
    """``intercept + slope * score``, on the scale the model predicts on (logit of a chance, log of a mean).

    Two numbers, shrunk towards (0, 1), because a step function learnt from one held-out month would
    carry that month's accidents into every later one (Platt 1999; Poisson analogue for means).
    """

    intercept: float = 0.0
    slope: float = 1.0

    def apply(self, score: Floats) -> Floats:
        """Return the corrected score, same shape."""
        return self.intercept + self.slope * score


def sigmoid(score: Floats) -> Floats:
    """Return 1 / (1 + exp(-score)) without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(score, -60.0, 60.0)))


def logit(chance: Floats) -> Floats:
    """Return the log odds, with chances kept off 0 and 1 by 1e-9."""
    kept = np.clip(chance, 1e-9, 1.0 - 1e-9)
    return np.log(kept) - np.log1p(-kept)
