"""Lists of products, written once and read by customer."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from adapters.online_store.product_lists import SCHEMA, ListStore, current_lists, write_lists

LISTS = pa.table({"customer_id": ["ada", "顧客-2"], "products": [["beans", "cup"], ["tea"]], "why": [[1, 8], [32]]}, schema=SCHEMA)


def test_lists_come_back_in_the_order_asked_and_empty_for_strangers(tmp_path: Path) -> None:
    """Ids in any script; a customer without a list has none."""
    name = write_lists(iter([LISTS]), tmp_path)

    found = ListStore(tmp_path, name, 3).fetch(["顧客-2", "eve", "ada"])

    assert found.product_ids.tolist() == [["tea", None, None], [None, None, None], ["beans", "cup", None]]
    assert found.why.tolist() == [[32, 0, 0], [0, 0, 0], [1, 8, 0]]


def test_the_same_lists_have_the_same_name_and_newer_ones_take_their_place(tmp_path: Path) -> None:
    """Publishing twice changes nothing; what is no longer current goes."""
    first = write_lists(iter([LISTS]), tmp_path)
    again = write_lists(iter([LISTS]), tmp_path)
    second = write_lists(iter([LISTS.slice(0, 1)]), tmp_path)

    assert first == again
    assert current_lists(tmp_path) == second
    assert [path.stem for path in tmp_path.glob("lists-*.parquet")] == [second]


def test_a_failure_half_way_leaves_the_current_lists(tmp_path: Path) -> None:
    """What is being written stands aside until it is whole."""

    def breaks() -> object:
        yield LISTS
        raise OSError("disk full")

    first = write_lists(iter([LISTS]), tmp_path)
    with pytest.raises(OSError, match="disk full"):
        write_lists(breaks(), tmp_path)  # type: ignore[arg-type]  # a generator that fails

    assert current_lists(tmp_path) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", f"{first}.parquet"]
