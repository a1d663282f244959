"""Days with a purchase as orders, as pymc-marketing's and lifetimes' summaries count them.

A reader's orders of one customer and day become one order before they come in, for everybody alike; lines of one product
are added up, and what came back is counted up to each day it came back.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from adapters.records.datasets.reader_type import PreparedDataset, Reader

AMOUNTS = ("quantity", "paid_amount", "list_amount")


def by_day(read: Reader) -> Reader:
    """Return a reader whose orders are days.

    A flat table of transactions is left as it is.
    """

    def reader(argument: str | None, folder: Path) -> PreparedDataset:
        prepared = read(argument, folder)
        if "orders" in prepared.sources:
            orders, lines = (Path(prepared.sources[name]) for name in ("orders", "order_lines"))
            merged, renamed = days_of(pl.read_parquet(orders))
            lines_of(pl.read_parquet(lines), renamed).write_parquet(lines)
            merged.write_parquet(orders)
        return prepared

    return reader


def days_of(orders: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return one order per customer and day, and each order's day id.

    Under the id of the day's first order.
    """
    day = ["customer_id", pl.col("ordered_at").dt.date().alias("day")]
    dated = orders.sort("ordered_at", "order_id").with_columns(pl.col("order_id").first().over(day).alias("first_id"))
    merged = dated.unique("first_id", keep="first", maintain_order=True).drop("order_id").rename({"first_id": "order_id"})
    return merged, dated.select("order_id", "first_id")


def lines_of(lines: pl.DataFrame, renamed: pl.DataFrame) -> pl.DataFrame:
    """Return order lines under their day's order, one a product.

    Lines that come again with returns come again at each return.
    """
    key = ["order_id", "product_id"]
    amounts = [name for name in AMOUNTS if name in lines.columns]
    moved = lines.join(renamed, on="order_id").with_columns(line_id=pl.col("order_id")).drop("order_id").rename({"first_id": "order_id"})
    if "known_at" not in moved.columns:
        return moved.group_by(key, maintain_order=True).agg(pl.col(amounts).sum())
    bought = moved.filter(pl.col("known_at").is_null()).group_by(key, maintain_order=True).agg(pl.col(amounts).sum())
    back = moved.filter(pl.col("known_at").is_not_null()).sort("known_at")
    more = pl.col("returned_quantity") - pl.col("returned_quantity").shift(1).over("line_id", "product_id").fill_null(0.0)
    returned = (
        back.with_columns(more.alias("more"))
        .group_by(*key, "known_at", maintain_order=True)
        .agg(pl.col("more").sum())
        .sort("known_at")
        .with_columns(returned_quantity=pl.col("more").cum_sum().over(key))
        .drop("more")
    )
    return pl.concat([bought, returned.join(bought, on=key)], how="diagonal")
