"""Purchases by product: who bought what, how often and when, as it was known at a cut-off."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from features.products.lines import Lines, pairs_at
from features.products.product_facts import product_facts
from otokui.domain import DAY, Instant
from otokui.errors import BadInput

DESCRIBED = pl.DataFrame(
    {
        "product_id": ["beans", "cup"],
        "category_m": ["coffee", "ware"],
        "replenish_days": [20.0, None],
        "launched_at": [0, 95 * DAY],
        "in_stock": [True, False],
    }
)


def lines(*rows: tuple[str, str, float]) -> Lines:
    """Purchases of (customer, product, day), one piece at 10 each, known when they happened."""
    table = pl.DataFrame(
        [(c, p, int(d * DAY), int(d * DAY), 10.0, 1.0) for c, p, d in rows],
        schema=["customer_id", "product_id", "ordered_at", "known_at", "paid_amount", "quantity"],
        orient="row",
    )
    return Lines.of(table, DESCRIBED)


BOUGHT = lines(
    ("ada", "beans", 10), ("ada", "beans", 40), ("ada", "beans", 70), ("ada", "cup", 40), ("bob", "beans", 90), ("bob", "cup", 120)
)


def test_pairs_count_purchases_at_different_times() -> None:
    """Ada bought beans three times, 30 days apart, and a cup once."""
    pairs = pairs_at(BOUGHT, Instant(100 * DAY))

    assert pairs.customer.tolist() == [0, 0, 1]
    assert pairs.count.tolist() == [3.0, 1.0, 1.0]
    assert pairs.recency_days().tolist() == [30.0, 60.0, 10.0]
    assert pairs.gap_days()[0] == 30.0
    assert np.isnan(pairs.gap_days()[1])


def test_two_lines_of_one_moment_are_one_purchase() -> None:
    """The same product in two lines of an order was bought once."""
    pairs = pairs_at(lines(("ada", "beans", 10), ("ada", "beans", 10), ("ada", "beans", 20)), Instant(100 * DAY))

    assert pairs.count.tolist() == [2.0]


def test_what_comes_after_the_cutoff_changes_nothing() -> None:
    """Bob's cup of day 120 is not known on day 100."""
    truncated = lines(("ada", "beans", 10), ("ada", "beans", 40), ("ada", "beans", 70), ("ada", "cup", 40), ("bob", "beans", 90))
    cutoff = Instant(100 * DAY)
    facts, fewer = (product_facts(each, pairs_at(each, cutoff)) for each in (BOUGHT, truncated))

    assert facts.buyers.tolist() == fewer.buyers.tolist() == [2.0, 1.0]
    assert facts.popularity.tolist() == fewer.popularity.tolist()
    assert facts.age_days.tolist() == [100.0, 5.0]


def test_a_stated_replenishment_counts_before_a_measured_gap() -> None:
    """Beans say 20 days; nothing is said of the cup, which nobody bought twice."""
    facts = product_facts(BOUGHT, pairs_at(BOUGHT, Instant(100 * DAY)))

    assert facts.gap_days[0] == 20.0
    assert facts.replenished.tolist()[0] is True


def test_whatever_is_not_said_to_be_out_of_stock_can_be_bought() -> None:
    """The cup is out of stock, the beans are not, and the tea that nobody described is not either."""
    more = lines(("ada", "beans", 1), ("ada", "cup", 1), ("ada", "tea", 1))

    assert more.products.product_ids.tolist() == ["beans", "cup", "tea"]
    assert more.products.in_stock.tolist() == [True, False, True]


def test_lines_without_a_product_column_are_refused() -> None:
    """A shop without product ids gets a message, not a crash."""
    with pytest.raises(BadInput, match="product_id"):
        Lines.of(pl.DataFrame({"customer_id": ["ada"]}))
