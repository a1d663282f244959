"""Purchase history from a frame; times and ids are read as in files.

Kept apart from the estimators, so that they hold what they learn and nothing of pandas or time zones.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from adapters.records.validation.timestamps import utc_seconds
from adapters.records.validation.values import parsed
from otokui.data_contract.tables import ColumnKind
from otokui.domain import Instant, known_timezone
from otokui.errors import BadRecords, NotEnoughData
from pipelines.api.frame_files import as_polars
from training.data.purchase_history import History

TABLE = "transactions"


def history_of(transactions: Any, timezone: str) -> History:
    """Return the purchases of a polars, pandas or pyarrow frame.

    transactions: (rows,) with ``customer_id``, ``ordered_at`` (times, or text as ISO 8601; without an offset in ``timezone``) and
    perhaps ``paid_amount``, whose rows of one customer at one second are one purchase, as in a shop's own records.

    Raises:
        BadRecords: a column is missing, or a value cannot be read; says column and row.
        BadInput: it is no frame, or there is no such time zone.
    """
    zone, frame = known_timezone(timezone), as_polars(TABLE, transactions)
    absent = [name for name in ("customer_id", "ordered_at") if name not in frame.columns]
    if absent:
        raise BadRecords(
            f"{TABLE}: the column {absent[0]!r} is missing (columns are {', '.join(frame.columns) or 'none'})",
            fix=f"add it, or rename the column that holds it to {absent[0]}",
        )
    rows = frame.select(
        parsed(pl.col("customer_id"), frame.schema["customer_id"], ColumnKind.ID).alias("customer_id"),
        utc_seconds(frame["ordered_at"], zone)[0].alias("purchased_at"),
        _paid(frame).alias("paid_amount"),
    )
    _read_whole(rows, frame)
    purchases = rows.group_by("customer_id", "purchased_at").agg(pl.col("paid_amount").sum())
    return History.of(purchases.with_columns(pl.col("purchased_at").alias("known_at")))


def end_of(history: History) -> Instant:
    """Return the instant after the newest purchase.

    Raises:
        NotEnoughData: there is none.
    """
    if not len(history):
        raise NotEnoughData(f"{TABLE}: the frame holds no purchase", fix="pass at least one row")
    return Instant(int(history.purchased_at.max()) + 1)


def _paid(frame: pl.DataFrame) -> pl.Expr:
    if "paid_amount" not in frame.columns:
        return pl.lit(0.0)
    return parsed(pl.col("paid_amount"), frame.schema["paid_amount"], ColumnKind.MONEY)


def _read_whole(rows: pl.DataFrame, frame: pl.DataFrame) -> None:
    for read, column in (("customer_id", "customer_id"), ("purchased_at", "ordered_at"), ("paid_amount", "paid_amount")):
        lost = rows[read].is_null().arg_true()
        if len(lost):
            raise BadRecords(
                f"{TABLE}: row {lost[0] + 1}: column {column!r}: the value is missing or cannot be read "
                f"({frame[column].dtype}; {len(lost)} of {len(rows)} rows)",
                fix="fill the value or drop the row; write times as ISO 8601, numbers with a point and no thousands separator",
            )
