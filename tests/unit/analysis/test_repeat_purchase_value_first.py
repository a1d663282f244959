"""What a first purchase opens, from a shop's purchases."""

from __future__ import annotations

import polars as pl
import pytest

from analysis.repeat_purchase_value import ENOUGH, first_purchase_lift
from tests.unit.analysis.test_repeat_purchase_value_second import CUTOFF, shop


def test_what_new_customers_spend_beyond_the_month_of_their_first() -> None:
    """A hundred came first on day 290 and spent 2,000 in the ninety days after that month; of another hundred nothing more came."""
    bought = shop(([290, 350, 360], 100), ([291], 100))

    assert first_purchase_lift(bought, 90, CUTOFF) == pytest.approx(200_000.0 / (200 + ENOUGH))


def test_a_second_purchase_within_the_month_is_not_counted() -> None:
    """It belongs to the first one's month; nor does an old customer's spending count."""
    assert first_purchase_lift(shop(([290, 300], 50), ([100, 350], 50)), 90, CUTOFF) == 0.0


def test_what_comes_after_the_cutoff_is_not_seen() -> None:
    """Purchases of tomorrow change nothing."""
    now = shop(([290, 350], 100))
    later = pl.concat([now, shop(([450], 300))])

    assert first_purchase_lift(later, 90, CUTOFF) == first_purchase_lift(now, 90, CUTOFF) > 0.0
