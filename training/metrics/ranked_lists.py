"""Metrics of ranked lists: recall and NDCG."""

from __future__ import annotations

import numpy as np

from otokui.frames import Bools, Floats, Ints


def recall_at(hits: Bools, bought: Ints) -> Floats:
    """Return recall of each list, (n,).

    The share of what was bought that the list holds, at most as many as it has places.

    hits (n, k): whether the product at each place was bought; bought (n,): how many products were, at least 1.
    """
    share: Floats = hits.sum(axis=1) / np.minimum(bought, hits.shape[1])
    return share


def ndcg_at(hits: Bools, bought: Ints) -> Floats:
    """Return the normalised discounted cumulative gain of each list, (n,).

    The ideal list holds all that was bought, in the list or not.
    """
    places = hits.shape[1]
    discount = 1.0 / np.log2(np.arange(2, places + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])
    gain: Floats = (hits * discount).sum(axis=1) / ideal[np.minimum(bought, places)]
    return gain


def hits_of(customers: Ints, ranked_customer: Ints, ranked_product: Ints, bought_keys: Ints, products: int, most: int) -> Bools:
    """Return which places of each customer's list were bought, (len(customers), most).

    customers ascending; ranked_*: lists, best first, customers together; bought_keys: sorted customer * products + product.
    """
    out = np.zeros((len(customers), most), dtype=np.bool_)
    place = np.arange(len(ranked_customer)) - np.searchsorted(ranked_customer, ranked_customer, side="left")
    row = np.searchsorted(customers, ranked_customer)
    inside = (place < most) & (row < len(customers))
    inside &= customers[np.minimum(row, len(customers) - 1)] == ranked_customer
    out[row[inside], place[inside]] = np.isin(ranked_customer[inside] * products + ranked_product[inside], bought_keys)
    return out
