"""Learning which product comes next, on a shop whose rule is known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.products.candidates import RecommendationInputs, candidates
from features.products.lines import Lines
from features.products.looks import ProductViews
from otokui.domain import DAY, Instant
from otokui.errors import BrokenModel, NotEnoughData
from otokui.ports.models import ModelFiles
from otokui.settings.training import Training
from scoring.pair_models.product_ranking import best, load_ranking
from training.product_ranking import train_ranking

END = Instant(300 * DAY)
SETTINGS = Training(rounds=30, threads=1)


def shop(customers: int = 120, seed: int = 3) -> Lines:
    """Everybody buys a staple of their own every 20 days, and now and then one of 30 other products."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        staple = f"p{number % 12:02d}"
        for day in np.arange(rng.uniform(0, 20), 330, 20):
            rows.append((f"c{number:03d}", staple, day))
            if rng.random() < 0.4:
                rows.append((f"c{number:03d}", f"p{rng.integers(12, 42):02d}", day))
    table = pl.DataFrame(
        [(c, p, int(d * DAY), int(d * DAY), 5.0, 1.0) for c, p, d in rows],
        schema=["customer_id", "product_id", "ordered_at", "known_at", "paid_amount", "quantity"],
        orient="row",
    )
    return Lines.of(table)


def test_the_staple_everybody_returns_for_comes_first() -> None:
    """Learnt through day 300, the first product of nearly every list is the customer's own staple."""
    lines = shop()
    trained = train_ranking(lines, ProductViews.of(None, lines), SETTINGS, train_through=END)
    ranking = load_ranking(trained.files)
    first = {}
    for found in candidates(RecommendationInputs.at(lines, ProductViews.of(None, lines), END), np.arange(120)):
        top = best(found, ranking.scores(found), most=1, only_showable=False)
        first |= dict(zip(top.customer.tolist(), lines.products.product_ids[top.product], strict=True))

    right = sum(first[number] == f"p{number % 12:02d}" for number in range(120))
    assert right >= 114
    assert trained.metrics["ndcg_at_10"] > 0.5


def test_the_same_records_give_the_same_bytes_whatever_came_later() -> None:
    """Purchases after the end of training change nothing."""
    lines = shop()
    kept = lines.at < END
    earlier = Lines(
        lines.customer_ids, lines.products, *(getattr(lines, name)[kept] for name in ("customer", "product", "at", "known_at", "price"))
    )

    one, two = (train_ranking(each, ProductViews.of(None, each), SETTINGS, train_through=END) for each in (lines, earlier))

    assert one.files == two.files


def test_a_shop_of_three_products_is_told_why_none_are_named() -> None:
    """Too few products to rank is said, not failed on."""
    lines = shop()
    few = lines.product < 3
    small = Lines(
        lines.customer_ids, lines.products, *(getattr(lines, name)[few] for name in ("customer", "product", "at", "known_at", "price"))
    )

    with pytest.raises(NotEnoughData, match="fewer than 10 products"):
        train_ranking(small, ProductViews.of(None, small), SETTINGS, train_through=END)


def test_a_changed_text_is_refused() -> None:
    """The manifest vouches for one text."""
    lines = shop(60)
    files = train_ranking(lines, ProductViews.of(None, lines), SETTINGS, train_through=END).files

    with pytest.raises(BrokenModel, match="vouches"):
        load_ranking(ModelFiles(files.manifest, files.text + " "))
