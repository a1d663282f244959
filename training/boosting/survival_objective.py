"""The next purchase as a discrete-time hazard whose shape over time differs between customers.

Log odds of buying in period k, given no purchase before, are those of the customer's rhythm, plus an intercept
of the period, plus level(x) + slope(x) * basis(k), where basis runs over log time. Level and slope are the two
outputs of one booster, so a whole curve costs one pass over the customers; person-period rows (Allison 1982;
Tutz and Schmid 2016) would cost one pass a period. Periods that a cut-off could not see whole are left out:
that is all that censoring asks for here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import lightgbm
import numpy as np
import numpy.typing as npt

from otokui.frames import Bools, Floats, Floats32, Ints
from scoring.base_models.btyd import BtydPrediction
from scoring.base_models.calibration import logit, sigmoid
from scoring.next_purchase.survival import period_hazards

EDGES = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 270.0, 365.0)
LEAST_EVENTS = 30
PRIOR_EVENTS = 20.0
"""An intercept moves off the rhythm as if so many events spoke for the rhythm."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Survival targets of ``n`` rows over K periods, float32 for speed, all (n, K).

    Offset log odds; bought in the period; at risk in it.
    """

    offset: Floats32
    bought: Floats32
    at_risk: Floats32
    basis: Floats32

    def odds(self, intercepts: Floats, scores: npt.NDArray[np.floating]) -> Floats32:
        """Return log odds (n, K) from scores (n, 2)."""
        moved = scores[:, :1] + scores[:, 1:2] * self.basis
        return np.asarray(self.offset + intercepts.astype(np.float32) + moved, dtype=np.float32)


def choose_edges(days: Floats, bought: Bools, observed_days: Floats) -> tuple[float, ...]:
    """Return the edges of the periods from 0, with LEAST_EVENTS purchases in each.

    days, bought: waits; observed_days (n,): how long each row was observed. No edge lies beyond what two fifths of
    the rows saw, else the last periods would rest on the oldest cut-offs alone.
    """
    reach = float(np.quantile(observed_days, 0.6)) if len(observed_days) else 0.0
    edges = [0.0]
    for edge in EDGES:
        if edge > reach:
            break
        if int(((days >= edges[-1]) & (days < edge) & bought & (observed_days >= edge)).sum()) >= LEAST_EVENTS:
            edges.append(edge)
    return tuple(edges) if len(edges) > 1 else (0.0, max(7.0, float(np.floor(reach))))


def basis_of(edges: tuple[float, ...]) -> Floats:
    """Return the basis (K,) of the hazard's slope.

    It is the log of each period's middle, centred and scaled to [-1, 1].
    """
    bounds = np.asarray(edges)
    middle = np.log((bounds[:-1] + bounds[1:]) / 2.0)
    centre = (middle.max() + middle.min()) / 2.0
    half = (middle.max() - middle.min()) / 2.0
    return (middle - centre) / half if half > 0 else np.zeros(len(middle))


def periods_of(
    days: Floats, bought: Bools, observed_days: Floats, outlook: BtydPrediction, edges: tuple[float, ...], prospect_hazards: Floats
) -> Periods:
    """Return the survival targets of the rows.

    A row is at risk in a period that was observed whole, unless a purchase came before it.
    """
    bounds = np.asarray(edges)
    chance = (
        outlook.purchase_probability(bounds[1:]) if len(bounds) > 2 else outlook.purchase_probability(np.append(bounds[1:], 1e4))[:, :1]
    )
    offset = np.where(outlook.bought[:, None], logit(period_hazards(chance)), logit(prospect_hazards)[None, :])
    waiting = ~bought[:, None] | (days[:, None] >= bounds[None, :-1])
    at_risk = (observed_days[:, None] >= bounds[None, 1:]) & waiting
    within = bought[:, None] & (days[:, None] >= bounds[None, :-1]) & (days[:, None] < bounds[None, 1:])
    return Periods(
        offset.astype(np.float32), (within & at_risk).astype(np.float32), at_risk.astype(np.float32), basis_of(edges).astype(np.float32)
    )


def pooled_hazards(days: Floats, bought: Bools, observed_days: Floats, edges: tuple[float, ...]) -> Floats:
    """Return pooled hazards by period (life table), shape (K,).

    Each is the share that buys in a period among customers who had not bought before it; never 0 or 1.
    """
    hazards = []
    for low, high in pairwise(edges):
        risk = (observed_days >= high) & (~bought | (days >= low))
        events = float((risk & bought & (days < high)).sum())
        hazards.append((events + 0.5) / (float(risk.sum()) + 1.0 + (high - low)))
    return np.array(hazards)


def fit_intercepts(periods: Periods, centre: Floats | None = None) -> Floats:
    """Return intercepts of the hazard by period (K,), by ridge logistic regression.

    The base model is the offset.

    Drawn towards ``centre`` (K,), which is 0 unless given.
    """
    middle = np.zeros(periods.offset.shape[1]) if centre is None else centre
    intercepts = middle.copy()
    at_risk, bought = periods.at_risk.astype(np.float64), periods.bought.astype(np.float64)
    for _ in range(12):
        chance = sigmoid(periods.offset.astype(np.float64) + intercepts) * at_risk
        slope = (bought - chance).sum(axis=0) - PRIOR_EVENTS * (intercepts - middle)
        curvature = (chance * (1.0 - chance)).sum(axis=0) + PRIOR_EVENTS
        intercepts = intercepts + np.clip(slope / curvature, -2.0, 2.0)
    return intercepts


def without_levels(periods: Periods, intercepts: Floats, cutoffs: Ints) -> tuple[Periods, Floats]:
    """Return periods with the cut-offs' own intercepts in the offset, and mean departures (n,).

    The departure is weighted by purchases, since a period in which few buy says little of a level.
    """
    offset = periods.offset.copy()
    effects = np.zeros(len(offset))
    for cutoff in np.unique(cutoffs):
        there = cutoffs == cutoff
        part = Periods(periods.offset[there], periods.bought[there], periods.at_risk[there], periods.basis)
        moved = fit_intercepts(part, intercepts) - intercepts
        offset[there] += moved.astype(np.float32)
        weight = part.bought.sum(axis=0, dtype=np.float64)
        effects[there] = float((weight * moved).sum() / max(float(weight.sum()), 1.0))
    return Periods(offset, periods.bought, periods.at_risk, periods.basis), effects


def row_losses(periods: Periods, odds: npt.NDArray[np.floating]) -> Floats:
    """Return the negative log likelihood of each row's wait, shape (n,)."""
    losses: Floats = (periods.at_risk * (np.logaddexp(0.0, odds) - periods.bought * odds)).sum(axis=1, dtype=np.float64)
    return losses


def objective(periods: Periods, intercepts: Floats) -> Callable[[Floats, lightgbm.Dataset], tuple[Floats, Floats]]:
    """Return LightGBM's custom objective of the hazard: gradients and diagonal of the Hessian.

    Both are (n, 2), by level and slope.
    """

    def gradients(scores: Floats, _: lightgbm.Dataset) -> tuple[Floats, Floats]:
        odds = periods.odds(intercepts, scores)
        chance = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
        away = periods.at_risk * (chance - periods.bought)
        spread = periods.at_risk * chance * (1.0 - chance)
        first = np.stack([away.sum(axis=1), (away * periods.basis).sum(axis=1)], axis=1)
        # Level and slope are fitted in the same round without knowing of each other: twice the diagonal bounds the whole Hessian.
        second = 2.0 * np.stack([spread.sum(axis=1), (spread * periods.basis**2).sum(axis=1)], axis=1)
        return first.astype(np.float64), np.maximum(second, 1e-6).astype(np.float64)

    return gradients


def held_out_loss(periods: Periods, intercepts: Floats) -> Callable[[Floats, lightgbm.Dataset], tuple[str, float, bool]]:
    """Return LightGBM's evaluation: mean negative log likelihood of a wait."""

    def evaluation(scores: Floats, _: lightgbm.Dataset) -> tuple[str, float, bool]:
        return "hazard_loss", float(row_losses(periods, periods.odds(intercepts, scores)).mean()), False

    return evaluation


def observed_days(cutoffs: Ints, until: int) -> Floats:
    """Return how many days after its cut-off each row was observed, shape (n,)."""
    return (until - cutoffs) / 86_400.0
