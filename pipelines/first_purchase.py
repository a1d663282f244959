"""What a first purchase opens: the money that new customers spend beyond it.

Somebody on record who has never bought spends next to nothing, so all that new customers spend after the month of their first purchase is
what sets the two apart. Who buys at all differs in more than that, so only a stated share of it is put down to the purchase.
"""

from __future__ import annotations

import polars as pl

from otokui.domain import DAY, Instant
from pipelines.second_purchase import ENOUGH, MONTH_DAYS, MONTHS


def first_purchase_lift(bought: pl.DataFrame, horizon_days: int, cutoff: Instant) -> float:
    """Return the money that a customer spends in ``horizon_days`` after the month of the first purchase; 0 where none is seen.

    bought: purchases with customer_id, purchased_at and paid_amount, known before ``cutoff``. The mean is shrunk toward nothing by ENOUGH.
    """
    firsts = bought.group_by("customer_id").agg(first=pl.col("purchased_at").min())
    dated = bought.join(firsts, on="customer_id")
    total, count = 0.0, 0
    for month in range(1, MONTHS + 1):
        end = int(cutoff) - (month - 1) * MONTH_DAYS * DAY
        after = end - horizon_days * DAY
        begin = after - MONTH_DAYS * DAY
        new = (pl.col("first") >= begin) & (pl.col("first") < after)
        count += firsts.filter(new).height
        later = (pl.col("purchased_at") >= after) & (pl.col("purchased_at") < end)
        total += float(dated.filter(new & later)["paid_amount"].sum())
    return round(total / (count + ENOUGH), 4)
