"""Survival curve of days until the next purchase, from hazards by period.

log S falls linearly within a period, so a chance exists for every horizon, it grows with the horizon by construction, and a quantile is
one interpolation. Beyond the last period of the labels, the curve continues as the customer's BTYD curve: a hazard that decays, because
the longer a customer waits the likelier they have left. A constant hazard would promise that every customer returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otokui.frames import Bools, Floats
from otokui.wording.i18n import NP_
from scoring.base_models.calibration import logit
from scoring.model_files.manifest import Manifest

CAP_DAYS = 3_650.0
"""Largest number of days to the next purchase: ten years."""
LADDER = (120.0, 180.0, 270.0, 365.0, 545.0, 730.0, 1_095.0, 1_825.0, CAP_DAYS)
TAIL_BOUNDS = (1.0 / 3.0, 3.0)
"""Bounds of the ratio of a customer's tail to the BTYD tail: a model of 90 days is less certain about 900."""
PROSPECT_TAIL_DAYS = 30.0
TAIL = NP_(
    "kept",
    "beyond the last period the log survival goes on as that of the customer's rhythm (MBG/NBD mixture), times the ratio of both "
    "at the last period, kept within [1/3, 3]; for those who never bought it grows as log(1 + days/30): hazards that decay",
)


def curve_edges(periods: tuple[float, ...], horizons_days: tuple[int, ...]) -> Floats:
    """Return the edges of survival curves in days: periods, then a ladder and longer horizons."""
    last = periods[-1]
    beyond = {d for d in (*LADDER, *map(float, horizons_days)) if d > last}
    return np.array([*periods, *sorted(beyond)])


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Survival curves of ``n`` customers, as cumulative hazard (-log S) at ``edges`` days.

    Shapes are (E,) and (n, E); edges[0] = 0.
    """

    edges: Floats
    cumulated: Floats

    def chance(self, days: tuple[int, ...]) -> Floats:
        """Return the chance of a purchase within each of ``days``, shape (n, len(days))."""
        chance: Floats = -np.expm1(-self.hazard(days))
        return chance

    def hazard(self, days: Sequence[float] | Floats) -> Floats:
        """Return the cumulative hazard at each of ``days``, shape (n, len(days))."""
        at = np.asarray(days, dtype=np.float64)
        after = np.clip(np.searchsorted(self.edges, at), 1, len(self.edges) - 1)
        share = (at - self.edges[after - 1]) / (self.edges[after] - self.edges[after - 1])
        before = np.take(self.cumulated, after - 1, axis=1)
        hazard: Floats = before + share * (np.take(self.cumulated, after, axis=1) - before)
        return hazard

    def quantile(self, share: float) -> Floats:
        """Return the quantile ``share`` of days to the next purchase, shape (n,).

        It is at most CAP_DAYS.
        """
        target = -np.log1p(-share)
        after = np.minimum((self.cumulated < target).sum(axis=1), len(self.edges) - 1)
        rows = np.arange(len(after))
        low, high = self.cumulated[rows, after - 1], self.cumulated[rows, after]
        step = np.divide(target - low, high - low, out=np.ones_like(low), where=high > low)
        days = self.edges[after - 1] + np.clip(step, 0.0, 1.0) * (self.edges[after] - self.edges[after - 1])
        return np.where(np.isnan(self.cumulated[:, -1]), np.nan, np.minimum(days, CAP_DAYS))


def period_hazards(chance: Floats) -> Floats:
    """Return hazards by period from cumulative chances (n, K), shape (n, K).

    A hazard is the chance of a purchase in a period given none before.
    """
    before = np.concatenate([np.zeros((len(chance), 1)), chance[:, :-1]], axis=1)
    hazards: Floats = (chance - before) / np.maximum(1.0 - before, 1e-12)
    return hazards


def period_offsets(manifest: Manifest, chance: Floats, bought: Bools) -> Floats:
    """Return the log odds by period (n, K) before boosting.

    They come from BTYD, or from the averages for customers who never bought.
    """
    prospects = logit(np.asarray(manifest.pooled.prospect_hazards))
    return np.where(bought[:, None], logit(period_hazards(chance)), prospects[None, :])


def curve_of(manifest: Manifest, scores: Floats, chance: Floats, edges: Floats, bought: Bools, known: Bools) -> SurvivalCurve:
    """Return the survival curve of each customer.

    scores (n, 2): the booster's level and slope over log time; chance (n, E): BTYD chances at ``edges``, NaN for customers who never
    bought; unknown customers get the average curve.
    """
    periods = len(manifest.basis)
    basis, intercepts = np.asarray(manifest.basis), np.asarray(manifest.intercepts)
    odds = period_offsets(manifest, chance[:, 1 : periods + 1], bought) + intercepts + scores[:, :1] + scores[:, 1:2] * basis
    steps = np.stack([affine.apply(odds[:, k]) for k, affine in enumerate(manifest.calibration)], axis=1)
    steps[~known] = logit(np.asarray(manifest.pooled.hazards))
    within = np.cumsum(np.logaddexp(0.0, steps), axis=1)
    reached = within[:, -1:]

    btyd = -np.log1p(-np.minimum(chance[:, periods:], 1.0 - 1e-12))
    ratio = np.clip(reached / np.maximum(btyd[:, :1], 1e-12), *TAIL_BOUNDS)
    btyd_tail = reached + ratio * (btyd[:, 1:] - btyd[:, :1])
    beyond = np.log1p(edges[periods + 1 :] / PROSPECT_TAIL_DAYS) / np.log1p(edges[periods] / PROSPECT_TAIL_DAYS)
    tail = np.where((bought & known)[:, None], btyd_tail, reached * beyond[None, :])
    return SurvivalCurve(edges, np.concatenate([np.zeros((len(scores), 1)), within, tail], axis=1))
