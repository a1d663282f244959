"""Simulated shop on the morning of a day: the state of all mechanisms.

In which order a day goes is ``simulator.world``'s to know, and none of theirs.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from otokui.domain import Instant
from otokui.settings.contacts.channels import Channel
from otokui.settings.contacts.messages import Message
from simulator.chance import Chance
from simulator.customers.customer_state import NEVER, SimulatedState
from simulator.customers.message_relevance import Today, themes
from simulator.customers.people import make_people
from simulator.goods.calendar import Calendar
from simulator.goods.catalogue import make_catalogue
from simulator.records.journal import Journal
from simulator.sends import Flags, Floats, Ints, Sends
from simulator.settings.contact_settings import TRADE, ChannelTruth
from simulator.settings.world_settings import WorldSettings


@dataclass(frozen=True, slots=True)
class ChannelTable:
    """The truth of the channels as arrays of length C."""

    attention: Floats
    power: Floats
    click: Floats
    unsubscribe: Floats
    bounce: Floats
    machine: Floats
    hours: Floats
    opens: Flags
    cost: Floats


class Morning:
    """A shop with customers whose truth is known here and nowhere else."""

    NEVER: Final = NEVER

    def __init__(
        self, settings: WorldSettings, *, customers: int, seed: int, channels: Sequence[Channel], messages: Sequence[Message], timezone: str
    ) -> None:
        self.settings = settings
        self.channels, self.messages = tuple(channels), tuple(messages)
        self.timezone = timezone
        self.chance = Chance(seed)
        self.calendar = Calendar(settings, self.chance, timezone)
        self.catalogue = make_catalogue(settings, self.calendar, self.chance)
        truths = [settings.channels.get(c.name, TRADE.get(c.name, ChannelTruth())) for c in self.channels]
        self.people = make_people(settings, customers, self.channels, truths, self.chance)
        self.channel_table = _channel_table(self.channels, truths)
        self.theme_weights = themes(self.messages)
        self.incentives = np.array([m.incentive_cost for m in self.messages])
        self.response_days = np.ceil([m.response_days for m in self.messages]).astype(np.int64)
        self.usual_basket = _usual_basket(settings)
        self.ids = pl.select(pl.format("u{}", pl.int_range(customers).cast(pl.String).str.zfill(7))).to_series()
        self.message_ids = pl.Series([m.message_id for m in self.messages], dtype=pl.String)
        self.coupon_ids = pl.Series(["", *self.message_ids], dtype=pl.String)
        self.channel_names = pl.Series([c.name for c in self.channels], dtype=pl.String)
        self.product_ids = pl.Series(["", *self.catalogue.ids], dtype=pl.String)
        self.day = 0
        self.state = SimulatedState.fresh(self.people)
        self.journal = Journal(self.calendar.midnight)
        self.queue = Sends.none()
        self.posted = 0
        self.claims = pl.DataFrame()
        self.dawn()

    @classmethod
    def create(
        cls, settings: WorldSettings, *, customers: int, seed: int, channels: Sequence[Channel], messages: Sequence[Message], timezone: str
    ) -> Self:
        """Create a shop on the morning of its first day.

        The same arguments make the same shop.

        channels, messages: what may be sent; ``Sends`` name them by their place here.
        """
        return cls(settings, customers=customers, seed=seed, channels=channels, messages=messages, timezone=timezone)

    @property
    def customer_ids(self) -> NDArray[np.str_]:
        """Ids of all customers, (n,) text, future ones among them."""
        return self.ids.to_numpy().astype(np.str_)

    @property
    def start(self) -> Instant:
        """Local midnight of the first day."""
        return self.calendar.midnight(0)

    @property
    def now(self) -> Instant:
        """Local midnight at which the next day begins."""
        return self.calendar.midnight(self.day)

    def fork(self) -> Self:
        """Return a twin: the same state, and the same chance from here on."""
        twin = copy.copy(self)
        twin.state = self.state.copy()
        twin.journal = self.journal.copy()
        return twin

    def dawn(self) -> None:
        """Learn what the day about to be lived is like."""
        self.lift = self.calendar.lift(self.day)
        self.weekend = self.calendar.weekend(self.day)
        self.today = Today(self.day, self.calendar.on_sale(self.day), self.calendar.fresh_goods(self.day))

    def consent_rows(self, who: Ints, channel: Ints, opted_in: Flags, at: Ints) -> None:
        """Record changes of consent."""
        columns = {
            "customer_id": self.ids[who],
            "channel": self.channel_names[channel],
            "opted_in": opted_in,
            "changed_at": at,
            "known_at": at,
        }
        self.journal.add("consents", columns, self.day)


def _channel_table(channels: Sequence[Channel], truths: Sequence[ChannelTruth]) -> ChannelTable:
    values = {name: np.array([getattr(t, name) for t in truths]) for name in ChannelTable.__slots__ if name != "cost"}
    return ChannelTable(**values, cost=np.array([c.cost for c in channels]))


def _usual_basket(settings: WorldSettings) -> float:
    """Return what a basket of the mean customer comes to at list price, money."""
    goods = settings.goods
    mean_price = goods.median_price * float(np.exp(goods.price_spread**2 / 2))
    return mean_price * goods.lines_per_order * 1.17
