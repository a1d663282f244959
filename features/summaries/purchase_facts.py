"""Facts of purchases: time, count, money, gaps and time of week.

A purchase is one order that was not cancelled. Apart from ``basket_facts``, which reads the lines themselves: a customer's lines
outnumber the orders, and a value of an order must not be counted once per line.
"""

from __future__ import annotations

import narwhals as nw

from features.anchored import HALF_LIVES_DAYS, weight
from features.local_time import WEEKEND, hours_bucket, quarter, weekday
from features.summaries import recent_purchases
from features.summaries.fact import (
    Adds,
    Fact,
    FactPart,
    FactStage,
    Frame,
    Records,
    count,
    decimal_sum,
    flag,
    highest,
    known,
    lowest,
    total,
    until,
)
from otokui.domain import Instant


def _purchases(records: Records, cutoff: Instant) -> Frame:
    lines = known(records, "order_lines", cutoff).filter(until("cancelled_at", cutoff).is_null())
    orders = lines.group_by("customer_id", "order_id").agg(
        nw.col("ordered_at").max(), nw.col("ordered_local").max(), decimal_sum(nw.col("paid_amount")).alias("paid")
    )
    place = nw.col("ordered_at").cum_count(reverse=True).over("customer_id", order_by=["ordered_at", "paid"])
    local = nw.col("ordered_local")
    return orders.with_columns(
        place.alias("place"),
        *(weight("ordered_at", days).alias(f"weight_{days}") for days in HALF_LIVES_DAYS),
        hours_bucket(local).alias("hours"),
        weekday(local).alias("weekday"),
        quarter(local).alias("quarter"),
    )


STAGE = FactStage("purchases", ("order_lines",), _purchases)

_AT, _PAID = nw.col("ordered_at"), nw.col("paid")

FACTS: tuple[Fact, ...] = (
    lowest("purchases", "first_purchase_at", _AT, "when the first purchase was made"),
    highest("purchases", "last_purchase_at", _AT, "when the last purchase was made"),
    total("purchases", "purchase_count", flag(~_AT.is_null()), "purchases"),
    total("purchases", "paid_square_sum", _PAID * _PAID, "sum of the squared money of purchases, for its spread", Adds.REAL),
    highest("purchases", "paid_max", _PAID, "money of the largest purchase"),
    lowest("purchases", "paid_min", _PAID, "money of the smallest purchase"),
    *recent_purchases.facts("purchases", "ordered_at", "paid", "place"),
    *(
        total(
            "purchases", f"purchases_decay_{days}", nw.col(f"weight_{days}"), f"purchases, halving every {days} days, anchored", Adds.REAL
        )
        for days in HALF_LIVES_DAYS
    ),
    *(
        total(
            "purchases", f"spend_decay_{days}", _PAID * nw.col(f"weight_{days}"), f"money, halving every {days} days, anchored", Adds.REAL
        )
        for days in HALF_LIVES_DAYS
    ),
    *(
        count("purchases", f"purchase_quarter_{q}", nw.col("quarter") == q - 1, f"purchases in quarter {q} of any year")
        for q in range(1, 5)
    ),
    count("purchases", "weekend_purchase_count", nw.col("weekday").is_in(WEEKEND), "purchases on a Saturday or Sunday"),
    *(
        count("purchases", f"purchase_weekday_{d}", nw.col("weekday") == d - 1, f"purchases on weekday {d}, 1 = Monday")
        for d in range(1, 8)
    ),
    *(count("purchases", f"purchase_hours_{k}", nw.col("hours") == k, f"purchases from {3 * k} to {3 * k + 3} o'clock") for k in range(8)),
)

ACTIVE_HOURS = tuple(FactPart("purchases", flag(nw.col("hours") == k).sum()) for k in range(8))
"""Parts of ``active_hour_0`` .. ``_7`` from purchases."""
