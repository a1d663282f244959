"""Purchase table of a shop, for labels, the report and proposed settings."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from otokui.domain import Instant
from otokui.errors import NotEnoughData
from otokui.ports.stores import RecordSource


def purchases(source: RecordSource, before: Instant) -> pl.DataFrame:
    """Return one row per order that stood: customer_id, order_id, purchased_at, paid_amount, known_at (seconds).

    known_at: when the order was first known; a line that comes or changes later is no reason not to have known of it.
    Money is rounded to a ten-thousandth, the same whichever order an engine added the lines in.

    Raises:
        NotEnoughData: the shop has no orders.
    """
    if "order_lines" not in source.tables():
        raise NotEnoughData("the shop has no purchases", fix="run `otokui ingest --shop SHOP transactions=FILE` first")
    lines = source.frame("order_lines", before).filter(nw.col("cancelled_at").is_null())
    orders = lines.group_by("customer_id", "order_id").agg(
        nw.col("ordered_at").max().alias("purchased_at"),
        nw.col("paid_amount").sum(),
        nw.col("known_at").min(),
    )
    collected: pl.DataFrame = orders.collect(backend="polars").to_native()
    if collected.is_empty():
        raise NotEnoughData("no purchase was known before that", fix="choose a later date, or ingest earlier records")
    return collected.with_columns(
        pl.col("purchased_at").cast(pl.Int64), pl.col("known_at").cast(pl.Int64), pl.col("paid_amount").cast(pl.Float64).round(4)
    ).sort("customer_id", "purchased_at", "order_id")


def contracts(source: RecordSource, before: Instant) -> pl.DataFrame | None:
    """Return one row per contract: customer_id, started_at, ends_at.

    ends_at: term or cancellation, null = none. None without contracts.
    """
    if "contracts" not in source.tables():
        return None
    contracts_on_record: pl.DataFrame = source.frame("contracts", before).collect(backend="polars").to_native()
    return contracts_on_record.select("customer_id", "started_at", ends_at=pl.min_horizontal("term_ends_at", "cancelled_at"))
