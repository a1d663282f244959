"""How far back a history goes is said from what to what."""

from __future__ import annotations

import pytest

from training.sales_forecast.forecast import reaches_back


@pytest.mark.parametrize(("days", "said"), [(0.4, "less than a day"), (1.2, "1 day"), (22.0, "22 days"), (1_500.0, "1,500 days")])
def test_a_shop_reaches_back_as_far_as_one_asks_from(days: float, said: str) -> None:
    """A shop of one day has no history at the end of training and some at a later date, and both are named."""
    assert reaches_back(days, "the end of training") == f"the first purchase lies {said} before the end of training"
