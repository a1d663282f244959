"""Telco snapshot of IBM as a shop's records: customers, contracts, monthly bills.

The set has no dates: a row says how many months a customer has been there, what they use and pay, and whether they left "within
the last month". So every date here is counted back from one instant, the origin, a month before the snapshot:

- a contract began ``tenure`` months of 30 days before the origin, for customers who left as for customers who stayed. Had it been
  counted from the snapshot, customers who came in the last month would not be on record at the origin, and half of them left;
- its term is that of the kind of contract (none from month to month), renewed at the end of each; a renewal that falls into the month
  after the origin is known only then;
- who left, cancelled in the middle of that month; this is the only thing that depends on the column ``Churn``, and it happens,
  and is known, after the origin;
- a bill is an order, one a month of tenure; the total of all is ``TotalCharges``, spread evenly, since the snapshot tells no month's.
  Eleven customers of no month yet have no bill and no total.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from adapters.records.datasets.reader_type import PreparedDataset
from otokui.domain import DAY, HOUR
from otokui.errors import Missing

FILE: Final = "Telco-Customer-Churn.csv"
ORIGIN: Final = 1_735_689_600
"""2025-01-01T00:00:00Z; any other instant would do."""
MONTH_DAYS: Final = 30
SNAPSHOT: Final = ORIGIN + MONTH_DAYS * DAY
ATTRIBUTES: Final = (
    "SeniorCitizen", "Partner", "Dependents", "MultipleLines", "InternetService", "OnlineSecurity", "OnlineBackup",
    "DeviceProtection", "TechSupport", "StreamingTV", "StreamingMovies", "PaperlessBilling", "PaymentMethod",
)  # fmt: skip
"""Columns handed on as the customer's attributes. PhoneService is left out: MultipleLines says "No phone service" where it says no."""
TERM_MONTHS: Final = {"Month-to-month": None, "One year": 12, "Two year": 24}


def snapshot(folder: Path) -> pl.DataFrame:
    """Return the published rows, texts as they are; blank ``TotalCharges`` are null.

    In their order.

    Raises:
        Missing: the file is not there.
    """
    path = folder / FILE
    if not path.is_file():
        raise Missing(f"{path} is not there", fix=f"name the folder with {FILE}")
    text = pl.read_csv(path, infer_schema=False)
    return text.with_columns(
        pl.col("tenure").cast(pl.Int64),
        pl.col("MonthlyCharges").cast(pl.Float64),
        pl.col("TotalCharges").str.strip_chars().cast(pl.Float64, strict=False),
    )


def tables(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return customers, contracts, orders and order_lines made of the snapshot's rows."""
    began = ORIGIN - pl.col("tenure") * MONTH_DAYS * DAY - HOUR
    told = rows.with_columns(customer_id=pl.col("customerID"), began=began, months=pl.col("Contract").replace_strict(TERM_MONTHS))
    customers = told.select("customer_id", "gender", *ATTRIBUTES, registered_at=_time("began"), known_at=_time("began"))
    return {"customers": customers, "contracts": _contracts(told), **_bills(told)}


def reader(argument: str | None, folder: Path) -> PreparedDataset:
    """Write the tables for `otokui ingest`, as a reader of the product's does."""
    folder.mkdir(parents=True, exist_ok=True)
    made = tables(snapshot(Path(argument or "")))
    for name, frame in made.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="lz4")
    return PreparedDataset({name: str(folder / f"{name}.parquet") for name in made}, attributes=ATTRIBUTES)


def _contracts(told: pl.DataFrame) -> pl.DataFrame:
    """One contract a term: those made so far, and the renewal of customers who stayed, in the month after the origin."""
    length = pl.col("months") * MONTH_DAYS * DAY
    left = pl.col("Churn") == "Yes"
    # How often the term has been renewed before the origin, and whether it runs out in the month after it.
    told = told.with_columns(renewed=((ORIGIN - pl.col("began")) // length).fill_null(0), left=left)
    current = told.with_columns(
        started=pl.col("began") + pl.col("renewed") * length.fill_null(0), ends=pl.col("began") + (pl.col("renewed") + 1) * length
    )
    again = current.filter(~pl.col("left") & (pl.col("ends") < SNAPSHOT)).with_columns(
        started=pl.col("ends"), ends=pl.col("ends") + length, renewed=pl.col("renewed") + 1
    )
    made = pl.concat([current, again])
    middle = pl.lit(ORIGIN + MONTH_DAYS * DAY // 2)
    cancelled = pl.when(pl.col("left")).then(pl.min_horizontal(middle, pl.col("ends")))
    return made.with_columns(cancelled=cancelled).select(
        pl.format("{}-{}", "customer_id", "renewed").alias("contract_id"),
        "customer_id",
        plan="Contract",
        started_at=_time("started"),
        term_ends_at=_time("ends"),
        cancelled_at=_time("cancelled"),
        monthly_amount="MonthlyCharges",
        known_at=_time("started"),
    )


def _bills(told: pl.DataFrame) -> dict[str, pl.DataFrame]:
    bills = told.filter(pl.col("tenure") > 0).with_columns(month=pl.int_ranges(0, pl.col("tenure"))).explode("month")
    bills = bills.with_columns(at=pl.col("began") + pl.col("month") * MONTH_DAYS * DAY, order_id=pl.format("{}-{}", "customer_id", "month"))
    lines = bills.select(
        "order_id",
        product_id=pl.lit("subscription"),
        quantity=pl.lit(1.0),
        paid_amount=(pl.col("TotalCharges").fill_null(0.0) / pl.col("tenure")).round(4),
    )
    return {"orders": bills.select("order_id", "customer_id", ordered_at=_time("at")), "order_lines": lines}


def _time(column: str) -> pl.Expr:
    return pl.from_epoch(column).dt.replace_time_zone("UTC")
