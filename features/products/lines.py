"""Purchases of products by customers, as whole numbers, for product recommendations.

Summaries have one row a customer and cannot hold thousands of products; here is one row a customer and product. Both read the same
records, and both see only records known before the cut-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from otokui.domain import DAY, Instant
from otokui.errors import BadInput
from otokui.frames import Bools, Floats, Ints, Texts, texts

LINES: Final = ("customer_id", "product_id", "ordered_at", "known_at", "paid_amount", "quantity")
NOWHERE: Final = 0
"""Category or brand of a product without a description."""


@dataclass(frozen=True, slots=True)
class Products:
    """Products by number, ``P`` of them.

    product_ids (P,) ascending; category, brand (P,) numbers from 1, NOWHERE = not known; replenish_days, launched_at (P,) NaN = not
    known; in_stock (P,) whether it can be bought now, true unless stated otherwise.
    """

    product_ids: Texts
    category: Ints
    brand: Ints
    replenish_days: Floats
    launched_at: Floats
    in_stock: Bools

    def __len__(self) -> int:
        return len(self.product_ids)

    @classmethod
    def of(cls, product_ids: pl.Series, descriptions: pl.DataFrame | None) -> Products:
        """Build products from bought or viewed ids and the shop's descriptions.

        Descriptions have columns of the contract, any of them.
        """
        ids = product_ids.unique().drop_nulls().sort()
        frame = pl.DataFrame({"product_id": ids})
        if descriptions is not None and len(descriptions):
            frame = frame.join(descriptions.unique("product_id", keep="last"), on="product_id", how="left", maintain_order="left")

        def number(name: str) -> Floats:
            values = frame[name] if name in frame.columns else pl.Series([None] * len(ids), dtype=pl.Float64)
            return values.cast(pl.Float64).fill_null(np.nan).to_numpy()

        def code(*names: str) -> Ints:
            known = [name for name in names if name in frame.columns]
            if not known:
                return np.full(len(ids), NOWHERE, dtype=np.int64)
            text = frame.select(pl.coalesce(known).alias("text"))["text"]
            return text.rank("dense").fill_null(NOWHERE).to_numpy().astype(np.int64)

        stock = frame["in_stock"].fill_null(True).to_numpy() if "in_stock" in frame.columns else np.ones(len(ids), dtype=np.bool_)
        return cls(
            texts(ids.to_list()),
            code("category_m", "category_l"),
            code("brand"),
            number("replenish_days"),
            number("launched_at"),
            stock.astype(np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """Purchases of products, ``L`` lines sorted by customer, product, time.

    customer_ids (C,) ascending; customer, product (L,) numbers; at, known_at (L,) UTC seconds; price (L,) money a piece, NaN unknown.
    """

    customer_ids: Texts
    products: Products
    customer: Ints
    product: Ints
    at: Ints
    known_at: Ints
    price: Floats

    @classmethod
    def of(cls, lines: pl.DataFrame, described: pl.DataFrame | None = None, *, also_seen: pl.Series | None = None) -> Lines:
        """Build purchase lines from order lines (columns ``LINES``; seconds).

        Cancelled lines are left out. described: the products table; also_seen: ids of viewed products that may never have been bought.

        Raises:
            BadInput: a column is missing.
        """
        absent = [name for name in LINES if name not in lines.columns]
        if absent:
            raise BadInput(f"order lines lack the columns {absent}", fix=f"pass a table with {', '.join(LINES)}")
        known = lines.drop_nulls(["customer_id", "product_id", "ordered_at"])
        ids = [known["product_id"], *([] if also_seen is None else [also_seen])]
        products = Products.of(pl.concat(ids), described)
        customers = known["customer_id"].unique().sort()
        ordered = (
            known.join(pl.DataFrame({"customer_id": customers, "c": np.arange(len(customers))}), on="customer_id")
            .join(
                pl.DataFrame({"product_id": pl.Series(list(products.product_ids), dtype=pl.String), "p": np.arange(len(products))}),
                on="product_id",
            )
            .with_columns(price=pl.when(pl.col("quantity") > 0).then(pl.col("paid_amount") / pl.col("quantity")))
            .sort("c", "p", "ordered_at", "price")
        )
        return cls(
            texts(customers.to_list()),
            products,
            ordered["c"].to_numpy().astype(np.int64),
            ordered["p"].to_numpy().astype(np.int64),
            ordered["ordered_at"].to_numpy().astype(np.int64),
            ordered["known_at"].to_numpy().astype(np.int64),
            ordered["price"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        )

    def __len__(self) -> int:
        return len(self.customer)

    def before(self, cutoff: Instant) -> Bools:
        """Return the lines that happened and were known before a cut-off, (L,)."""
        known: Bools = (self.known_at < cutoff) & (self.at < cutoff)
        return known


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a customer and a product bought before ``cutoff``, ``K`` of them.

    They are sorted by customer, then product. count (K,) purchases at different times; first_at, last_at (K,) UTC seconds; price (K,)
    last price of one.
    """

    cutoff: Instant
    customer: Ints
    product: Ints
    count: Floats
    first_at: Ints
    last_at: Ints
    price: Floats

    def recency_days(self) -> Floats:
        """Return days since the last purchase of the product, (K,)."""
        days: Floats = (self.cutoff - self.last_at) / DAY
        return days

    def gap_days(self) -> Floats:
        """Return the mean days between purchases of the product, (K,).

        NaN for one purchase.
        """
        several = self.count >= 2
        gap: Floats = np.where(several, (self.last_at - self.first_at) / DAY / np.maximum(self.count - 1, 1), np.nan)
        return gap

    def of_customers(self, low: int, high: int) -> slice:
        """Return the slice of the pairs of customers ``low`` to ``high`` (excluded)."""
        begin, end = np.searchsorted(self.customer, [low, high])
        return slice(int(begin), int(end))


def pairs_at(lines: Lines, cutoff: Instant) -> Pairs:
    """Return the pairs of customers and products bought before a cut-off."""
    known = lines.before(cutoff)
    customer, product, at, price = lines.customer[known], lines.product[known], lines.at[known], lines.price[known]
    if not len(customer):
        none = np.zeros(0, dtype=np.int64)
        return Pairs(cutoff, none, none, none.astype(np.float64), none, none, none.astype(np.float64))
    fresh = np.concatenate([[True], (customer[1:] != customer[:-1]) | (product[1:] != product[:-1])])
    again = ~fresh & np.concatenate([[False], at[1:] == at[:-1]])
    begin = np.flatnonzero(fresh)
    end = np.append(begin[1:], len(customer)) - 1
    return Pairs(
        cutoff, customer[begin], product[begin], np.add.reduceat((~again).astype(np.float64), begin), at[begin], at[end], price[end]
    )
