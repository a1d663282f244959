"""Desk of a compared policy: records as arrays, permitted contacts, planned contacts.

Nothing here comes from the world; a policy that sits at this desk sees what a shop sees.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from otokui.domain import DAY, HELD_BACK, HOUR, YES, Instant
from otokui.settings.contacts.channels import Reach
from otokui.settings.settings import Settings
from pipelines.simulation.referee import Referee
from pipelines.simulation.rules import RULES
from pipelines.simulation.shop_facts import Facts
from simulator.sends import Sends

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EVERY_RULE = frozenset(rule.name for rule in RULES)


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits of ``n`` customers at an instant: RFM and more, NaN = never bought."""

    recency_days: Floats
    purchases: Floats
    spend: Floats
    tenure_days: Floats
    mean_gap_days: Floats
    contacts_30d: Floats
    views_5d: Floats
    carts_3d: Floats
    enquiries_30d: Floats
    sale_share: Floats

    def matrix(self) -> Floats:
        """Return all of it, (n, 11), with recency in own gaps as the last column."""
        with np.errstate(all="ignore"):
            overdue = self.recency_days / self.mean_gap_days
        return np.column_stack([*(getattr(self, f.name) for f in fields(self)), overdue])


class Desk:
    """One policy's place: its referee, and through it the records."""

    def __init__(self, referee: Referee, settings: Settings) -> None:
        self.referee, self.settings = referee, settings
        self.messages = {message.message_id: i for i, message in enumerate(settings.messages)}
        self.channels = {channel.name: i for i, channel in enumerate(settings.channels)}
        pairs = [
            (m, self.channels[name])
            for m, message in enumerate(settings.messages)
            for name in message.channels
            if message.enabled and settings.channels[self.channels[name]].enabled
            and settings.channels[self.channels[name]].reach is Reach.PUSH
        ]  # fmt: skip
        self.pairs: Ints = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        self._lead_days = np.array([-(-c.lead_time_hours // 24) for c in settings.channels]).astype(np.int64)
        self.open_hours = [_open_hours(c.quiet_from_hour, c.quiet_until_hour) for c in settings.channels]
        self._made: tuple[int, pl.DataFrame] = (-1, pl.DataFrame())
        self._hour = [_best_hour(c.prior_hours, hours) for c, hours in zip(settings.channels, self.open_hours, strict=True)]

    @property
    def facts(self) -> Facts:
        """The records."""
        return self.referee.facts

    def consented(self, now: Instant) -> Bools:
        """Return (n, C): who said yes to which channel and is not blacklisted there."""
        return (self.facts.consent == YES) & ~self.facts.suppressed(now)

    def sends(self, now: Instant, customer: Ints, message: Ints, channel: Ints, *, hour: Ints | None = None, chance: Any = 1.0) -> Sends:
        """Return contacts for the first day on which the channel can deliver.

        At the channel's usual hour by default.
        """
        at = np.array(self._hour, dtype=np.int64)[channel] if hour is None else hour
        send_at = int(now) + self._lead_days[channel] * DAY + at * HOUR + 17 * 60
        k = len(customer)
        text = np.full(k, "", dtype=object)
        return Sends(
            customer, message, channel, send_at, text, np.broadcast_to(np.asarray(chance, dtype=float), k).copy(), text + "treatment"
        )

    def over_first_channel(self, now: Instant, who: Ints, message: Ints) -> Sends:
        """Return contacts over the message's first channel with consent.

        A customer without consent is left out.
        """
        agreed = self.consented(now)
        channel = np.full(len(who), -1, dtype=np.int64)
        for m in np.unique(message):
            for c in self.pairs[self.pairs[:, 0] == m, 1][::-1]:
                channel[(message == m) & agreed[who, c]] = c
        there = channel >= 0
        return self.sends(now, who[there], message[there], channel[there])

    def allowed(self, sends: Sends, now: Instant) -> Bools:
        """Return (k,): which contacts break no rule, each as if it were the only one."""
        return self.referee.permitted(sends, now, EVERY_RULE, apart=True)

    def made(self) -> pl.DataFrame:
        """Return the contacts that were made; who was held back got none."""
        contacts = self.facts.contacts
        return contacts if contacts.is_empty() else contacts.filter(~pl.col("group").is_in(HELD_BACK).fill_null(value=False))

    def traits(self, at: Instant) -> Traits:
        """Return what was known of everybody of the time before ``at``."""
        n = len(self.facts)
        orders = self._money()
        row, when, paid = (orders[c].to_numpy() for c in ("row", "ordered_at", "paid"))
        before = when < at
        row, when, paid = row[before], when[before].astype(np.float64), paid[before]
        first, last = np.full(n, np.inf), np.full(n, -np.inf)
        np.minimum.at(first, row, when)
        np.maximum.at(last, row, when)
        count = np.bincount(row, minlength=n).astype(np.float64)
        never = count == 0
        first[never] = last[never] = np.nan
        with np.errstate(all="ignore"):
            gap = np.where(count > 1, (last - first) / DAY / (count - 1), np.nan)
        spend = np.bincount(row, weights=paid, minlength=n)
        listed = np.bincount(row, weights=orders["listed"].to_numpy()[before], minlength=n)
        with np.errstate(all="ignore"):
            sale_share = 1.0 - spend / listed
        looked = (self._events(at, kind, days) for kind, days in (("product_view", 5), ("cart_add", 3), ("enquiry", 30)))
        return Traits((at - last) / DAY, count, spend, (at - first) / DAY, gap, self._contacts(at), *looked, sale_share)

    def earned(self, since: Instant, days: float) -> tuple[Floats, Bools]:
        """Return margin in ``[since, since + days)`` and purchase or not by customer, (n,) each."""
        orders = self._money().filter((pl.col("ordered_at") >= since) & (pl.col("ordered_at") < since + days * DAY))
        n, row = len(self.facts), orders["row"].to_numpy()
        return np.bincount(row, weights=orders["margin"].to_numpy(), minlength=n), np.bincount(row, minlength=n) > 0

    def _money(self) -> pl.DataFrame:
        """Return one row per order that stands: row, ordered_at, paid, margin."""
        if self._made[0] == self.facts.version:
            return self._made[1]
        lines = self.facts.lines.join(self.facts.products, on="product_id", how="left").with_columns(
            margin=pl.col("paid_amount") - pl.col("quantity") * pl.col("unit_cost")
        )
        rate = self.settings.shop.margin_rate
        money = lines.group_by("order_id").agg(
            paid=pl.col("paid_amount").sum(),
            listed=pl.col("list_amount").fill_null(pl.col("paid_amount")).sum(),
            margin=pl.col("margin").fill_null(pl.col("paid_amount") * rate).sum(),
        )
        made = self.facts.orders.filter(pl.col("cancelled_at").is_null()).join(money, on="order_id", how="inner")
        self._made = (self.facts.version, made)
        return made

    def _events(self, at: Instant, kind: str, days: int) -> Floats:
        events = self.facts.events
        if events.is_empty():
            return np.zeros(len(self.facts))
        some = events.filter((pl.col("type") == kind) & (pl.col("occurred_at") < at) & (pl.col("occurred_at") >= at - days * DAY))
        return np.bincount(some["row"].to_numpy(), minlength=len(self.facts)).astype(np.float64)

    def _contacts(self, at: Instant) -> Floats:
        contacts, n = self.made(), len(self.facts)
        if contacts.is_empty():
            return np.zeros(n)
        rows = contacts.filter((pl.col("sent_at") < at) & (pl.col("sent_at") >= at - 30 * DAY))["row"].to_numpy()
        return np.bincount(rows, minlength=n).astype(np.float64)


def _open_hours(quiet_from: int, quiet_until: int) -> Ints:
    hours = np.arange(24)
    if quiet_from == quiet_until:
        return hours
    quiet = (hours >= quiet_from) & (hours < quiet_until) if quiet_from < quiet_until else (hours >= quiet_from) | (hours < quiet_until)
    return hours[~quiet]


def _best_hour(weights: tuple[float, ...], hours: Ints) -> int:
    """Return the open hour at which the trade expects most answers; noon where it expects nothing."""
    usual = np.array(weights if weights else [0.0] * 12 + [1.0] + [0.0] * 11)
    return int(hours[np.argmax(usual[hours])])
