"""Views and carts of products by customers: candidates that may never have been bought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from features.products.lines import Lines
from otokui.domain import DAY, Instant
from otokui.frames import Floats, Ints

LOOKS: Final = {"product_view": 0, "favourite": 0, "cart_add": 1}
LOOK_BACK_DAYS: Final = 30.0


@dataclass(frozen=True, slots=True)
class ProductViews:
    """View and cart events of products by customers who have bought, ``E`` of them.

    customer, product, at, known_at, cart (E,); cart 1 = put in the cart.
    """

    customer: Ints
    product: Ints
    at: Ints
    known_at: Ints
    cart: Ints

    @classmethod
    def of(cls, events: pl.DataFrame | None, lines: Lines) -> ProductViews:
        """Build views from events; None = the shop has none.

        Columns are customer_id, product_id, type, occurred_at, known_at (seconds).
        """
        none = np.zeros(0, dtype=np.int64)
        if events is None or "product_id" not in events.columns:
            return cls(none, none, none, none, none)
        customers = pl.DataFrame(
            {"customer_id": pl.Series(list(lines.customer_ids), dtype=pl.String), "c": np.arange(len(lines.customer_ids))}
        )
        products = pl.DataFrame(
            {"product_id": pl.Series(list(lines.products.product_ids), dtype=pl.String), "p": np.arange(len(lines.products))}
        )
        views = (
            events.filter(pl.col("type").is_in(list(LOOKS)))
            .with_columns(cart=pl.col("type").replace_strict(LOOKS, return_dtype=pl.Int64))
            .join(customers, on="customer_id")
            .join(products, on="product_id")
            .sort("c", "p", "occurred_at")
        )
        return cls(*(views[name].to_numpy().astype(np.int64) for name in ("c", "p", "occurred_at", "known_at", "cart")))

    def last(self, cutoff: Instant, low: int, high: int) -> tuple[Ints, Ints, Floats, Floats]:
        """Return the views of the last 30 days, by customer and product.

        They are customer - low, product, days since the last view, days since put in the cart (NaN = not).
        """
        since = cutoff - LOOK_BACK_DAYS * DAY
        recent = (self.at < cutoff) & (self.known_at < cutoff) & (self.at >= since) & (self.customer >= low) & (self.customer < high)
        if not recent.any():
            none = np.zeros(0, dtype=np.int64)
            return none, none, none.astype(np.float64), none.astype(np.float64)
        customer, product, cart = self.customer[recent], self.product[recent], self.cart[recent]
        days = (cutoff - self.at[recent]) / DAY
        begin = np.flatnonzero(np.concatenate([[True], (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])]))
        viewed = np.minimum.reduceat(days, begin)
        carted = np.minimum.reduceat(np.where(cart == 1, days, np.inf), begin)
        return customer[begin] - low, product[begin], viewed, np.where(np.isfinite(carted), carted, np.nan)
