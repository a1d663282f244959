"""The height of the F2 wall in money, from a shop's purchases."""

from __future__ import annotations

import polars as pl
import pytest

from analysis.repeat_purchase_value import ENOUGH, second_purchase_lift
from otokui.domain import DAY, Instant

CUTOFF = Instant(400 * DAY)


def shop(*customers: tuple[list[int], int]) -> pl.DataFrame:
    """Return purchases: for each kind of customer the days on which they bought 1,000, and how many there are."""
    rows = [(f"{kind}-{i}", day * DAY, 1_000.0) for kind, (days, count) in enumerate(customers) for i in range(count) for day in days]
    return pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount"], orient="row")


def test_what_those_of_two_purchases_spend_more() -> None:
    """A hundred came again within the month and spent 2,000 in the ninety days after; a hundred did not, and spent 1,000."""
    bought = shop(([200, 290, 350, 360], 100), ([200, 350], 100))

    assert second_purchase_lift(bought, 90, CUTOFF) == pytest.approx(1_000.0 * 100 / (100 + ENOUGH))


def test_few_count_for_little() -> None:
    """Five who came again do not make a wall of their spending."""
    bought = shop(([200, 290, 350, 360], 5), ([200, 350], 100))

    assert second_purchase_lift(bought, 90, CUTOFF) == pytest.approx(1_000.0 * 5 / (5 + ENOUGH), abs=1e-3)


def test_a_shop_where_it_makes_no_difference_has_no_wall() -> None:
    """Who came again spends less afterwards: nothing is counted against a second purchase either."""
    assert second_purchase_lift(shop(([200, 290], 100), ([200, 350], 100)), 90, CUTOFF) == 0.0


def test_nobody_to_compare_is_no_wall() -> None:
    """A young shop, where nobody has had the time."""
    assert second_purchase_lift(shop(([390, 395], 50)), 90, CUTOFF) == 0.0


def test_what_comes_after_the_cutoff_is_not_seen() -> None:
    """Purchases of tomorrow change nothing."""
    now = shop(([200, 290, 350], 100), ([200], 100))
    later = pl.concat([now, shop(([450], 300))])

    assert second_purchase_lift(later, 90, CUTOFF) == second_purchase_lift(now, 90, CUTOFF) > 0.0
