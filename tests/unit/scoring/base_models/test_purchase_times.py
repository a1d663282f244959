"""Habits of weekday and hour: posteriors worked out by hand, and what little is known of somebody new."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import gammaln

from otokui.frames import Batch, texts
from scoring.base_models.purchase_times import MOST_COUNTED, WEEKDAYS, DirichletMixture, counts_of_columns, whole_counts

ONE = DirichletMixture(weights=(1.0,), alphas=((1.0, 3.0),))
TWO = DirichletMixture(weights=(0.25, 0.75), alphas=((9.0, 1.0), (1.0, 9.0)))


def test_counts_are_added_to_the_kinds_own() -> None:
    """One kind of 1 and 3: after two of the first outcome, 3 to 3."""
    assert ONE.chances(np.array([[2, 0]])).tolist() == [[0.5, 0.5]]


def test_without_counts_the_shop_speaks() -> None:
    """A quarter of the customers buy the first nine times in ten, the others once in ten."""
    assert TWO.chances(np.array([[0, 0]]))[0] == pytest.approx([0.3, 0.7])


def test_counts_tell_the_kind_as_bayes_says() -> None:
    """Against the Dirichlet-multinomial written out."""
    counts = np.array([4, 1])
    odds = [
        w * np.exp(gammaln(10) - gammaln(15) + sum(gammaln(a + c) - gammaln(a) for a, c in zip(alpha, counts, strict=True)))
        for w, alpha in zip(TWO.weights, TWO.alphas, strict=True)
    ]
    first = odds[0] / sum(odds)

    assert TWO.kinds(counts[None])[0] == pytest.approx([first, 1 - first])
    assert TWO.chances(counts[None])[0, 0] == pytest.approx(first * 13 / 15 + (1 - first) * 5 / 15)


def test_what_is_no_count_counts_as_none() -> None:
    """Null, infinite, negative, half a purchase; and a million is scaled down with what stands beside it."""
    assert whole_counts(np.array([[np.nan, np.inf, -3.0, 0.5, 2.0]])).tolist() == [[0, 0, 0, 0, 2]]
    assert whole_counts(np.array([[2e6, 1e6]])).tolist() == [[MOST_COUNTED, MOST_COUNTED // 2]]


def test_columns_are_found_by_name() -> None:
    """In whatever order they stand; where one is missing nothing is known."""
    batch = Batch(texts(["ada"]), WEEKDAYS[::-1], np.arange(7.0)[None])

    assert counts_of_columns(batch, WEEKDAYS, 1).tolist() == [[6, 5, 4, 3, 2, 1, 0]]
    assert counts_of_columns(Batch(texts(["ada"]), WEEKDAYS[:6], np.ones((1, 6))), WEEKDAYS, 1).tolist() == [[0] * 7]
    assert counts_of_columns(None, WEEKDAYS, 2).tolist() == [[0] * 7] * 2


@pytest.mark.parametrize(("weights", "alphas"), [((1.0,), ((1.0,), (1.0,))), ((0.5, 0.5), ((1.0, 1.0), (1.0,))), ((1.0,), ((0.0, 1.0),))])
def test_a_manifest_that_does_not_fit_together_is_refused(weights: tuple[float, ...], alphas: tuple[tuple[float, ...], ...]) -> None:
    """Fewer weights than kinds, kinds of unequal length, an alpha of nothing."""
    with pytest.raises(ValidationError):
        DirichletMixture(weights=weights, alphas=alphas)
