"""Columns to rows."""

import numpy as np
import polars as pl
import pyarrow as pa

from features.batches import to_batches
from features.summaries.summary import summarise, summary_names
from otokui.domain import CutoffDate
from tests.builders import day, line, records


def test_arrow_parts_become_batches() -> None:
    """Two parts, nulls as NaN, ids as text, rows contiguous."""
    frame = summarise(records(order_lines=[line(), line(customer_id="bob")]), CutoffDate(day(1))).collect("polars").to_native()
    parts = (
        frame.sort("customer_id").to_arrow().cast(pa.schema([("customer_id", pa.string()), *((n, pa.float64()) for n in summary_names())]))
    )

    batches = list(to_batches(parts.to_batches(max_chunksize=1)))

    assert [list(batch.customer_ids) for batch in batches] == [["ada"], ["bob"]]
    assert batches[0].column("paid_sum")[0] == 100.0
    assert np.isnan(batches[0].column("visit_count")[0])
    assert batches[0].values.flags.c_contiguous


def test_other_columns_by_name() -> None:
    """The columns asked for, in that order."""
    part = pl.DataFrame({"customer_id": ["ada"], "a": [1.0], "b": [None]}, schema_overrides={"b": pl.Float64}).to_arrow().to_batches()

    (batch,) = to_batches(part, ("b", "a"))

    assert batch.names == ("b", "a")
    np.testing.assert_array_equal(batch.values, [[np.nan, 1.0]])
