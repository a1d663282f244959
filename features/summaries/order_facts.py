"""Facts of orders: place, cancellations, and orders under way.

A delivery comes to be known long after its order and is in a stream of its own; joined to its order here, the delivery of an older order
would be lost to a night that reads only that night's records.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from features.anchored import weight
from features.summaries.fact import Adds, Fact, FactStage, Frame, Records, count, highest, known, total, until
from otokui.data_contract.tables import PLACES
from otokui.domain import DAY, Instant

DELIVERED_PLACES: Final = ("ec", "phone")
"""Orders placed here are brought to the customer; those of a store are carried home."""

UNDER_WAY_HALF_LIFE_DAYS: Final = 14


def _orders(records: Records, cutoff: Instant) -> Frame:
    orders = known(records, "orders", cutoff).with_columns(cancelled_at=until("cancelled_at", cutoff))
    stands = nw.col("cancelled_at").is_null()
    place = nw.when(stands).then(nw.col("place"))
    open_order = place.is_in(DELIVERED_PLACES)
    return orders.select(
        "customer_id",
        "cancelled_at",
        place.alias("place"),
        nw.when(stands).then(nw.col("coupon_id")).alias("coupon_id"),
        nw.when(open_order).then(nw.col("ordered_at")).alias("open_order_at"),
    ).with_columns(open_weight=weight("open_order_at", UNDER_WAY_HALF_LIFE_DAYS))


def _deliveries(records: Records, cutoff: Instant) -> Frame:
    """Return deliveries to the customer.

    A till's "delivered" means carried home: counted against orders under way, it would hide one.
    """
    brought = nw.col("place").is_in(DELIVERED_PLACES)
    return (
        known(records, "deliveries", cutoff)
        .filter((nw.col("delivered_at") < cutoff) & (brought | nw.col("place").is_null()))
        .with_columns(
            days=(nw.col("delivered_at") - nw.col("ordered_at")).cast(nw.Float64) / float(DAY),
            awaited_at=nw.when(brought).then(nw.col("ordered_at")),
        )
        .with_columns(weight=weight("awaited_at", UNDER_WAY_HALF_LIFE_DAYS))
    )


STAGES = (FactStage("orders", ("orders",), _orders), FactStage("deliveries", ("deliveries",), _deliveries))

ORDER_FACTS: tuple[Fact, ...] = (
    count("orders", "cancelled_count", ~nw.col("cancelled_at").is_null(), "orders that were cancelled"),
    count("orders", "coupon_count", ~nw.col("coupon_id").is_null(), "purchases with a coupon"),
    *(count("orders", f"place_{place}_count", nw.col("place") == place, f"purchases by {place}") for place in PLACES),
    count("orders", "deliverable_count", ~nw.col("open_order_at").is_null(), "purchases that are brought to the customer"),
    highest("orders", "last_open_order_at", nw.col("open_order_at"), "when the last purchase that is brought was made"),
    total(
        "orders",
        "deliverable_decay_14",
        nw.col("open_weight"),
        "purchases that are brought, halving every 14 days since the order",
        Adds.REAL,
    ),
)

DELIVERY_FACTS: tuple[Fact, ...] = (
    count("deliveries", "delivered_count", ~nw.col("delivered_at").is_null(), "deliveries that arrived"),
    total(
        "deliveries", "delivered_decay_14", nw.col("weight"), "deliveries that arrived, halving every 14 days since the order", Adds.REAL
    ),
    total("deliveries", "delivery_days_sum", nw.col("days"), "days from order to delivery, added up", Adds.REAL),
    highest("deliveries", "last_delivered_at", nw.col("delivered_at"), "when the last delivery arrived"),
    highest("deliveries", "delivered_order_at", nw.col("awaited_at"), "when the newest order that was brought and has arrived was placed"),
)
