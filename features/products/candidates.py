"""Product candidates of each customer, from four sources, with their evidence.

Each source misses candidates of another: the customer's own products, products bought by similar customers, popular products (in the
shop, and in the customer's categories), and viewed products. A model ranks their union (``scoring.pair_models.product_ranking``);
two-stage recommendation as in Covington, Adams, Sargin (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from features.products.evidence import COLUMNS, CandidateQuery, Why, evidence
from features.products.lines import Lines, Pairs, pairs_at
from features.products.looks import ProductViews
from features.products.neighbours import neighbours, purchase_profiles
from features.products.product_facts import NEW_DAYS, ProductFacts, product_facts
from otokui.domain import Instant
from otokui.frames import Bools, Floats, Floats32, Ints

__all__ = ["COLUMNS", "ProductCandidates", "RecommendationInputs", "Why", "candidates"]

OWN, SIMILAR, POPULAR, OF_CATEGORY, NEW = 60, 40, 40, 8, 10
"""Largest number of candidates per source and customer; OF_CATEGORY for each of the CATEGORIES bought most."""
CATEGORIES: Final = 3
SHARD: Final = 2_000
"""Customers whose candidates are in memory at once."""
OWN_HALF_LIFE_DAYS: Final = 90.0


@dataclass(frozen=True, slots=True)
class RecommendationInputs:
    """Inputs of product candidates at one cut-off."""

    lines: Lines
    pairs: Pairs
    facts: ProductFacts
    near: sparse.csr_matrix
    looks: ProductViews

    @classmethod
    def at(cls, lines: Lines, looks: ProductViews, cutoff: Instant) -> RecommendationInputs:
        """Return the inputs known before a cut-off."""
        pairs = pairs_at(lines, cutoff)
        return cls(lines, pairs, product_facts(lines, pairs), neighbours(pairs, len(lines.products)), looks)


@dataclass(frozen=True, slots=True)
class ProductCandidates:
    """Product candidates of consecutive customers, sorted by customer, then product.

    customer, product (K,) numbers; values (K, len(COLUMNS)) float32; why (K,) bits of Why; showable (K,): in stock, and neither owned nor
    just bought (a product bought before may be shown only if customers buy it again, and half its usual gap has passed).
    """

    customer: Ints
    product: Ints
    values: Floats32
    why: Ints
    showable: Bools

    def __len__(self) -> int:
        return len(self.customer)


def candidates(known: RecommendationInputs, customers: Ints) -> Iterator[ProductCandidates]:
    """Yield the product candidates of customers (numbers, ascending), a shard at a time."""
    for start in range(0, len(customers), SHARD):
        part = customers[start : start + SHARD]
        # Numbers far apart would make one wide shard with many other customers.
        for run in np.split(part, np.flatnonzero(np.diff(part) > SHARD) + 1):
            if len(run):
                yield _shard(known, run)


def _shard(known: RecommendationInputs, numbers: Ints) -> ProductCandidates:
    low, high = int(numbers[0]), int(numbers[-1]) + 1
    size = len(known.lines.products)
    part = known.pairs.of_customers(low, high)
    own_row, own_product = known.pairs.customer[part] - low, known.pairs.product[part]
    in_shard = np.zeros(high - low, dtype=np.bool_)
    in_shard[numbers - low] = True
    similar = (purchase_profiles(known.pairs, low, high, size) @ known.near).tocsr()
    viewed_row, viewed_product, viewed, carted = known.looks.last(known.pairs.cutoff, low, high)
    own_weight = 0.5 ** (known.pairs.recency_days()[part] / OWN_HALF_LIFE_DAYS) * known.pairs.count[part]
    similar_row = np.repeat(np.arange(high - low), np.diff(similar.indptr))
    keys = np.unique(
        np.concatenate(
            [
                _most(own_row, own_product, own_weight, OWN, size),
                _most(similar_row, similar.indices.astype(np.int64), similar.data, SIMILAR, size),
                viewed_row * size + viewed_product,
                _popular(known, high - low, size),
                _of_categories(known, own_row, own_product, own_weight, size),
            ]
        )
    )
    row, product = keys // size, keys % size
    selected = in_shard[row]
    row, product = row[selected], product[selected]
    query = CandidateQuery(low, part, similar, viewed_row * size + viewed_product, viewed, carted)
    values, bits, showable = evidence(known.lines.products, known.pairs, known.facts, query, row, product)
    return ProductCandidates(row + low, product, values, bits, showable)


def _most(row: Ints, product: Ints, weight: Floats, most: int, size: int) -> Ints:
    """Return the keys (row * size + product) of each row's top products by weight."""
    order = np.lexsort((product, -weight, row))
    row, product = row[order], product[order]
    within = np.arange(len(row)) - np.searchsorted(row, row, side="left") < most
    keys: Ints = row[within] * size + product[within]
    return keys


def _popular(known: RecommendationInputs, rows: int, size: int) -> Ints:
    popular = np.argsort(-known.facts.popularity[:, 1], kind="stable")[:POPULAR]
    fresh = np.where(known.facts.age_days <= NEW_DAYS, known.facts.popularity[:, 0], -1.0)
    newest = np.argsort(-fresh, kind="stable")[:NEW]
    chosen = np.union1d(popular[known.facts.popularity[popular, 1] > 0], newest[fresh[newest] > 0])
    keys: Ints = (np.arange(rows)[:, None] * size + chosen[None, :]).ravel()
    return keys


def _of_categories(known: RecommendationInputs, row: Ints, product: Ints, weight: Floats, size: int) -> Ints:
    """Return the keys of the most popular products of the categories each row bought most."""
    category = known.lines.products.category
    kinds = int(category.max(initial=0)) + 1
    order = np.lexsort((-known.facts.popularity[:, 1], category))
    begin = np.searchsorted(category[order], np.arange(kinds + 1))
    spent = sparse.csr_matrix((weight, (row, category[product])), shape=(int(row.max(initial=0)) + 1, kinds))
    spent.sum_duplicates()
    where = np.repeat(np.arange(spent.shape[0]), np.diff(spent.indptr))
    keys = _most(where, spent.indices.astype(np.int64), spent.data, CATEGORIES, kinds)
    at, kind = keys // kinds, keys % kinds
    at, kind = at[kind > 0], kind[kind > 0]
    rank = np.arange(OF_CATEGORY)
    place = begin[kind][:, None] + rank[None, :]
    inside = place < begin[kind + 1][:, None]
    keys_of_products: Ints = (at[:, None] * size + order[np.minimum(place, size - 1)])[inside]
    return keys_of_products
