"""A frame of purchases becomes a history, or an error that names column and row."""

from __future__ import annotations

import polars as pl
import pytest

from otokui.errors import BadInput, BadRecords, NotEnoughData
from pipelines.api.purchase_frame import end_of, history_of

GOOD = {"customer_id": [2, 1, 1], "ordered_at": ["2024-01-02", "2024-01-01T00:00:00+09:00", "2024-01-01"], "paid_amount": [5.0, 1.0, 2.0]}


def test_times_without_an_offset_are_those_of_the_time_zone() -> None:
    """Rows of one customer at one second are one purchase, and its money is their sum."""
    history = history_of(pl.DataFrame(GOOD), "Asia/Tokyo")
    assert history.customer_ids.tolist() == ["1", "2"]
    assert history.purchased_at.tolist() == [1_704_034_800, 1_704_121_200]
    assert history.paid.tolist() == [3.0, 5.0]
    assert end_of(history) == 1_704_121_201


def test_money_may_be_left_out() -> None:
    """When somebody buys next does not ask for it."""
    assert history_of(pl.DataFrame(GOOD).drop("paid_amount"), "UTC").paid.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"ordered_at": ["2024-01-02", "yesterday", "x"]}, r"row 2: column 'ordered_at': .* 2 of 3 rows"),
        ({"customer_id": [2, None, 1]}, "row 2: column 'customer_id'"),
        ({"paid_amount": ["5", "1", "a"]}, "row 3: column 'paid_amount'"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(changed: dict[str, list[object]], says: str) -> None:
    """Nothing is left out in silence: an estimator has no quarantine."""
    with pytest.raises(BadRecords, match=says):
        history_of(pl.DataFrame(GOOD | changed), "UTC")


def test_a_missing_column_is_named() -> None:
    """So are those that are there."""
    with pytest.raises(BadRecords, match=r"the column 'ordered_at' is missing \(columns are customer_id, paid_amount\)"):
        history_of(pl.DataFrame(GOOD).drop("ordered_at"), "UTC")


def test_an_unknown_time_zone_is_refused() -> None:
    """With what to write instead."""
    with pytest.raises(BadInput, match="'Tokyo' is no time zone"):
        history_of(pl.DataFrame(GOOD), "Tokyo")


def test_of_no_rows_there_is_no_end() -> None:
    """An empty frame says so."""
    with pytest.raises(NotEnoughData, match="holds no purchase"):
        end_of(history_of(pl.DataFrame(GOOD).clear(), "UTC"))
