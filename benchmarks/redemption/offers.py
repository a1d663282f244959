"""What a campaign's coupons are to each household at sending: how much of it they buy.

The record contract has no table of what a message offers, so these columns are brought by the caller.

Of campaigns of type A everybody got sixteen of some two hundred coupons, and the set does not say which: there the columns tell how well
the whole booklet fits.
"""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import numpy as np
import polars as pl

from otokui.domain import DAY
from otokui.frames import Floats
from otokui.ports import RecordSource

RECENT_DAYS = 60
COLUMNS = ("fit_share", "fit_category_share", "fit_baskets", "fit_recent_baskets", "fit_products", "fit_coupons", "offered_products")


def fits(source: RecordSource, coupons: Path, sent: pl.DataFrame) -> dict[str, Floats]:
    """Return columns (n,) of the contacts ``sent`` (customer_id, campaign_id, at), from what was bought before each was sent."""
    offered = pl.read_parquet(coupons).select("campaign_id", pl.col("product_id").cast(pl.String), "coupon_upc")
    lines: pl.DataFrame = source.frame("order_lines", 2**40).filter(nw.col("cancelled_at").is_null()).collect(backend="polars").to_native()
    described: pl.DataFrame = source.frame("products", 2**40).collect(backend="polars").to_native()
    category = described.select("product_id", category="category_m")
    bought = lines.select("customer_id", "product_id", "order_id", "paid_amount", at=pl.col("ordered_at").cast(pl.Int64)).join(
        category, on="product_id", how="left"
    )
    out = {name: np.zeros(len(sent)) for name in COLUMNS}
    places = sent.with_row_index("row")
    for (campaign, at), group in places.group_by("campaign_id", "at"):
        out_of = _of_campaign(bought.filter(pl.col("at") < at), offered.filter(pl.col("campaign_id") == campaign), category, int(str(at)))
        found = (
            group.select("row", "customer_id").join(out_of, on="customer_id", how="left").with_columns(pl.col(COLUMNS[:-1]).fill_null(0.0))
        )
        for name in COLUMNS[:-1]:
            out[name][found["row"].to_numpy()] = found[name].to_numpy()
        out["offered_products"][group["row"].to_numpy()] = np.log1p(
            offered.filter(pl.col("campaign_id") == campaign)["product_id"].n_unique()
        )
    return out


def _of_campaign(before: pl.DataFrame, offered: pl.DataFrame, category: pl.DataFrame, at: int) -> pl.DataFrame:
    """Return one row a customer with the columns of one campaign."""
    products = offered["product_id"].unique()
    categories = category.filter(pl.col("product_id").is_in(products.implode()))["category"].drop_nulls().unique()
    marked = before.with_columns(
        own=pl.col("product_id").is_in(products.implode()), like=pl.col("category").is_in(categories.implode()).fill_null(value=False)
    )
    hit = marked.filter("own")
    coupons = hit.join(offered, on="product_id").group_by("customer_id").agg(fit_coupons=pl.col("coupon_upc").n_unique().log1p())
    return (
        marked.group_by("customer_id")
        .agg(
            fit_share=pl.col("paid_amount").filter("own").sum() / pl.col("paid_amount").sum().clip(0.01),
            fit_category_share=pl.col("paid_amount").filter("like").sum() / pl.col("paid_amount").sum().clip(0.01),
            fit_baskets=pl.col("order_id").filter("own").n_unique().log1p(),
            fit_recent_baskets=pl.col("order_id").filter(pl.col("own") & (pl.col("at") >= at - RECENT_DAYS * DAY)).n_unique().log1p(),
            fit_products=pl.col("product_id").filter("own").n_unique().log1p(),
        )
        .join(coupons, on="customer_id", how="left")
    )
