"""Calibration of scores, fitted on held-out cut-offs and stored in the manifest.

It is applied the same way everywhere.
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Floats
from otokui.settings.section import Section


class Affine(Section):
    """Affine calibration ``intercept + slope * score`` on the scale of the model.

    The scale is the logit of a chance, or the log of a mean. Two numbers, shrunk towards (0, 1), because a step function learnt from one
    held-out month would carry that month's accidents into every later one (Platt 1999; Poisson analogue for means).
    """

    intercept: float = 0.0
    slope: float = 1.0

    def apply(self, score: Floats) -> Floats:
        """Return the calibrated score, same shape."""
        return self.intercept + self.slope * score


def sigmoid(score: Floats) -> Floats:
    """Return 1 / (1 + exp(-score)) without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(score, -60.0, 60.0)))


def logit(chance: Floats) -> Floats:
    """Return the log odds, with chances kept off 0 and 1 by 1e-9."""
    clipped = np.clip(chance, 1e-9, 1.0 - 1e-9)
    return np.log(clipped) - np.log1p(-clipped)
