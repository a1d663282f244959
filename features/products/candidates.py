"""The products that come into question for each customer, and what speaks for each of them.

Four sources, because each misses what another finds: what the customer has bought before, what those who bought the same
bought too, what is popular now (in the shop, and in the customer's categories), what was looked at. A learner ranks
their union (``scoring.pair_models.product_ranking``); two-stage recommendation as in Covington, Adams, Sargin (2016).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from features.products.evidence import COLUMNS, CandidateQuery, Why, evidence
from features.products.lines import Lines, Pairs, pairs_at
from features.products.looks import Looks
from features.products.neighbours import neighbours, tastes
from features.products.product_facts import NEW_DAYS, ProductFacts, product_facts
from otokui.domain import Instant
from otokui.frames import Bools, Floats, Floats32, Ints

__all__ = ["COLUMNS", "Known", "ProductCandidates", "Why", "candidates"]

OWN, SIMILAR, POPULAR, OF_CATEGORY, NEW = 60, 40, 40, 8, 10
"""How many candidates each source may bring to a customer; OF_CATEGORY for each of the CATEGORIES bought most."""
CATEGORIES: Final = 3
SHARD: Final = 2_000
"""Customers whose candidates are in memory at once."""
OWN_HALF_LIFE_DAYS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Known:
    """All that candidates at one cut-off are made from."""

    lines: Lines
    pairs: Pairs
    facts: ProductFacts
    near: sparse.csr_matrix
    looks: Looks

    @classmethod
    def at(cls, lines: Lines, looks: Looks, cutoff: Instant) -> Known:
        """Return what was known before a cut-off."""
        pairs = pairs_at(lines, cutoff)
        return cls(lines, pairs, product_facts(lines, pairs), neighbours(pairs, len(lines.products)), looks)


@dataclass(frozen=True, slots=True)
class ProductCandidates:
    """``K`` candidates of consecutive customers, sorted by customer, then product.

    customer, product (K,) numbers; values (K, len(COLUMNS)) float32; why (K,) bits of Why; showable (K,): in stock, and neither owned
    nor just bought (a product bought before may be shown only if it is one that people buy again, and half its usual gap has passed).
    """

    customer: Ints
    product: Ints
    values: Floats32
    why: Ints
    showable: Bools

    def __len__(self) -> int:
        return len(self.customer)


def candidates(known: Known, customers: Ints) -> Iterator[ProductCandidates]:
    """Yield the candidates of the customers (numbers, ascending), a shard at a time."""
    for start in range(0, len(customers), SHARD):
        part = customers[start : start + SHARD]
        # Numbers that lie far apart would make one wide shard of many who were not asked for.
        for run in np.split(part, np.flatnonzero(np.diff(part) > SHARD) + 1):
            if len(run):
                yield _shard(known, run)


def _shard(known: Known, asked: Ints) -> ProductCandidates:
    low, high = int(asked[0]), int(asked[-1]) + 1
    size = len(known.lines.products)
    part = known.pairs.of_customers(low, high)
    own_row, own_product = known.pairs.customer[part] - low, known.pairs.product[part]
    wanted = np.zeros(high - low, dtype=np.bool_)
    wanted[asked - low] = True
    like = (tastes(known.pairs, low, high, size) @ known.near).tocsr()
    looked_row, looked_product, looked, carted = known.looks.last(known.pairs.cutoff, low, high)
    own_weight = 0.5 ** (known.pairs.recency_days()[part] / OWN_HALF_LIFE_DAYS) * known.pairs.count[part]
    like_row = np.repeat(np.arange(high - low), np.diff(like.indptr))
    keys = np.unique(
        np.concatenate(
            [
                _most(own_row, own_product, own_weight, OWN, size),
                _most(like_row, like.indices.astype(np.int64), like.data, SIMILAR, size),
                looked_row * size + looked_product,
                _popular(known, high - low, size),
                _of_categories(known, own_row, own_product, own_weight, size),
            ]
        )
    )
    row, product = keys // size, keys % size
    kept = wanted[row]
    row, product = row[kept], product[kept]
    asked_of = CandidateQuery(low, part, like, looked_row * size + looked_product, looked, carted)
    values, bits, showable = evidence(known.lines.products, known.pairs, known.facts, asked_of, row, product)
    return ProductCandidates(row + low, product, values, bits, showable)


def _most(row: Ints, product: Ints, weight: Floats, most: int, size: int) -> Ints:
    """Return the keys (row * size + product) of each row's heaviest products."""
    order = np.lexsort((product, -weight, row))
    row, product = row[order], product[order]
    kept = np.arange(len(row)) - np.searchsorted(row, row, side="left") < most
    keys: Ints = row[kept] * size + product[kept]
    return keys


def _popular(known: Known, rows: int, size: int) -> Ints:
    popular = np.argsort(-known.facts.popularity[:, 1], kind="stable")[:POPULAR]
    fresh = np.where(known.facts.age_days <= NEW_DAYS, known.facts.popularity[:, 0], -1.0)
    newest = np.argsort(-fresh, kind="stable")[:NEW]
    chosen = np.union1d(popular[known.facts.popularity[popular, 1] > 0], newest[fresh[newest] > 0])
    keys: Ints = (np.arange(rows)[:, None] * size + chosen[None, :]).ravel()
    return keys


def _of_categories(known: Known, row: Ints, product: Ints, weight: Floats, size: int) -> Ints:
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
    found: Ints = (at[:, None] * size + order[np.minimum(place, size - 1)])[inside]
    return found
