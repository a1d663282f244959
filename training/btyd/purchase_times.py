"""Fit of purchase times: kinds of customers by weekday and hour, by likelihood.

A mixture of Dirichlet-multinomials by EM: each kind's share is the mean chance of being of it, each alpha takes Minka's
fixed-point steps (Estimating a Dirichlet distribution, 2000) on histograms of the counts, so a step costs a pass over
the tables and not over the customers. How many kinds the shop has evidence for is chosen by BIC (Schwarz, Annals of Statistics 1978).
No label is used and nothing beyond the end of training: the purchases themselves say how far customers differ.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from scipy.special import digamma

from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR
from otokui.frames import Floats, Ints
from scoring.base_models.purchase_times import HOURS, WEEKDAYS, DirichletMixture, TimeOfWeek, whole_counts
from training.data.purchase_history import History

KINDS: Final = (1, 2, 4, 8)
"""Numbers of kinds among which the evidence chooses."""
MOST_CUSTOMERS: Final = 50_000
"""Customers that are looked at: the mixture's few dozen numbers do not get better by more."""
LEAST_CUSTOMERS: Final = 20
"""Fewer a kind are no kind."""
ROUNDS, STEPS = 80, 5
SETTLED: Final = 1e-7
"""EM ends when the mean log likelihood of a customer rises by less."""
FIRST_STRENGTH: Final = 20.0
"""Purchases that a kind counts for before anything is known; it stays there in a shop where nobody came back."""
LEAST_ALPHA, MOST_ALPHA = 0.05, 1_000.0
LEAST_SHARE: Final = 1e-4


def fit_habits(history: History, timezone: str, *, seed: int, most: int = MOST_CUSTOMERS) -> TimeOfWeek:
    """Return the time-of-week model of a history in the shop's time zone.

    For an empty history, every day is alike.

    most: number of customers sampled at most.
    """
    weekday, hours = (_looked_at(counts, most) for counts in counts_of(history, timezone))
    return TimeOfWeek(weekday=fit_tastes(weekday, seed=seed), hours=fit_tastes(hours, seed=seed))


def cells_of(purchased_at: Ints, timezone: str) -> tuple[Ints, Ints]:
    """Return local weekday (0 = Monday) and three-hour span (0 to 7) of instants (n,).

    Both are (n,).
    """
    clock = pl.from_epoch(pl.Series(purchased_at), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    local = clock.dt.replace_time_zone(None).dt.epoch("s").to_numpy()
    return (local // DAY + EPOCH_WEEKDAY) % 7, local % DAY // (3 * HOUR)


def counts_of(history: History, timezone: str) -> tuple[Floats, Floats]:
    """Return purchases of each customer by local weekday (C, 7) and three-hour span (C, 8).

    They equal what summaries count.
    """
    out = []
    for place, outcomes in zip(cells_of(history.purchased_at, timezone), (len(WEEKDAYS), len(HOURS)), strict=True):
        cells = np.bincount(history.customer * outcomes + place, minlength=len(history.customer_ids) * outcomes)
        out.append(cells.reshape(-1, outcomes).astype(np.float64))
    return out[0], out[1]


def _looked_at(counts: Floats, most: int) -> Ints:
    """Return the tallies of those who bought (c, m), and of very many of them every so-manieth."""
    counts = counts[counts.sum(axis=1) > 0.0]
    return whole_counts(counts[:: max(1, -(-len(counts) // most))])


def fit_tastes(tallied: Ints, *, seed: int) -> DirichletMixture:
    """Return the Dirichlet mixture that explains the tallies (c, m) best for its size.

    Of few customers, the shares of all together.

    A likelihood of a handful is sure of the weekday on which all of them happened to come.
    """
    customers, outcomes = tallied.shape
    if customers < LEAST_CUSTOMERS:
        return DirichletMixture(weights=(1.0,), alphas=(_plain(FIRST_STRENGTH * _beside_alike(tallied)),))
    mixtures_by_bic = []
    for kinds in (kinds for kinds in KINDS if kinds == 1 or customers >= LEAST_CUSTOMERS * kinds):
        tastes, likelihood = _by_em(tallied, kinds, np.random.default_rng([seed, kinds]))
        mixtures_by_bic.append(((kinds * (outcomes + 1) - 1) * np.log(max(customers, 1)) - 2.0 * likelihood, tastes))
    return min(mixtures_by_bic, key=lambda each: each[0])[1]


def _by_em(tallied: Ints, kinds: int, chance: np.random.Generator) -> tuple[DirichletMixture, float]:
    """Return the mixture and the log likelihood of all customers under it."""
    tastes = _begin(tallied, kinds, chance)
    reached = -np.inf
    for _ in range(ROUNDS if len(tallied) else 0):
        odds = tastes.log_likelihood(tallied)
        top = odds.max(axis=1, keepdims=True)
        likelihood = float((top[:, 0] + np.log(np.exp(odds - top).sum(axis=1))).sum())
        if likelihood - reached < SETTLED * len(tallied):
            break
        reached = likelihood
        belongs = tastes.kinds(tallied)
        shares = np.maximum(belongs.mean(axis=0), LEAST_SHARE)
        alphas = [_alpha(tallied, belongs[:, k], np.asarray(tastes.alphas[k])) for k in range(kinds)]
        tastes = DirichletMixture(weights=_plain(shares / shares.sum()), alphas=tuple(map(_plain, alphas)))
    return tastes, reached


def _begin(tallied: Ints, kinds: int, chance: np.random.Generator) -> DirichletMixture:
    """Return kinds around customers drawn by chance, each customer's shares drawn towards the shop's."""
    total = tallied.sum(axis=0) + 0.5
    shop = total / total.sum()
    if kinds == 1:
        return DirichletMixture(weights=(1.0,), alphas=(_plain(FIRST_STRENGTH * shop),))
    drawn = tallied[chance.choice(len(tallied), kinds, replace=False)]
    mixed = (drawn + 10.0 * shop) / (drawn.sum(axis=1, keepdims=True) + 10.0)
    return DirichletMixture(weights=(1.0 / kinds,) * kinds, alphas=tuple(_plain(FIRST_STRENGTH * row) for row in mixed))


def _beside_alike(tallied: Ints) -> Floats:
    """Return the shares of outcomes (m,), FIRST_STRENGTH purchases counted beside, spread evenly."""
    beside = tallied.sum(axis=0) + FIRST_STRENGTH / tallied.shape[1]
    shares: Floats = beside / beside.sum()
    return shares


def _alpha(tallied: Ints, weight: Floats, alpha: Floats) -> Floats:
    """Return the alpha after some fixed-point steps, with each customer counting by ``weight``."""
    by_outcome = [np.bincount(column, weights=weight) for column in tallied.T]
    by_total = np.bincount(tallied.sum(axis=1), weights=weight)
    for _ in range(STEPS):
        strength = alpha.sum()
        spread = float((by_total * (digamma(strength + np.arange(len(by_total))) - digamma(strength))).sum())
        moved = [float((seen * (digamma(a + np.arange(len(seen))) - digamma(a))).sum()) for a, seen in zip(alpha, by_outcome, strict=True)]
        alpha = np.clip(alpha * np.array(moved) / max(spread, 1e-12), LEAST_ALPHA, MOST_ALPHA)
    return alpha


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))
