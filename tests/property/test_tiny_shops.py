"""Whatever a handful of customers did, training answers every label, and what the models say is a forecast."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otokui.domain import DAY, Instant, Label
from otokui.settings.definitions import Definitions
from scoring.predict import predict
from tests.unit.training import small_shop

DAYS = 120
purchases = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, DAYS * DAY - 1), st.floats(0.0, 1e6, allow_nan=False)), min_size=1, max_size=25
)


@given(purchases, st.integers(1, DAYS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_handful_of_purchases_becomes_forecasts(rows: list[tuple[int, int, float]], days: int) -> None:
    """Free orders, ties, a single purchase, one day of history: finite, rising, between 0 and 1, and the reason beside it."""
    seconds = [small_shop.START + second % (days * DAY) for _, second, _ in rows]
    bought = pl.DataFrame(
        {
            "customer_id": [f"c{who:04d}" for who, _, _ in rows],
            "purchased_at": seconds,
            "paid_amount": [paid for _, _, paid in rows],
            "known_at": seconds,
        }
    ).sort("customer_id", "purchased_at")

    found = small_shop.trained(bought, days)

    now = Instant(small_shop.START + days * DAY)
    speaking = {label: small_shop.loaded(each.files) for label, each in found.models.items() if label is not Label.FUTURE_LOYAL}
    said = predict(
        small_shop.vectors(bought, now),
        small_shop.ModelSet(speaking),
        as_of=now,
        horizons_days=(7, 30, 90),
        definitions=Definitions(),
    )
    assert set(found.models) == set(Label)
    assert all(model.not_enough for model in found.models.values())
    assert ((said.p_purchase >= 0.0) & (said.p_purchase <= 1.0)).all()
    assert (np.diff(said.p_purchase, axis=1) >= 0.0).all()
    assert (np.diff(said.expected_purchases, axis=1) >= 0.0).all()
    assert np.isfinite(said.expected_spend).all()
    assert ((said.churn_probability >= 0.0) & (said.churn_probability <= 1.0)).all()
