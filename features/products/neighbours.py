"""Product neighbours: cosine similarity of products over their buyers.

Method: item-based collaborative filtering (Sarwar, Karypis, Konstan, Riedl 2001), with customers of very many purchases weighing less
(inverse user frequency: Breese, Heckerman, Kadie 1998).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import sparse

from features.products.lines import Pairs
from otokui.domain import DAY
from otokui.frames import Floats, Ints

NEIGHBOURS: Final = 50
LEAST_BUYERS: Final = 3
MOST_PRODUCTS: Final = 10_000
"""Only the most bought products have neighbours; the tail has too few buyers."""
BLOCK: Final = 256
TASTE_DAYS: Final = 60.0
"""Half-life of a purchase's weight in days."""


def neighbours(pairs: Pairs, products: int) -> sparse.csr_matrix:
    """Return the similarity of each product to its nearest neighbours, (P, P) sparse.

    There are at most NEIGHBOURS a row, and no diagonal.
    """
    buyers = np.bincount(pairs.product, minlength=products)
    chosen = np.flatnonzero(buyers >= LEAST_BUYERS)
    if len(chosen) > MOST_PRODUCTS:
        chosen = np.sort(chosen[np.argsort(-buyers[chosen], kind="stable")[:MOST_PRODUCTS]])
    if len(chosen) < 2:
        return sparse.csr_matrix((products, products))
    place = np.full(products, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    has_neighbours = place[pairs.product] >= 0
    customer = np.unique(pairs.customer[has_neighbours], return_inverse=True)[1]
    breadth = np.bincount(customer)
    weight = 1.0 / np.sqrt(np.log2(1.0 + breadth[customer]))
    bought = sparse.csr_matrix((weight, (customer, place[pairs.product[has_neighbours]])), shape=(len(breadth), len(chosen)))
    norm = np.sqrt(np.asarray(bought.multiply(bought).sum(axis=0)).ravel())
    bought = bought @ sparse.diags(1.0 / np.maximum(norm, 1e-12))
    rows, columns, values = [], [], []
    by_product = bought.T.tocsr()
    for start in range(0, len(chosen), BLOCK):
        block = (by_product[start : start + BLOCK] @ bought).tocsr()
        row, column, value = _nearest(block, start)
        rows.append(row)
        columns.append(column)
        values.append(value)
    row, column = chosen[np.concatenate(rows)], chosen[np.concatenate(columns)]
    return sparse.csr_matrix((np.concatenate(values), (row, column)), shape=(products, products))


def _nearest(block: sparse.csr_matrix, start: int) -> tuple[Ints, Ints, Floats]:
    """Return row, column and value of the NEIGHBOURS largest of each row.

    The product itself is left out.
    """
    dense = block.toarray()
    at = np.arange(len(dense))
    dense[at, at + start] = 0.0
    most = min(NEIGHBOURS, dense.shape[1])
    column = np.argpartition(-dense, most - 1, axis=1)[:, :most]
    value = dense[at[:, None], column]
    positive = value > 0.0
    row = np.broadcast_to((at + start)[:, None], column.shape)
    return row[positive], column[positive], value[positive]


def purchase_profiles(pairs: Pairs, low: int, high: int, products: int) -> sparse.csr_matrix:
    """Return the decayed purchases of customers ``low`` to ``high``, (high - low, P).

    Recent purchases weigh more.
    """
    part = pairs.of_customers(low, high)
    recency = (pairs.cutoff - pairs.last_at[part]) / DAY
    weight = 0.5 ** (recency / TASTE_DAYS) * np.log2(1.0 + pairs.count[part])
    return sparse.csr_matrix((weight, (pairs.customer[part] - low, pairs.product[part])), shape=(high - low, products))
