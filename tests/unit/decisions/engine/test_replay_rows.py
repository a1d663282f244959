"""Rows of a run set beside the same rows made again: one bit, one null, one type, one column."""

from __future__ import annotations

import pyarrow as pa
import pytest

from decisions.engine.replay_rows import compared_rows

LOGGED = {"decision_id": ["d1", "d2"], "value": [0.0, 1.5], "message": ["news", None], "inputs": [b"1", b"2"], "ruling": [None, "{}"]}


def compared(**changed: pa.Array | list[object] | None) -> dict[str, tuple[str, ...]]:
    """What differs by decision where these columns come out otherwise; None = the column does not."""
    again = {name: column for name, column in (LOGGED | changed).items() if column is not None and name not in ("inputs", "ruling")}
    return {row.decision_id: row.differing for row in compared_rows(pa.table(LOGGED), pa.table(again))}


def test_the_same_rows_are_the_same_whatever_they_were_made_from() -> None:
    """Inputs and ruling are given, not made, so they are not looked for."""
    rows = list(compared_rows(pa.table(LOGGED), pa.table({k: LOGGED[k] for k in ("decision_id", "value", "message")})))

    assert [row.same for row in rows] == [True, True]


@pytest.mark.parametrize(
    ("changed", "first", "second"),
    [
        ({"value": [-0.0, 1.5]}, ("value",), ()),
        ({"value": [0.0, None]}, (), ("value",)),
        ({"message": ["news", "sale"]}, (), ("message",)),
        ({"value": [0, 1]}, ("value",), ("value",)),
        ({"message": None}, ("message",), ("message",)),
        ({"channel": ["email", "line"]}, ("channel",), ("channel",)),
    ],
    ids=["minus nothing", "a null", "a text for a null", "another type", "a column gone", "a column more"],
)
def test_what_differs_is_named_by_its_column(changed: dict[str, list[object]], first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """In the rows in which it does; what one side lacks differs throughout."""
    assert compared(**changed) == {"d1": first, "d2": second}
