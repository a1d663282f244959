"""Rankings judged by what was bought next: figures by length of the list, and the gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.products.candidates import ProductCandidates
from features.products.looks import ProductViews
from otokui.domain import DAY, Instant
from otokui.frames import Floats
from scoring.pair_models.product_ranking import Ranking, load_ranking
from tests.unit.training.test_product_ranking import END, SETTINGS, shop
from training.evaluation.product_lists import JudgedLists, Window, difference_between, drawn, judge_ranking, judged_lists
from training.product_ranking import train_ranking

LINES = shop()
LOOKS = ProductViews.of(None, LINES)
TRAINED = train_ranking(LINES, LOOKS, SETTINGS, train_through=END)
RANKING = load_ranking(TRAINED.files)
WINDOW = Window(Instant(END - 28 * DAY), 28.0, END)


def by_number(found: ProductCandidates) -> Floats:
    """The product with the highest number first: no idea of what anybody wants."""
    return found.product.astype(np.float64)


class Blind(Ranking):
    """A ranking that knows nothing."""

    def scores(self, found: ProductCandidates) -> Floats:
        return by_number(found)


def blind(through: int) -> Ranking:
    return Blind(RANKING.manifest.model_copy(update={"trained_through": through}), "blind", RANKING.booster)


def test_longer_lists_hold_more() -> None:
    """Recall of one product is at most that of ten products' worth of places, and the last figures are the whole list's."""
    recall, ndcg = TRAINED.held_out.by_place()

    assert len(recall) == len(ndcg) == 10
    assert recall[-1] == TRAINED.metrics["recall_at_10"]
    assert ndcg[-1] == TRAINED.metrics["ndcg_at_10"]


def test_two_of_three_bought_by_hand() -> None:
    """First and third place of one customer who bought three products: recall of 1, 2 and 3 places is 1, 1/2 and 2/3."""
    hits = np.zeros((1, 10), dtype=np.bool_)
    hits[0, [0, 2]] = True

    recall, _ = JudgedLists(WINDOW, np.array([0]), hits, np.array([3])).by_place()

    assert recall[:3] == pytest.approx([1.0, 0.5, 2 / 3])


def test_the_first_ranking_passes() -> None:
    """Nothing is live that it could be worse than."""
    assert judge_ranking(LINES, LOOKS, TRAINED.held_out, RANKING, None, seed=1).passed


def test_one_worse_than_the_live_one_fails_and_a_better_one_passes() -> None:
    """Whether the live one has learnt from the held-out days or not."""
    without = judged_lists(LINES, LOOKS, TRAINED.held_out.window, by_number, seed=1)

    for through in (int(END), 0):
        live = replace(RANKING, manifest=RANKING.manifest.model_copy(update={"trained_through": through}))
        worse = judge_ranking(LINES, LOOKS, without, blind(int(END)), live, seed=1)
        assert not worse.passed
        assert worse.says.startswith("worse beyond chance: NDCG at 10 of 120 customers -")
        assert ("both having learnt" in worse.says) == (through > 0)
        assert judge_ranking(LINES, LOOKS, TRAINED.held_out, RANKING, blind(through), seed=1).passed


def test_a_ranking_beside_itself_is_no_different() -> None:
    """The difference and its interval are nothing."""
    lists = judged_lists(LINES, LOOKS, WINDOW, RANKING.scores, seed=1)

    assert difference_between(lists, lists, seed=1) == (0.0, 0.0, 0.0)


def test_of_many_customers_the_same_are_drawn_each_time() -> None:
    """4,000 of 5,000, in order."""
    some = drawn(np.arange(5_000), END, 1)

    assert len(some) == 4_000
    assert (np.diff(some) > 0).all()
    assert np.array_equal(some, drawn(np.arange(5_000), END, 1))
