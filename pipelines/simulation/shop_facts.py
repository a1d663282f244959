"""Facts of a shop's records as arrays, for the referee alone.

It reads the very rows that are handed to ``otokui ingest``, in a few lines that a person can check, so that a rule
misread by the product is not misread here in the same way. Policies of comparison see the shop through it too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from adapters.records.validation.timestamps import utc_seconds
from otokui.domain import DAY, NO, UNKNOWN, YES, Instant
from otokui.frames import Bools, Floats, Tri

Tables = Mapping[str, pl.DataFrame]

_ORDER = {"order_id": pl.String, "row": pl.Int64, "ordered_at": pl.Int64, "delivered_at": pl.Int64, "cancelled_at": pl.Int64}
_BLACKLIST = {"row": pl.Int64, "channel": pl.String, "from": pl.Int64, "until": pl.Int64}
_TIMES = (
    "occurred_at",
    "ordered_at",
    "delivered_at",
    "cancelled_at",
    "sent_at",
    "unsubscribed_at",
    "changed_at",
    "from",
    "until",
    "known_at",
)


class Facts:
    """Facts known up to now of ``n`` customers and ``C`` channels.

    ``learn`` adds a day's records.

    consent: (n, C) the newest word of each customer on each channel.
    orders: one row per order in its newest version: order_id, row (index of the customer), ordered_at, delivered_at,
    cancelled_at, in seconds. lines, contacts, events, products: likewise.
    version: grows whenever something is learnt.
    """

    def __init__(self, customer_ids: Sequence[str], channels: Sequence[str], timezone: str) -> None:
        self.customer_ids, self.channels, self.timezone = tuple(map(str, customer_ids)), tuple(channels), timezone
        shape = (len(self.customer_ids), len(self.channels))
        self._row = pl.DataFrame({"customer_id": self.customer_ids, "row": range(shape[0])}, schema_overrides={"row": pl.Int64})
        self._channel = pl.DataFrame({"channel": self.channels, "column": range(shape[1])}, schema_overrides={"column": pl.Int64})
        self.consent: Tri = np.full(shape, UNKNOWN, dtype=np.int8)
        self._said_at = np.full(shape, np.iinfo(np.int64).min)
        self._blacklist = pl.DataFrame(schema=_BLACKLIST)
        self.orders = pl.DataFrame(schema=_ORDER)
        self.version = 0
        self.lines, self.contacts, self.events = pl.DataFrame(), pl.DataFrame(), pl.DataFrame()
        self.products = pl.DataFrame(schema={"product_id": pl.String, "unit_cost": pl.Float64})

    def __len__(self) -> int:
        return len(self.customer_ids)

    def learn(self, tables: Tables) -> None:
        """Add newly known records, in the columns of the data contract."""
        self.version += 1
        for name, frame in tables.items():
            if not frame.is_empty() and name in _TAKEN:
                _TAKEN[name](self, self._plain(frame))

    def last_purchase_at(self) -> Floats:
        """Return the instant of each customer's newest valid order, (n,), NaN = never bought.

        In epoch seconds; cancelled orders do not count.
        """
        return self._newest(self.orders.filter(pl.col("cancelled_at").is_null()))

    def undelivered(self, as_of: Instant, within_days: float) -> Bools:
        """Return customers with an undelivered order at ``as_of``, (n,).

        Placed within so many days and neither delivered nor cancelled.
        """
        under_way = (
            (pl.col("cancelled_at").is_null() | (pl.col("cancelled_at") >= as_of))
            & (pl.col("delivered_at").is_null() | (pl.col("delivered_at") >= as_of))
            & (pl.col("ordered_at") >= as_of - within_days * DAY)
        )
        waiting = np.zeros(len(self), dtype=bool)
        waiting[self.orders.filter(under_way)["row"].to_numpy()] = True
        return waiting

    def suppressed(self, as_of: Instant) -> Bools:
        """Return suppressed customers by channel at an instant, (n, C).

        A row without a channel holds for all.
        """
        holds = (pl.col("from") <= as_of) & (pl.col("until").is_null() | (pl.col("until") > as_of))
        entries = self._blacklist.filter(holds).join(self._channel, on="channel", how="left")
        everywhere = entries.filter(pl.col("channel") == "")
        some = entries.filter(pl.col("column").is_not_null())
        out = np.zeros((len(self), len(self.channels)), dtype=bool)
        out[everywhere["row"].to_numpy()] = True
        out[some["row"].to_numpy(), some["column"].to_numpy()] = True
        return out

    def _newest(self, orders: pl.DataFrame) -> Floats:
        out = np.full(len(self), np.nan)
        newest = orders.group_by("row").agg(pl.col("ordered_at").max())
        out[newest["row"].to_numpy()] = newest["ordered_at"].to_numpy()
        return out

    def _plain(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a table with times as UTC seconds and, where it has customers or channels, their places."""
        times = [utc_seconds(frame[c], self.timezone)[0].alias(c) for c in frame.columns if c in _TIMES and not frame[c].dtype.is_integer()]
        out = frame.with_columns(times)
        return out.join(self._row, on="customer_id", maintain_order="left") if "customer_id" in out.columns else out

    def _consents(self, frame: pl.DataFrame) -> None:
        # Of a yes and a no of the same moment the no stands: it is written last.
        changes = frame.join(self._channel, on="channel").sort("changed_at", pl.col("opted_in").not_())
        rows, columns, at = (changes[c].to_numpy() for c in ("row", "column", "changed_at"))
        yes = changes["opted_in"].to_numpy()
        newer = (at > self._said_at[rows, columns]) | ((at == self._said_at[rows, columns]) & ~yes)
        rows, columns = rows[newer], columns[newer]
        self._said_at[rows, columns] = at[newer]
        self.consent[rows, columns] = np.where(yes[newer], YES, NO)

    def _suppressions(self, frame: pl.DataFrame) -> None:
        nothing = [pl.lit(None).alias(c) for c in ("channel", "until") if c not in frame.columns]
        entries = frame.with_columns(nothing).select(*(pl.col(name).cast(kind) for name, kind in _BLACKLIST.items()))
        entries = entries.with_columns(pl.col("channel").fill_null(""))
        self._blacklist = pl.concat([self._blacklist, entries]).unique(["row", "channel", "from"], keep="last", maintain_order=True)

    def _orders(self, frame: pl.DataFrame) -> None:
        ends = [pl.lit(None, dtype=pl.Int64).alias(c) for c in ("delivered_at", "cancelled_at") if c not in frame.columns]
        orders = frame.with_columns(ends).select(*(pl.col(name).cast(kind) for name, kind in _ORDER.items()))
        self.orders = pl.concat([self.orders, orders]).unique("order_id", keep="last", maintain_order=True)

    def _lines(self, frame: pl.DataFrame) -> None:
        listed = pl.col("list_amount") if "list_amount" in frame.columns else pl.lit(None)
        lines = frame.select(
            "order_id", "product_id", pl.col("quantity", "paid_amount").cast(pl.Float64), listed.cast(pl.Float64).alias("list_amount")
        )
        self.lines = pl.concat([self.lines, lines]).unique(["order_id", "product_id"], keep="last", maintain_order=True)

    def _events(self, frame: pl.DataFrame) -> None:
        self.events = pl.concat([self.events, frame.select("event_id", "row", "occurred_at", "type")]).unique("event_id", keep="last")

    def _products(self, frame: pl.DataFrame) -> None:
        cost = pl.col("unit_cost") if "unit_cost" in frame.columns else pl.lit(None)
        products = frame.select("product_id", unit_cost=cost.cast(pl.Float64))
        self.products = pl.concat([self.products, products]).unique("product_id", keep="last", maintain_order=True)

    def _contacts(self, frame: pl.DataFrame) -> None:
        group = pl.col("group") if "group" in frame.columns else pl.lit(None, dtype=pl.String)
        contacts = frame.join(self._channel, on="channel").select(
            "contact_id", "row", "column", "message_id", "sent_at", group.cast(pl.String).alias("group")
        )
        self.contacts = pl.concat([self.contacts, contacts]).unique("contact_id", keep="last", maintain_order=True)


_TAKEN = {
    "consents": Facts._consents,
    "suppressions": Facts._suppressions,
    "orders": Facts._orders,
    "order_lines": Facts._lines,
    "products": Facts._products,
    "contacts": Facts._contacts,
    "events": Facts._events,
}
