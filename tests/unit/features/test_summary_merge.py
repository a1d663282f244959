"""Both merges of summaries give the same bytes."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import polars as pl
import pytest

from features.summaries.summary import SUMMARY, merge, summary_names
from features.summary_merge import merge_rows
from otokui.frames import Floats


def half(chance: np.random.Generator, rows: int) -> Floats:
    """Summaries of half a history: whole numbers, cents, gaps, and purchases newest first, some of the same second."""
    values = chance.integers(0, 90, (rows, len(SUMMARY))).astype(float) + chance.integers(0, 10_000, (rows, len(SUMMARY))) / 10_000
    values[chance.random(values.shape) < 0.3] = np.nan
    at, paid = ([summary_names().index(f"{stem}_{k}") for k in range(1, 9)] for stem in ("purchase_at", "paid_at"))
    for row in range(rows):
        count = chance.integers(0, 9)
        bought = sorted(zip(chance.integers(0, 6, count), chance.integers(0, 4, count), strict=True), reverse=True)
        values[row, at] = [*(one[0] for one in bought), *[np.nan] * (8 - count)]
        values[row, paid] = [*(one[1] for one in bought), *[np.nan] * (8 - count)]
    return values


@pytest.mark.parametrize("seed", range(3))
def test_rows_merge_as_frames_do(seed: int) -> None:
    """Every rule, unknown facts, equal purchases, and customers who are in one half only."""
    chance = np.random.default_rng(seed)
    older, newer = half(chance, 40), half(chance, 40)
    older[:5], newer[5:10] = np.nan, np.nan

    def frame(values: Floats) -> nw.LazyFrame[pl.LazyFrame]:
        there = ~np.isnan(values).all(axis=1)
        columns = {name: values[there, i] for i, name in enumerate(summary_names())}
        ids = {"customer_id": [f"c{n:02}" for n in np.flatnonzero(there)]}
        return nw.from_native(pl.DataFrame(ids | columns, nan_to_null=True).lazy())

    merged = merge(frame(older), frame(newer)).collect("polars").to_native().sort("customer_id").select(summary_names())

    assert np.array_equal(merge_rows(older, newer), merged.fill_null(np.nan).to_numpy(), equal_nan=True)
