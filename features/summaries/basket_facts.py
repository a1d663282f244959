"""Facts of baskets: money, discounts (PB), categories, attributes, brands (CTB), margin, returns.

Read from the lines joined with their products. A line of a cancelled order stays as a row without values, so that its customer is still
known.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from features.summaries.fact import Adds, Fact, FactStage, Frame, Records, flag, highest, known, total, until
from otokui.domain import DAY, Instant

BUCKETS: Final = {"category": 12, "brand": 8, "taste": 8}
"""How many buckets each text of a product is hashed into (``otokui.identity.hashing.bucket``)."""

DISCOUNTED: Final = 1.001
"""A line counts as discounted where the list price exceeds what was paid by more than rounding."""

NEW_ARRIVAL_DAYS: Final = 60

_VALUES: Final = ("paid_amount", "list_amount", "quantity", "returned_quantity")


def _kept(records: Records, cutoff: Instant, *columns: str) -> Frame:
    """Return order lines with the named columns, without the values of cancelled orders."""
    stands = until("cancelled_at", cutoff).is_null()
    return known(records, "order_lines", cutoff).select(
        "customer_id", *columns, *(nw.when(stands).then(nw.col(value)).alias(value) for value in _VALUES)
    )


def _lines(records: Records, cutoff: Instant) -> Frame:
    paid, listed = nw.col("paid_amount"), nw.col("list_amount")
    return _kept(records, cutoff).with_columns(
        discount=nw.when(listed > paid).then(listed - paid),
        discounted_paid=nw.when(listed > paid * DISCOUNTED).then(paid),
        listed_paid=nw.when(~listed.is_null()).then(paid),
    )


def _products(records: Records, cutoff: Instant) -> Frame:
    lines = _kept(records, cutoff, "product_id", "ordered_at")
    products = known(records, "products", cutoff).select(
        "product_id", *(f"{kind}_bucket" for kind in BUCKETS), "unit_cost", "replenish_days", "launched_at"
    )
    paid, quantity, at = nw.col("paid_amount"), nw.col("quantity"), nw.col("ordered_at")
    days_sold = at - nw.col("launched_at")
    return lines.join(products, on="product_id", how="left").with_columns(
        costed_paid=nw.when(~nw.col("unit_cost").is_null()).then(paid),
        margin=paid - nw.col("unit_cost") * quantity,
        replenish_due_at=nw.when(~paid.is_null()).then(at + nw.col("replenish_days") * quantity * float(DAY)),
        new_arrival_paid=nw.when((days_sold >= 0) & (days_sold < NEW_ARRIVAL_DAYS * DAY)).then(paid),
    )


STAGES = (FactStage("lines", ("order_lines",), _lines), FactStage("product_lines", ("order_lines", "products"), _products))

_PAID = nw.col("paid_amount")

LINE_FACTS: tuple[Fact, ...] = (
    total("lines", "paid_sum", _PAID, "money paid", Adds.DECIMAL),
    total("lines", "list_sum", nw.col("list_amount"), "money at list price, where it is known", Adds.DECIMAL),
    total("lines", "discount_sum", nw.col("discount"), "money below list price", Adds.DECIMAL),
    total("lines", "listed_paid_sum", nw.col("listed_paid"), "money paid on lines whose list price is known", Adds.DECIMAL),
    total("lines", "discounted_paid_sum", nw.col("discounted_paid"), "money paid on discounted lines", Adds.DECIMAL),
    total("lines", "quantity_sum", nw.col("quantity"), "pieces bought", Adds.DECIMAL),
    total("lines", "line_count", flag(~_PAID.is_null()), "order lines"),
    total("lines", "returned_quantity_sum", nw.col("returned_quantity"), "pieces returned", Adds.DECIMAL),
)

PRODUCT_FACTS: tuple[Fact, ...] = (
    total("product_lines", "costed_paid_sum", nw.col("costed_paid"), "money paid on lines whose cost is known", Adds.DECIMAL),
    total("product_lines", "margin_sum", nw.col("margin"), "money paid less cost, where the cost is known", Adds.DECIMAL),
    total(
        "product_lines", "new_arrival_paid_sum", nw.col("new_arrival_paid"), "money paid within 60 days of a product's launch", Adds.DECIMAL
    ),
    highest("product_lines", "replenish_due_at", nw.col("replenish_due_at"), "when the last of the replenished products is used up"),
    *(
        total(
            "product_lines",
            f"{kind}_spend_{i}",
            nw.when(nw.col(f"{kind}_bucket") == i).then(_PAID).otherwise(nw.lit(0.0)),
            f"money paid in {kind} bucket {i}",
            Adds.DECIMAL,
        )
        for kind, buckets in BUCKETS.items()
        for i in range(buckets)
    ),
)
