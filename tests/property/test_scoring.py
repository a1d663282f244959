"""What must always hold of predictions, whatever stands in the vectors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from otokui.domain import Instant
from otokui.frames import Batch, Predictions, texts
from otokui.settings.definitions import Definitions
from scoring.base_models.purchase_times import HOURS, WEEKDAYS
from scoring.model_files.loader import ModelSet
from scoring.predict import predict
from tests.unit.training import small_shop

NOON = Instant(13 * 3_600)
DEFINITIONS = Definitions(churn_days=45, loyal_horizon_days=30)
FIELDS = (
    "p_purchase", "days_to_next_p10", "days_to_next_median", "days_to_next_p90", "expected_purchases", "median_purchases",
    "expected_spend", "churn_probability", "future_loyal_probability", "state", "known", "weekday", "hours",
)  # fmt: skip


@lru_cache(maxsize=1)
def models() -> ModelSet:
    return small_shop.model_set(small_shop.trained(small_shop.purchases()))


days = st.one_of(st.just(np.nan), st.floats(0, 5_000))
counts = st.one_of(st.just(np.nan), st.integers(0, 10_000).map(float))
rows = st.lists(st.tuples(days, days, counts, st.floats(0, 1e9), days, days, days, days), min_size=1, max_size=30)
horizons = st.lists(st.integers(1, 6_000), min_size=1, max_size=6, unique=True).map(tuple)


def told(batch: Batch, horizons_days: tuple[int, ...]) -> Predictions:
    return predict(batch, models(), as_of=NOON, horizons_days=horizons_days, definitions=DEFINITIONS, summaries=counted(batch))


def counted(batch: Batch) -> Batch:
    """Return summaries whose counts by weekday and hour are made of what stands in each vector, nonsense included."""
    own = batch.values[:, [(2 * i) % batch.values.shape[1] for i in range(len(WEEKDAYS + HOURS))]]
    return Batch(batch.customer_ids, (*WEEKDAYS, *HOURS), np.ascontiguousarray(own))


def batch_of(values: list[tuple[float, ...]]) -> Batch:
    return Batch(texts([f"c{i}" for i in range(len(values))]), small_shop.NAMES, np.array(values, dtype=np.float64))


@given(rows, horizons)
def test_predictions_are_finite_in_range_and_rise_with_the_horizon(values: list[tuple[float, ...]], asked: tuple[int, ...]) -> None:
    """Nonsense in a vector (a purchase count without a tenure, a recency above the tenure) still gives a forecast."""
    out = told(batch_of(values), asked)
    by_day = np.argsort(asked)

    for field in FIELDS:
        assert np.isfinite(getattr(out, field).astype(np.float64)).all(), field
    for chance in (out.p_purchase, out.churn_probability, out.future_loyal_probability):
        assert (chance >= 0).all()
        assert (chance <= 1).all()
    for matrix in (out.p_purchase, out.expected_purchases, out.median_purchases, out.expected_spend):
        assert (np.diff(matrix[:, by_day], axis=1) >= 0).all()
    for chance in out.moments():
        assert (chance >= 0).all()
        assert np.allclose(chance.sum(axis=1), 1.0, rtol=0.0, atol=1e-9)
    assert (out.expected_purchases >= out.p_purchase).all()
    assert (out.days_to_next_p10 <= out.days_to_next_median).all()
    assert (out.days_to_next_median <= out.days_to_next_p90).all()


@given(rows, st.integers(1, 7), st.randoms(use_true_random=False))
def test_a_customer_gets_the_same_bytes_alone_in_any_company_and_order(values: list[tuple[float, ...]], size: int, chance: object) -> None:
    """Batch == online: pieces of any size, and any order of rows."""
    batch = batch_of(values)
    whole = told(batch, (7, 30, 400))
    order = np.random.default_rng(size).permutation(len(batch))
    shuffled = told(batch.rows(order), (7, 30, 400))
    pieces = [told(batch.rows(slice(i, i + size)), (7, 30, 400)) for i in range(0, len(batch), size)]

    for field in FIELDS:
        expected = getattr(whole, field)
        assert np.concatenate([getattr(p, field) for p in pieces]).tobytes() == expected.tobytes(), field
        assert getattr(shuffled, field).tobytes() == expected[order].tobytes(), field


@settings(max_examples=3)
@given(st.sampled_from([1, 300, 20_000]))
def test_chunks_leave_no_trace(size: int) -> None:
    """More rows than a chunk holds: the first row is as it is alone."""
    one = batch_of([(10.0, 200.0, 5.0, 9_000.0, 0.3, 40.0, 2.0, 1.0)])
    many = Batch(texts(["c"] * size), one.names, np.repeat(one.values, size, axis=0))
    out, alone = told(many, (7, 30)), told(one, (7, 30))

    assert (out.p_purchase == alone.p_purchase).all()
    assert (out.expected_spend == alone.expected_spend).all()
