"""UCI Online Retail: a year of invoices of a British gift wholesaler, cancellations included.

How its rows are read:

- rows without a customer cannot belong to anyone's history: left out and counted;
- commissions, bad debts, samples, charity and discounts (see NOT_SOLD), and rows without a price: left out;
- postage, carriage, bank charges and manual entries (see CHARGES) were paid by the customer and stay, as products of the
  category ``charges``;
- an invoice that begins with C takes goods back: each of its rows is matched with the latest earlier purchases of the same
  customer and stock code that still have goods to return. The purchase's line then comes again with its
  ``returned_quantity``, known from the moment of the cancellation. What matches no purchase is left out and counted;
- times are local to London and naive: set ``[shop] timezone = "Europe/London"``.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl

from adapters.records.datasets.reader_type import PreparedDataset
from otokui.errors import BadRecords, Missing

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
NOT_SOLD = ("AMAZONFEE", "CRUK", "B", "S", "D")
CHARGES = ("POST", "DOT", "C2", "M", "PADS", "BANK CHARGES")


def read(argument: str | None, folder: Path) -> PreparedDataset:
    """Read the Parquet or CSV file ``argument``, or the only one in that folder.

    Raises:
        Missing: there is no such file.
        BadRecords: the file has other columns than the published one.
    """
    rows = _rows(_file(argument))
    left_out: dict[str, int] = {}

    def keep(frame: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
        remaining = frame.filter(condition)
        left_out[reason] = len(frame) - len(remaining)
        return remaining

    rows = keep(rows, pl.col("customer_id").is_not_null(), "without a customer")
    rows = keep(rows, ~pl.col("product_id").is_in(NOT_SOLD), "commissions, samples, charity, discounts and bad debts")
    rows = keep(rows, pl.col("UnitPrice") > 0, "without a price")
    cancelled = rows.filter(pl.col("Quantity") < 0)
    bought = keep(rows.filter(pl.col("Quantity") >= 0), pl.col("Quantity") > 0, "of quantity zero")
    lines = _lines(bought)
    returns, unmatched = _returns(lines, cancelled)
    left_out["cancellations of goods with no earlier purchase on record"] = unmatched
    tables = {
        "customers": bought.group_by("customer_id").agg(pl.col("Country").last().alias("area")).sort("customer_id"),
        "products": _products(bought),
        "orders": lines.group_by("order_id", "customer_id").agg(pl.col("ordered_at").min()).sort("ordered_at", "order_id"),
        "order_lines": pl.concat([lines.drop("customer_id", "ordered_at"), returns], how="diagonal"),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="lz4")
    return PreparedDataset({name: str(folder / f"{name}.parquet") for name in tables}, {k: v for k, v in left_out.items() if v})


def _file(argument: str | None) -> Path:
    path = Path(argument or "")
    if argument and path.is_file():
        return path
    files = sorted(p for p in path.iterdir() if p.suffix in (".parquet", ".csv")) if argument and path.is_dir() else []
    if len(files) != 1:
        raise Missing(f"{argument or 'nothing'} is not the Online Retail file", fix="name the file, as Parquet or CSV")
    return files[0]


def _rows(path: Path) -> pl.DataFrame:
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    missing = [c for c in COLUMNS if c not in frame.columns]
    if missing:
        raise BadRecords(f"{path.name} has no column {missing[0]!r}", fix=f"the published columns are {', '.join(COLUMNS)}")
    return frame.select(
        pl.col("InvoiceNo").cast(pl.String).str.strip_chars(),
        pl.col("StockCode").cast(pl.String).str.strip_chars().str.to_uppercase().alias("product_id"),
        pl.col("Description").cast(pl.String).str.strip_chars(),
        pl.col("Quantity").cast(pl.Float64),
        _when(frame.schema["InvoiceDate"]).alias("ordered_at"),
        pl.col("UnitPrice").cast(pl.Float64),
        # The identifier was published as a number, 17850.0.
        pl.col("CustomerID").cast(pl.Float64, strict=False).cast(pl.Int64).cast(pl.String).alias("customer_id"),
        pl.col("Country").cast(pl.String),
    )


def _when(dtype: pl.DataType) -> pl.Expr:
    text = pl.col("InvoiceDate")
    if dtype != pl.String:
        return text.cast(pl.Datetime("us"))
    spellings = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M", "%d/%m/%Y %H:%M")
    return pl.coalesce(*(text.str.to_datetime(s, strict=False, time_unit="us") for s in spellings))


def _products(bought: pl.DataFrame) -> pl.DataFrame:
    """Products; the most frequent name of each counts."""
    called = bought.group_by("product_id").agg(pl.col("Description").drop_nulls().mode().sort().first().alias("name"))
    charge = pl.col("product_id").is_in(CHARGES)
    return called.with_columns(pl.when(charge).then(pl.lit("charges")).otherwise(pl.lit("goods")).alias("category_l")).sort("product_id")


def _lines(bought: pl.DataFrame) -> pl.DataFrame:
    """Order lines, one per invoice and stock code.

    Money is summed in tenths of a penny, so that it does not depend on the order of rows.
    """
    mills = (pl.col("Quantity") * pl.col("UnitPrice") * 1000).round().cast(pl.Int64)
    return (
        bought.group_by(pl.col("InvoiceNo").alias("order_id"), "customer_id", "product_id")
        .agg(pl.col("Quantity").sum().alias("quantity"), (mills.sum() / 1000).alias("paid_amount"), pl.col("ordered_at").min())
        .sort("ordered_at", "order_id", "product_id")
    )


def _returns(lines: pl.DataFrame, cancelled: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return order lines with returned quantities, and the number of cancellations without a purchase."""
    open_lines: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in lines.join(cancelled.select("customer_id", "product_id").unique(), on=["customer_id", "product_id"], how="semi").iter_rows(
        named=True
    ):
        open_lines[line["customer_id"], line["product_id"]].append(line | {"returned_quantity": 0.0})
    returned: dict[tuple[str, str, Any], dict[str, Any]] = {}
    unmatched = 0
    for row in cancelled.sort("ordered_at", "InvoiceNo").iter_rows(named=True):
        remaining = -row["Quantity"]
        for line in reversed(open_lines[row["customer_id"], row["product_id"]]):
            free = line["quantity"] - line["returned_quantity"]
            if line["ordered_at"] > row["ordered_at"] or free <= 0 or remaining <= 0:
                continue
            line["returned_quantity"] += min(free, remaining)
            remaining -= min(free, remaining)
            returned[line["order_id"], line["product_id"], row["ordered_at"]] = line | {"known_at": row["ordered_at"]}
        unmatched += remaining == -row["Quantity"]
    columns = ["order_id", "product_id", "quantity", "paid_amount", "returned_quantity", "known_at"]
    schema: dict[str, Any] = {"order_id": pl.String, "product_id": pl.String, "quantity": pl.Float64, "paid_amount": pl.Float64}
    schema |= {"returned_quantity": pl.Float64, "known_at": pl.Datetime("us")}
    return pl.DataFrame([{c: line[c] for c in columns} for line in returned.values()], schema=schema), unmatched
