"""Exploration: action probabilities that try uncertain candidates, and are logged.

The likelier a candidate is to be worth more than the best one, the more often it is tried: with a value expected to lie d below, known to
a standard deviation s, its probability is 2 x Phi(-d / s) times that of the best. It is Thompson's rule (1933) read pairwise, so that
every probability is a formula and not a simulation, and exact, as off-policy evaluation needs (Horvitz and Thompson 1952). Without
uncertainty one candidate leads and almost nothing is tried; so there is a floor, a share drawn evenly (epsilon-greedy), and a maximum, so
that exploration never costs more than the shop allows. No contact is not among the candidates drawn: the control groups measure it. A
candidate that a constraint refuses is never explored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from otokui.frames import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Exploration:
    """Exploration limits: ``share`` drawn evenly, ``most`` drawn by uncertain value."""

    share: float
    most: float


def chances(permitted: Bools, best: Ints, value: Floats, deviation: Floats, exploration: Exploration) -> Floats:
    """Return the probability of each candidate, (n, A).

    Each is in (0, 1] and they sum to one where any is permitted, else 0. best: (n,) the most valuable of the permitted; value, deviation:
    (n, A) money, and its standard deviation. Sums run from the first candidate to the last, so that a customer alone gets the bytes of
    the batch.
    """
    rows = np.arange(len(permitted))
    deficit = value[rows, best][:, None] - value
    spread = np.sqrt(deviation**2 + (deviation[rows, best] ** 2)[:, None])
    # Where nothing is uncertain, only the best is tried.
    likely = np.where(spread > 0.0, 2.0 * ndtr(-np.maximum(deficit, 0.0) / np.where(spread > 0.0, spread, 1.0)), 0.0)
    is_best = np.arange(permitted.shape[1]) == best[:, None]
    likely = np.where(permitted & ~is_best & np.isfinite(likely), likely, 0.0)
    total = np.cumsum(likely, axis=1)[:, -1:]
    explored = total / (1.0 + total)
    explored = np.minimum(explored, exploration.most)
    others = np.where(total > 0.0, likely * (explored / np.where(total > 0.0, total, 1.0)), 0.0)
    guided = np.where(is_best, 1.0 - explored, others)
    count = permitted.sum(axis=1, keepdims=True)
    mixed = (1.0 - exploration.share) * guided + exploration.share / np.maximum(count, 1)
    return np.where(permitted, np.where(count == 1, 1.0, np.minimum(mixed, 1.0)), 0.0)


def explore(chance: Floats, best: Ints, draws: Floats) -> tuple[Ints, Floats, Bools]:
    """Draw a candidate; return it, its probability, and whether it is exploration.

    chance: (n, A) from ``chances``, a candidate in each row; draws: (n,) even in [0, 1). The best candidate comes first on the line that
    a draw falls on, so that a low draw is never an experiment.
    """
    rows = np.arange(len(chance))
    rest = chance.copy()
    rest[rows, best] = 0.0
    line = chance[rows, best][:, None] + np.cumsum(rest, axis=1)
    beyond = (line > draws[:, None]) & (rest > 0.0)
    last = rest.shape[1] - 1 - (rest > 0.0)[:, ::-1].argmax(axis=1)
    nth = np.where(beyond.any(axis=1), beyond.argmax(axis=1), last)
    chosen = np.where((draws < chance[rows, best]) | ~(rest > 0.0).any(axis=1), best, nth)
    return chosen, chance[rows, chosen], chosen != best
