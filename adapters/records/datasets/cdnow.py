"""CDNOW data set: CD purchases of customers acquired in early 1997.

Over a year and a half.

The customers first bought in the first quarter of 1997. Two files of fixed width were published: the master (customer, date, units,
dollars) and a one-in-ten sample (with the sample's number after the customer's). Purchases of one customer on one day are one order,
because the files have no time of day.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from adapters.records.datasets.reader_type import PreparedDataset
from otokui.errors import BadRecords, Missing

MASTER = "CDNOW_master.txt"
_LAYOUTS = {4: ("customer_id", "day", "quantity", "paid_amount"), 5: ("customer_id", "sample_id", "day", "quantity", "paid_amount")}


def read(argument: str | None, folder: Path) -> PreparedDataset:
    """Read the file ``argument``, or the master file in the folder ``argument``.

    Raises:
        Missing: there is no such file.
        BadRecords: a line has neither four nor five fields.
    """
    path = Path(argument or "")
    path = path / MASTER if path.is_dir() else path
    if not argument or not path.is_file():
        raise Missing(
            f"{argument or 'nothing'} is not a CDNOW file", fix=f"name {MASTER} or CDNOW_sample.txt, or the folder with the master"
        )
    fields = [line.split() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    if fields and not fields[0][0].isdigit():
        fields = fields[1:]
    widths = {len(row) for row in fields}
    if len(widths) != 1 or not widths <= set(_LAYOUTS):
        raise BadRecords(
            f"{path.name}: lines have {sorted(widths)} fields, not 4 (master) or 5 (sample)", fix="fetch the file again; it may be cut"
        )
    rows = pl.DataFrame(fields, schema=dict.fromkeys(_LAYOUTS[widths.pop()], pl.String), orient="row")
    cents = (pl.col("paid_amount").cast(pl.Float64) * 100).round().cast(pl.Int64)
    orders = (
        rows.group_by("customer_id", pl.col("day").str.to_date("%Y%m%d").alias("ordered_at"))
        .agg((cents.sum() / 100).alias("paid_amount"), pl.col("quantity").cast(pl.Float64).sum())
        .sort("ordered_at", "customer_id")
    )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "transactions.parquet"
    orders.write_parquet(target, compression="lz4")
    return PreparedDataset({"transactions": str(target)})
