"""Funnel of contacts: sent, delivered, opened, clicked, converted, and what was lost on the way.

Conversions are orders on record within the message's response days after the send; an order counts for one contact, the last before it.
Openings by machines are counted apart. Contacts whose response days are not over convert later, so rates of conversion are over ripe
contacts only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import narwhals as nw

from measurement.results.customer_lift import Frame, Period
from measurement.results.lift_interval import UNITS
from otokui.domain import HELD_BACK


@dataclass(frozen=True, slots=True)
class FunnelCounts:
    """Counts of contacts of one kind; revenue in the shop's currency.

    ripe: contacts whose response days are over, of which ``converted`` led to an order; opened: by a person.
    """

    sent: int
    delivered: int
    opened: int
    machine_opened: int
    clicked: int
    ripe: int
    converted: int
    orders: int
    revenue: float
    unsubscribed: int
    complained: int
    bounced_hard: int
    bounced_soft: int
    cost: float = 0.0

    def rate(self, step: str) -> tuple[float, float, float] | None:
        """Return the rate of a step with its 95% interval (Wilson 1927).

        None where nothing can be divided.
        Rates of delivery are over sent, of openings, clicks, unsubscribes and complaints over delivered, of conversion over ripe contacts.
        """
        from scipy.stats import binomtest

        base = self._base(step)
        count = getattr(self, step)
        if base <= 0:
            return None
        interval = binomtest(min(count, base), base).proportion_ci(0.95, method="wilson")
        return min(count, base) / base, float(interval.low), float(interval.high)

    def _base(self, step: str) -> int:
        if step == "converted":
            return self.ripe
        if step in ("delivered", "bounced_hard", "bounced_soft"):
            return self.sent
        return self.delivered if self.delivered else self.sent

    def to_dict(self) -> dict[str, Any]:
        """Return counts and rates for JSON."""
        made: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(FunnelCounts)}
        made["rates"] = {}
        for step in STEPS:
            rate = self.rate(step)
            made["rates"][step] = None if rate is None else {"value": rate[0], "low": rate[1], "high": rate[2]}
        return made


STEPS: Final = ("delivered", "opened", "clicked", "converted", "unsubscribed", "complained", "bounced_hard", "bounced_soft")


def sends(contacts: Frame, period: Period, windows: Frame) -> Frame:
    """Return the contacts sent in the period, without held-back ones.

    contacts: as ``RecordSource.frame`` returns them; windows: message_id, window (seconds), one row per message configured.
    """
    group = nw.col("group")
    sent = contacts.filter((nw.col("sent_at") >= int(period.since)) & (nw.col("sent_at") < int(period.until)))
    sent = sent.filter(group.is_null() | ~group.is_in(list(HELD_BACK)))
    machine = nw.col("machine_open").fill_null(False)
    opened = ~nw.col("opened_at").is_null()
    bounced = ~nw.col("bounced_at").is_null()
    soft = (nw.col("bounce_type") == "soft").fill_null(False)
    return sent.join(windows, on="message_id", how="left").select(
        "contact_id",
        "customer_id",
        "message_id",
        "channel",
        at=nw.col("sent_at").cast(nw.Int64),
        window=nw.col("window").fill_null(0),
        delivered=_flag(~nw.col("delivered_at").is_null() | (opened & ~machine) | ~nw.col("clicked_at").is_null()),
        opened=_flag((opened & ~machine) | ~nw.col("clicked_at").is_null()),
        machine_opened=_flag(opened & machine),
        clicked=_flag(~nw.col("clicked_at").is_null()),
        unsubscribed=_flag(~nw.col("unsubscribed_at").is_null()),
        complained=_flag(~nw.col("complained_at").is_null()),
        bounced_hard=_flag(bounced & ~soft),
        bounced_soft=_flag(bounced & soft),
    )


def funnel(sent: Frame, bought: Frame, period: Period, by: Sequence[str]) -> Mapping[tuple[Any, ...], FunnelCounts]:
    """Return the funnel by the columns ``by`` of the sends.

    sent: as ``sends``, with further columns to group by; bought: as ``measurement.results.customer_lift.purchases``.
    """
    is_ripe = _flag(nw.col("at") + nw.col("window") <= int(period.until))
    credited = _credited(sent, bought)
    rows = sent.with_columns(ripe=is_ripe).join(credited, on="contact_id", how="left").with_columns(nw.col("orders", "money").fill_null(0))
    rows = rows.with_columns(converted=nw.when((nw.col("orders") > 0) & (nw.col("ripe") > 0)).then(1).otherwise(0))
    steps = ("delivered", "opened", "machine_opened", "clicked", "ripe", "converted", "orders")
    lost = ("unsubscribed", "complained", "bounced_hard", "bounced_soft")
    sums = [nw.col(name).sum().alias(name) for name in (*steps, *lost)]
    counted = rows.group_by(*by).agg(nw.len().alias("sent"), *sums, nw.col("money").sum().alias("money")).collect(backend="polars")
    return {
        tuple(row[name] for name in by): FunnelCounts(
            sent=int(row["sent"]),
            **{name: int(row[name]) for name in (*steps, *lost)},
            revenue=int(row["money"]) / UNITS,
        )
        for row in counted.to_native().to_dicts()
    }


def _credited(sent: Frame, bought: Frame) -> Frame:
    """Return orders and money by contact: each order for the last contact before it whose response days had not ended."""
    orders = bought.rename({"at": "bought_at"}).with_columns(
        order=nw.col("bought_at").cum_count().over("customer_id", order_by=["bought_at", "money"])
    )
    paired = orders.join(sent.select("contact_id", "customer_id", "at", "window"), on="customer_id").filter(
        (nw.col("at") <= nw.col("bought_at")) & (nw.col("bought_at") < nw.col("at") + nw.col("window"))
    )
    place = nw.col("at").cum_count(reverse=True).over("customer_id", "order", order_by=["at", "contact_id"])
    last = paired.with_columns(place=place).filter(nw.col("place") == 1)
    return last.group_by("contact_id").agg(nw.len().cast(nw.Int64).alias("orders"), nw.col("money").sum().cast(nw.Int64).alias("money"))


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(1).otherwise(0)
