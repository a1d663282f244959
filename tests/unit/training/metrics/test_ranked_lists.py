"""Recall and NDCG of lists, by hand and beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from training.metrics.ranked_lists import hits_of, ndcg_at, recall_at


def test_measures_know_what_could_have_been_found() -> None:
    """Two bought: one at the first place of three, one missed. Recall 1/2; NDCG 1 / (1 + 1/log2 3)."""
    hits = hits_of(np.array([4]), np.array([4, 4, 4]), np.array([7, 8, 9]), np.array([4 * 10 + 1, 4 * 10 + 7]), 10, 3)

    assert hits.tolist() == [[True, False, False]]
    assert recall_at(hits, np.array([2])).tolist() == [0.5]
    assert round(float(ndcg_at(hits, np.array([2]))[0]), 4) == 0.6131


def test_gain_is_that_of_scikit_learn() -> None:
    """Twelve products, all of them ranked, three bought: the library's NDCG at 5, customer by customer."""
    rng = np.random.default_rng(4)
    bought = np.argsort(rng.random((20, 12)), axis=1) < 3
    ranked = np.argsort(rng.random((20, 12)), axis=1)

    ours = ndcg_at(np.take_along_axis(bought, ranked, axis=1)[:, :5], bought.sum(axis=1))

    score = np.empty((20, 12))
    np.put_along_axis(score, ranked, -np.arange(12.0)[None, :].repeat(20, axis=0), axis=1)
    theirs = [ndcg_score(bought[[row]].astype(float), score[[row]], k=5) for row in range(20)]
    assert ours == pytest.approx(theirs, abs=1e-12)
    assert min(theirs) < 0.3 < 0.6 < max(theirs)
