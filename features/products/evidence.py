"""Evidence for product candidates: numbers, reasons as bits, and whether they may be shown.

Sources of candidates are separate (``features.products.candidates``): a new source changes no column, and a new column no source.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
from scipy import sparse

from features.products.lines import Pairs, Products
from features.products.product_facts import NEW_DAYS, ProductFacts
from otokui.frames import Bools, Floats, Floats32, Ints

COLUMNS: Final = (
    "own_count", "own_recency_days", "own_gap_days", "own_overdue", "own_share", "similarity", "similarity_share",
    "popularity_7", "popularity_30", "popularity_90", "trend", "buyers_share", "repeat_share", "gap_days", "age_days", "price",
    "price_ratio", "category_share", "category_recency_days", "brand_share", "looked_days", "carted_days",
    "customer_pairs", "customer_purchases", "customer_recency_days", "customer_repeat_share",
)  # fmt: skip
"""Evidence for a product candidate, NaN = not known; days are days before the cut-off."""


class Why(IntFlag):
    """Reasons why a product is a candidate, as bits; several may hold.

    The names are those of ``otokui.settings.contacts.messages.Showing``.
    """

    REPURCHASE = 1
    CART = 2
    VIEWED = 4
    SIMILAR = 8
    NEXT_CATEGORY = 16
    POPULAR = 32
    NEW = 64


REST: Final = 0.5
"""A product is shown again once this share of its usual gap has passed."""


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """Customers of one shard, ``low`` and after, with their purchases and views.

    There is one row per customer. part: the slice of their pairs; like (rows, P): similarity to their purchases; looked_key (E,) row * P
    + product of viewed products, sorted, with the days since the view and since the cart (NaN = not).
    """

    low: int
    part: slice
    like: sparse.csr_matrix
    looked_key: Ints
    looked_days: Floats
    carted_days: Floats


def evidence(
    products: Products, pairs: Pairs, facts: ProductFacts, query: CandidateQuery, row: Ints, product: Ints
) -> tuple[Floats32, Ints, Bools]:
    """Return evidence of K pairs of row and product: values, reasons, showable.

    values (K, len(COLUMNS)); bits of Why (K,); whether each may be shown (K,).
    """
    size, rows, part = len(products), query.like.shape[0], query.part
    key = row * size + product
    who, what = pairs.customer[part] - query.low, pairs.product[part]
    purchase_row = lookup(key, who * size + what)
    owned = purchase_row >= 0
    all_count, all_recency = pairs.count[part], pairs.recency_days()[part]
    count, recency, gap = (_taken(each, purchase_row) for each in (all_count, all_recency, pairs.gap_days()[part]))
    overdue = recency / np.maximum(np.where(np.isfinite(gap), gap, facts.gap_days[product]), 1.0)
    similarity = _similarity(query.like, key, size)
    strongest = np.zeros(rows)
    np.maximum.at(strongest, row, similarity)
    position = lookup(key, query.looked_key)
    viewed, carted = _taken(query.looked_days, position), _taken(query.carted_days, position)

    times = np.bincount(who, weights=all_count, minlength=rows)
    kinds = np.bincount(who, minlength=rows).astype(np.float64)
    latest = np.full(rows, np.inf)
    np.minimum.at(latest, who, all_recency)
    paid = np.bincount(who, weights=np.nan_to_num(facts.price[what]), minlength=rows) / np.maximum(kinds, 1.0)
    categories = GroupPurchases.of(products.category, who, what, all_count, all_recency, rows)
    brands = GroupPurchases.of(products.brand, who, what, all_count, all_recency, rows)
    popularity = facts.popularity[product] / np.maximum(facts.popularity.sum(axis=0), 1e-9)
    category_share = categories.share(row, product)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.stack(
            [
                np.nan_to_num(count), recency, gap, overdue, np.nan_to_num(count) / np.maximum(times[row], 1.0),
                similarity, similarity / np.maximum(strongest[row], 1e-12),
                *np.log10(popularity.T + 1e-7), popularity[:, 0] / np.maximum(popularity[:, 2], 1e-9),
                facts.buyers[product] / max(float(facts.buyers.max(initial=1.0)), 1.0), facts.repeat_share[product],
                facts.gap_days[product], facts.age_days[product], facts.price[product], facts.price[product] / paid[row],
                category_share, categories.recency_days(row, product), brands.share(row, product), viewed, carted,
                kinds[row], times[row], latest[row], 1.0 - kinds[row] / np.maximum(times[row], 1.0),
            ],
            axis=1,
        ).astype(np.float32)  # fmt: skip
    why = (
        np.where(owned, Why.REPURCHASE, 0)
        | np.where(np.isfinite(carted), Why.CART, 0)
        | np.where(np.isfinite(viewed), Why.VIEWED, 0)
        | np.where(similarity > 0, Why.SIMILAR, 0)
        | np.where((products.category[product] > 0) & (category_share == 0.0) & ~owned, Why.NEXT_CATEGORY, 0)
        | np.where(facts.age_days[product] <= NEW_DAYS, Why.NEW, 0)
    )
    showable = products.in_stock[product] & (~owned | (facts.replenished[product] & (overdue >= REST)))
    return values, np.where(why == 0, Why.POPULAR, why).astype(np.int64), showable


def _similarity(like: sparse.csr_matrix, key: Ints, size: int) -> Floats:
    """Return the similarity of each pair's product to its row's purchases, (K,), 0 for none."""
    there = np.repeat(np.arange(like.shape[0]), np.diff(like.indptr)) * size + like.indices
    order = np.argsort(there, kind="stable")
    similarity = _taken(like.data[order], lookup(key, there[order]))
    return np.nan_to_num(similarity)


def lookup(keys: Ints, among: Ints) -> Ints:
    """Return the position of each key among sorted keys, -1 for none."""
    if not len(among):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return np.where(among[at] == keys, at, -1)


def _taken(values: Floats, at: Ints) -> Floats:
    """Return ``values[at]``, NaN where ``at`` is -1."""
    return np.where(at >= 0, values[np.maximum(at, 0)], np.nan) if len(values) else np.full(len(at), np.nan)


@dataclass(frozen=True, slots=True)
class GroupPurchases:
    """Purchases of each row by group of products (categories, brands).

    NOWHERE is no group.
    """

    code: Ints
    groups: int
    there: Ints
    bought: Floats
    latest: Floats
    whole: Floats

    @classmethod
    def of(cls, code: Ints, who: Ints, what: Ints, count: Floats, recency: Floats, rows: int) -> GroupPurchases:
        """Sum the pairs (who, what) by product group.

        code (P,): the group of each product.
        """
        groups = int(code.max(initial=0)) + 1
        there, place = np.unique(who * groups + code[what], return_inverse=True)
        latest = np.full(len(there), np.inf)
        np.minimum.at(latest, place, recency)
        bought: Floats = np.bincount(place, weights=count, minlength=len(there)).astype(np.float64)
        whole: Floats = np.bincount(who, weights=count, minlength=rows).astype(np.float64)
        return cls(code, groups, there, bought, latest, whole)

    def share(self, row: Ints, product: Ints) -> Floats:
        """Return the share of the row's purchases in the product's group, (K,)."""
        share: Floats = np.nan_to_num(self._at(self.bought, row, product)) / np.maximum(self.whole[row], 1.0)
        return share

    def recency_days(self, row: Ints, product: Ints) -> Floats:
        """Return days since the row last bought from the product's group, (K,), NaN = never."""
        return self._at(self.latest, row, product)

    def _at(self, values: Floats, row: Ints, product: Ints) -> Floats:
        group = self.code[product]
        return np.where(group > 0, _taken(values, lookup(row * self.groups + group, self.there)), np.nan)
