"""Facts of products at a cut-off: popularity, repeat purchases, usual gap, age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from features.products.lines import Lines, Pairs
from otokui.domain import DAY
from otokui.frames import Bools, Floats

HALF_LIVES_DAYS: Final = (7, 30, 90)
PRIOR_BUYERS: Final = 10.0
"""Weight of the shop's average in a product's share of repeat buyers, in buyers."""
REPLENISHED_SHARE: Final = 0.1
"""Share of repeat buyers from which a product counts as replenished."""
NEW_DAYS: Final = 60.0


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Facts of ``P`` products at a cut-off; all (P,) but ``popularity`` (P, len(HALF_LIVES_DAYS)).

    buyers: customers; popularity: purchases that halve in weight every 7, 30, 90 days; repeat_share: share of buyers with a second
    purchase, shrunk; gap_days: usual days between two purchases; replenished: whether customers buy it again; age_days: since launch or
    first sale; price: money a piece, the mean of the last prices paid.
    """

    buyers: Floats
    popularity: Floats
    repeat_share: Floats
    gap_days: Floats
    replenished: Bools
    age_days: Floats
    price: Floats


def product_facts(lines: Lines, pairs: Pairs) -> ProductFacts:
    """Return the facts of products as known at ``pairs.cutoff``."""
    size, cutoff = len(lines.products), pairs.cutoff
    known = lines.before(cutoff)
    product, at = lines.product[known], lines.at[known]
    age = (cutoff - at) / DAY
    popularity: Floats = np.stack([np.bincount(product, weights=0.5 ** (age / days), minlength=size) for days in HALF_LIVES_DAYS], axis=1)

    buyers = np.bincount(pairs.product, minlength=size).astype(np.float64)
    again = np.bincount(pairs.product, weights=pairs.count >= 2, minlength=size)
    usual = float(again.sum() / max(float(buyers.sum()), 1.0))
    repeat_share = (again + PRIOR_BUYERS * usual) / (buyers + PRIOR_BUYERS)
    span = np.bincount(pairs.product, weights=(pairs.last_at - pairs.first_at) / DAY, minlength=size)
    times = np.bincount(pairs.product, weights=pairs.count - 1.0, minlength=size)
    shop_gap = float(span.sum() / max(float(times.sum()), 1.0)) if times.sum() > 0 else 365.0
    measured = (span + PRIOR_BUYERS * shop_gap) / (times + PRIOR_BUYERS)
    stated = lines.products.replenish_days
    gap_days = np.where(np.isfinite(stated) & (stated > 0), stated, measured)

    first = np.full(size, np.inf)
    np.minimum.at(first, product, at)
    launched = np.where(np.isfinite(lines.products.launched_at), lines.products.launched_at, first)
    paid = np.isfinite(pairs.price)
    total = np.bincount(pairs.product[paid], weights=pairs.price[paid], minlength=size)
    priced = np.bincount(pairs.product[paid], minlength=size)
    return ProductFacts(
        buyers,
        popularity,
        repeat_share,
        gap_days,
        (repeat_share >= REPLENISHED_SHARE) | np.isfinite(stated),
        np.where(np.isfinite(launched), (cutoff - launched) / DAY, np.nan),
        np.where(priced > 0, total / np.maximum(priced, 1), np.nan),
    )
