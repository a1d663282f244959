"""Uplift metrics on contacts and a random control group: Qini coefficient, uplift by part.

An effect is never seen of one customer; only groups with both arms tell. Rows weigh by their chance of being contacted, so that a scenario
with few held back counts as it would with many (Radcliffe 2007; Horvitz and Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.frames import Bools, Floats, Ints
from training.metrics.scores import equal_parts

DRAWS = 400


@dataclass(frozen=True, slots=True)
class Trial:
    """Outcomes (n,) of rows contacted by chance: contacted (n,), chance (n,) in (0, 1)."""

    outcome: Floats
    contacted: Bools
    chance: Floats

    def lifts(self) -> Floats:
        """Return transformed outcomes, whose mean is the effect of contact, (n,).

        One alone means nothing.
        """
        y = self.outcome - float(self.outcome.mean())
        lifts: Floats = np.where(self.contacted, y / self.chance, -y / (1.0 - self.chance))
        return lifts


def curve(effect: Floats, lifts: Floats, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Return the Qini curve: share contacted, and incremental purchases per row, (m,) each.

    The largest effects come first.

    Rows of equal effects come together: their order is not the model's.
    """
    _, group = np.unique(-effect, return_inverse=True)
    weight = np.ones(len(effect)) if weight is None else weight
    size, sums = np.bincount(group, weights=weight), np.bincount(group, weights=weight * lifts)
    whole = max(float(size.sum()), 1e-12)
    return np.concatenate([[0.0], np.cumsum(size) / whole]), np.concatenate([[0.0], np.cumsum(sums) / whole])


def qini(effect: Floats, lifts: Floats, weight: Floats | None = None) -> float:
    """Return the Qini coefficient: area above random contacts, in purchases per row.

    0 = no order at all.
    """
    share, added = curve(effect, lifts, weight)
    return float(np.trapezoid(added - share * added[-1], share))


def qini_interval(effects: tuple[Floats, ...], lifts: Floats, customers: Ints, *, seed: int) -> tuple[tuple[float, float], ...]:
    """Return 95% bootstrap intervals over customers of each Qini coefficient.

    Where there are two, last that of the first minus the second.
    """
    _, place = np.unique(customers, return_inverse=True)
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        weight = rng.poisson(1.0, place.max() + 1).astype(np.float64)[place]
        estimates = [qini(effect, lifts, weight) for effect in effects]
        draws.append([*estimates, estimates[0] - estimates[1]] if len(estimates) == 2 else estimates)
    low, high = np.quantile(np.array(draws), [0.025, 0.975], axis=0)
    return tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))


def by_part(effect: Floats, trial: Trial, parts: int = 10) -> tuple[Floats, Floats, Floats]:
    """Return predicted and observed uplift by part, with half the 95% interval.

    Parts are of equal size, the smallest effects first.
    """
    lifts = trial.lifts()
    rows = equal_parts(effect, parts)
    predicted = np.array([effect[each].mean() for each in rows])
    came = np.array([lifts[each].mean() for each in rows])
    wide = np.array([1.96 * lifts[each].std() / np.sqrt(len(each)) for each in rows])
    return predicted, came, wide
