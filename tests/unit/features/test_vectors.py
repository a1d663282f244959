"""From a batch of summaries to a batch of vectors."""

import numpy as np
import pytest

from features.catalogue import feature_names
from features.summaries.summary import summary_names
from features.vectors import derive
from otokui.domain import Instant
from otokui.errors import SkewError
from otokui.frames import Batch
from tests.builders import day, summaries

NOW = Instant(day(10))


def test_shape_order_and_layout() -> None:
    """One row a customer, one column a feature, ready for a model without a copy."""
    vectors = derive(summaries({"paid_sum": 1.0}, {"paid_sum": 2.0}), NOW)

    assert vectors.names == feature_names()
    assert vectors.values.shape == (2, len(feature_names()))
    assert vectors.values.flags.c_contiguous
    assert vectors.values.dtype == np.float64
    assert list(vectors.column("paid_sum")) == [1.0, 2.0]
    assert list(vectors.customer_ids) == ["c-0", "c-1"]


def test_columns_in_another_order_give_the_same() -> None:
    """A store may keep columns as it likes, and more of them."""
    batch = summaries({"paid_sum": 3.0, "purchase_count": 2.0, "last_purchase_at": day(1)})
    other = Batch(batch.customer_ids, (*batch.names[::-1], "extra"), np.hstack([batch.values[:, ::-1], [[9.0]]]))

    assert derive(other, NOW).values.tobytes() == derive(batch, NOW).values.tobytes()


def test_a_missing_column_is_named() -> None:
    """The store was written by another build."""
    batch = summaries({})
    without = Batch(batch.customer_ids, batch.names[1:], batch.values[:, 1:])

    with pytest.raises(SkewError, match=summary_names()[0]):
        derive(without, NOW)


def test_nobody_is_nobody() -> None:
    """An empty batch has an empty answer."""
    assert derive(summaries(), NOW).values.shape == (0, len(feature_names()))


def test_the_summaries_are_left_as_they_were() -> None:
    """Deriving reads."""
    batch = summaries({"paid_sum": 3.0})
    before = batch.values.tobytes()

    derive(batch, NOW)

    assert batch.values.tobytes() == before
