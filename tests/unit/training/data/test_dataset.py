"""Rows of a large shop are drawn by one rule: the same chance for each, the same rows twice, everything where it fits."""

from __future__ import annotations

import numpy as np
import polars as pl

from otokui.domain import CutoffDate, Instant, Label
from otokui.frames import Batch, texts
from tests.unit.training import small_shop
from training.data.dataset import Dataset, draw, share_kept, stack
from training.data.purchase_history import History
from training.fitting.task import Task


def many(customers: int, at: int) -> Dataset:
    """So many customers on record at a cut-off."""
    names = ("purchase_count", "recency_days", "tenure_days", "paid_sum")
    values = np.tile([2.0, 5.0, 30.0, 100.0], (customers, 1))
    return Dataset(CutoffDate(Instant(at)), Batch(texts([f"c{n:06d}" for n in range(customers)]), names, values))


def stacked(task: Task, datasets: list[Dataset], max_rows: int, seed: int = 7) -> np.ndarray:
    """The cut-offs of the rows that stay."""
    rows = stack(
        datasets,
        task.history,
        lambda history, customers, cutoff: task.target(Label.CHURN, history, customers, cutoff),
        task.rhythm(task.train_through),
        seed=seed,
        max_rows=max_rows,
    )
    return rows.cutoffs


def test_the_share_is_what_brings_all_rows_down_to_what_is_affordable() -> None:
    """3,000 and 1,000 rows, 1,000 affordable: a quarter of each; where all fit, all stay."""
    assert share_kept([3_000, 1_000], 1_000) == 0.25
    assert share_kept([300, 100], 1_000) == 1.0
    assert share_kept([], 1_000) == 1.0
    assert draw(5, 1.0, np.random.default_rng(1)).tolist() == [True] * 5


def test_every_row_has_the_same_chance_whichever_its_cutoff() -> None:
    """Of 30,000 and 10,000 rows a quarter stays of each, within four standard errors: no cut-off weighs more than its customers."""
    task = small_shop.task(small_shop.purchases())
    kept = stacked(task, [many(30_000, 1_710_000_000), many(10_000, 1_712_000_000)], 10_000)

    assert abs((kept == 1_710_000_000).sum() - 7_500) < 4 * np.sqrt(30_000 * 0.25 * 0.75)
    assert abs((kept == 1_712_000_000).sum() - 2_500) < 4 * np.sqrt(10_000 * 0.25 * 0.75)


def test_the_same_seed_draws_the_same_rows() -> None:
    """And another seed others: a run can be repeated to the byte."""
    task = small_shop.task(small_shop.purchases())
    shop = [many(5_000, 1_710_000_000)]

    assert np.array_equal(stacked(task, shop, 1_000), stacked(task, shop, 1_000))
    assert len(stacked(task, shop, 1_000)) != len(stacked(task, shop, 1_000, seed=8))


def test_all_rows_stay_where_they_fit() -> None:
    """A shop below the limit is learnt from whole, one large cut-off or not."""
    task = small_shop.task(small_shop.purchases())

    assert len(stacked(task, [many(100, 1_710_000_000), many(900, 1_712_000_000)], 1_000)) == 1_000


def test_customers_are_found_by_id_and_strangers_are_not() -> None:
    """Ids in any order, some unknown, some beyond the last; none at all in an empty history."""
    rows = [("b", 10, 1.0, 10), ("a", 20, 1.0, 20), ("お", 30, 1.0, 30)]
    history = History.of(pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"))

    assert history.index_of(["お", "zz", "a", "b", "", "ん"]).tolist() == [2, -1, 0, 1, -1, -1]
    assert history.index_of([]).tolist() == []
