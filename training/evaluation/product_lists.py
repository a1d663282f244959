"""Evaluation of product lists against later purchases, of one ranking or of two.

Apart from training, because the gate and `otokui evaluate` ask the same of rankings that were trained long ago.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.products.candidates import ProductCandidates, RecommendationInputs, candidates
from features.products.lines import Lines
from features.products.looks import ProductViews
from otokui.domain import DAY, Instant
from otokui.frames import Bools, Floats, Ints
from scoring.pair_models.product_ranking import SHOWN, Ranking, best
from training.metrics.ranked_lists import hits_of, ndcg_at, recall_at
from training.promotion_gate import PairVerdict, paired_difference

MOST_CUSTOMERS = 4_000
"""Customers a cut-off learns from or is judged by at most, drawn at random: figures level off early."""
LEAST_CUSTOMERS = 50

Scored = Callable[[ProductCandidates], Floats]


@dataclass(frozen=True, slots=True)
class Window:
    """What was bought in ``days`` from ``cutoff`` on and known before ``through``."""

    cutoff: Instant
    days: float
    through: Instant


@dataclass(frozen=True, slots=True)
class JudgedLists:
    """Product lists of customers (n,) who bought again, beside their purchases.

    hits (n, SHOWN): whether each place was bought; bought (n,): how many products were.
    """

    window: Window
    customers: Ints
    hits: Bools
    bought: Ints

    def figures(self) -> dict[str, float]:
        """Return mean recall and NDCG at SHOWN, and of how many customers."""
        return {
            f"recall_at_{SHOWN}": float(recall_at(self.hits, self.bought).mean()),
            f"ndcg_at_{SHOWN}": float(ndcg_at(self.hits, self.bought).mean()),
            "customers": float(len(self.customers)),
        }

    def by_place(self) -> tuple[Floats, Floats]:
        """Return mean recall and NDCG of lists of 1 to SHOWN products, (SHOWN,) each."""
        curves = [[float(each(self.hits[:, :k], self.bought).mean()) for k in range(1, SHOWN + 1)] for each in (recall_at, ndcg_at)]
        return np.array(curves[0]), np.array(curves[1])


def bought_within(lines: Lines, cutoff: Instant, days: float, through: Instant) -> Ints:
    """Return sorted keys of customer and product bought in ``[cutoff, cutoff + days)``.

    A key is customer * products + product; only purchases known before ``through`` count.
    """
    inside = (lines.at >= cutoff) & (lines.at < cutoff + days * DAY) & (lines.known_at < through)
    keys: Ints = np.unique(lines.customer[inside] * len(lines.products) + lines.product[inside])
    return keys


def returning(lines: Lines, cutoff: Instant, days: float, through: Instant) -> Ints:
    """Return the customers who had bought before the cut-off and bought again within ``days``, ascending."""
    before = np.unique(lines.customer[lines.before(cutoff)])
    after = np.unique(bought_within(lines, cutoff, days, through) // len(lines.products))
    return np.intersect1d(before, after)


def drawn(customers: Ints, cutoff: Instant, seed: int) -> Ints:
    """Return at most MOST_CUSTOMERS of the customers, ascending; the same ones each time."""
    if len(customers) <= MOST_CUSTOMERS:
        return customers
    return np.sort(np.random.default_rng([seed, cutoff]).choice(customers, MOST_CUSTOMERS, replace=False))


def judged_lists(lines: Lines, looks: ProductViews, window: Window, scored: Scored, *, seed: int) -> JudgedLists:
    """Return product lists as of the window's cut-off, beside the purchases in it."""
    who = drawn(returning(lines, window.cutoff, window.days, window.through), window.cutoff, seed)
    keys, size = bought_within(lines, window.cutoff, window.days, window.through), len(lines.products)
    bought = np.bincount(np.searchsorted(who, (keys // size)[np.isin(keys // size, who)]), minlength=len(who))
    ranked = [
        best(shortlist, scored(shortlist), only_showable=False)
        for shortlist in candidates(RecommendationInputs.at(lines, looks, window.cutoff), who)
    ]
    customer, product = (np.concatenate([getattr(each, name) for each in ranked]) for name in ("customer", "product"))
    return JudgedLists(window, who, hits_of(who, customer, product, keys, size, SHOWN), bought)


def difference_between(challenger: JudgedLists, other: JudgedLists, *, seed: int) -> tuple[float, float, float]:
    """Return the challenger's mean NDCG minus the other's, with its 95% interval.

    Both on the same customers, over whom the interval is.
    """
    gains = [ndcg_at(each.hits, each.bought) for each in (challenger, other)]
    return paired_difference(gains[0], gains[1], challenger.customers, seed=seed)


def judge_ranking(
    lines: Lines, looks: ProductViews, without: JudgedLists, trained: Ranking, live: Ranking | None, *, seed: int
) -> PairVerdict:
    """Return the verdict on a product ranking beside the live one.

    It fails where its NDCG is lower and the whole interval lies below 0.

    without: the lists of the held-out cut-off by a ranking that had not seen it; beside a live one that has learnt from it, the
    trained one is judged as it is, which has too.
    """
    if live is None:
        return PairVerdict(True, "no ranking is live yet")
    seen = live.manifest.trained_through > without.window.cutoff
    challenger = judged_lists(lines, looks, without.window, trained.scores, seed=seed) if seen else without
    standing = judged_lists(lines, looks, without.window, live.scores, seed=seed)
    difference, low, high = difference_between(challenger, standing, seed=seed)
    summary = f"NDCG at {SHOWN} of {len(standing.customers):,} customers {difference:+.4f} against the live ranking, "
    summary += f"95% interval [{low:+.4f}, {high:+.4f}]" + (", both having learnt from these days" if seen else "")
    worse = difference < 0.0 and high < 0.0
    return PairVerdict(not worse, f"worse beyond chance: {summary}" if worse else summary)
