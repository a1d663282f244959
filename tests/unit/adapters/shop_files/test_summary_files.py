"""Summaries read back from their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from adapters.shop_files.summary_files import count, read_columns


def test_some_columns_are_read_as_numbers(tmp_path: Path) -> None:
    """In the order asked, whatever their type; what is null is not a number."""
    path = tmp_path / "summaries.parquet"
    pl.DataFrame({"customer_id": ["a", "b"], "visits": pl.Series([3, None], dtype=pl.Int32), "paid": [1.5, 2.5]}).write_parquet(path)

    assert count(path) == 2
    np.testing.assert_array_equal(read_columns(path, ["paid", "visits"]), [[1.5, 3.0], [2.5, np.nan]])
