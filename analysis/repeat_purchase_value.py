"""Value of a first and of a second purchase beyond the purchase itself.

Somebody on record who has never bought spends next to nothing, so all that new customers spend after the month of their first purchase is
what sets the two apart. For the second purchase (the F2 wall), customers with one purchase on a day are parted by whether the second came
within a month; what each part spends over the days after that month is counted. Who bought (again) differs in more than that, so only a
stated share of the difference is put down to the purchase itself (state dependence against heterogeneity: Heckman 1981).
"""

from __future__ import annotations

import polars as pl

from otokui.domain import DAY, Instant

MONTH_DAYS, MONTHS = 30, 3
ENOUGH = 100.0
"""Second purchases that the difference is shrunk by: as few as these halve it."""


def second_purchase_lift(bought: pl.DataFrame, horizon_days: int, cutoff: Instant) -> float:
    """Return the money gained in ``horizon_days`` after the month of a second purchase.

    0 where none is seen.

    bought: purchases with customer_id, purchased_at and paid_amount, known before ``cutoff``.
    """
    total, count = 0.0, 0
    for month in range(1, MONTHS + 1):
        end = int(cutoff) - (month - 1) * MONTH_DAYS * DAY
        after = end - horizon_days * DAY
        begin = after - MONTH_DAYS * DAY
        known = bought.filter(pl.col("purchased_at") < end)
        each = known.group_by("customer_id").agg(
            before=(pl.col("purchased_at") < begin).sum(),
            within=((pl.col("purchased_at") >= begin) & (pl.col("purchased_at") < after)).sum(),
            spent=pl.col("paid_amount").filter(pl.col("purchased_at") >= after).sum(),
        )
        one = each.filter(pl.col("before") == 1)
        again, not_again = one.filter(pl.col("within") > 0)["spent"], one.filter(pl.col("within") == 0)["spent"]
        if len(again) and len(not_again):
            total += len(again) * (float(again.sum()) / len(again) - float(not_again.sum()) / len(not_again))
            count += len(again)
    return round(max(total, 0.0) / (count + ENOUGH), 4)


def first_purchase_lift(bought: pl.DataFrame, horizon_days: int, cutoff: Instant) -> float:
    """Return the money gained in ``horizon_days`` after the month of a first purchase.

    0 where none is seen.

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
