"""A known share of choices is drawn evenly among what is permitted and worth it, and the chance is logged.

Epsilon-greedy, the simplest policy whose chances are known exactly: what off-policy evaluation divides by
(Horvitz and Thompson 1952; Dudik, Langford and Li 2011). Not contacting is not among the choices drawn: the
control groups answer that question with a fixed comparison, and a rule that forbids is never explored.
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Bools, Floats, Ints


def chances(permitted: Bools, best: Ints, share: float) -> Floats:
    """Return the chance of each candidate, (n, A): in (0, 1] and summing to one where any is permitted, else 0."""
    count = permitted.sum(axis=1, keepdims=True)
    even = np.where(permitted, share / np.maximum(count, 1), 0.0)
    is_best = np.arange(permitted.shape[1]) == best[:, None]
    return np.where(permitted & is_best, np.minimum(1.0 - share + even, 1.0), even)


def explore(permitted: Bools, best: Ints, draws: Floats, share: float) -> tuple[Ints, Floats, Bools]:
    """Return the candidate drawn, the chance it had, and whether the draw was exploration.

    permitted: (n, A) with at least one candidate a row; best: (n,) the most valuable; draws: (n,) even in [0, 1).
    A draw below ``share`` explores, and divided by ``share`` it is again even, so one draw does for both.
    """
    chosen = best.copy()
    explored = draws < share
    rows = np.flatnonzero(explored)
    if len(rows):
        open_rows = permitted[rows]
        count = open_rows.sum(axis=1)
        nth = np.minimum((draws[rows] / share * count).astype(np.int64), count - 1)
        chosen[rows] = np.argmax(np.cumsum(open_rows, axis=1) > nth[:, None], axis=1)
    even = share / permitted.sum(axis=1)
    return chosen, np.where(chosen == best, np.minimum(1.0 - share + even, 1.0), even), explored
