"""The simulated shop: day after day, with all that is hidden from whoever plays against it.

A world owns the state and the order in which a day goes; what happens is decided in the files beside it, one mechanism
each.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from otokui.domain import HOUR, Instant
from otokui.errors import BadInput
from otokui.offers import Channel, Message
from simulator import policies, subscriptions
from simulator.appeal import Today, themes
from simulator.browsing import begin_spells
from simulator.buying import buyers
from simulator.calendar import Calendar
from simulator.catalogue import make_catalogue
from simulator.chance import Chance
from simulator.habits import seconds_of_day
from simulator.journal import Journal
from simulator.leaving import leave
from simulator.mailing import convert, post, report_held
from simulator.people import AREAS, GENDERS, make_people
from simulator.reach import agree, withdraw
from simulator.response import fade
from simulator.sales import sell
from simulator.sends import CONTROL, Day, Flags, Floats, Ints, Sends
from simulator.settings import WorldSettings
from simulator.settings_contact import TRADE, ChannelTruth
from simulator.state import NEVER, State
from simulator.visiting import visit

__all__ = ["Day", "Sends", "World", "WorldSettings"]


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


class World:
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
        self.state = State.fresh(self.people)
        self.journal = Journal(self.calendar.midnight)
        self.queue = Sends.none()
        self.posted = 0
        self.claims = pl.DataFrame()
        self._dawn()

    @classmethod
    def create(
        cls, settings: WorldSettings, *, customers: int, seed: int, channels: Sequence[Channel], messages: Sequence[Message], timezone: str
    ) -> Self:
        """Make a shop on the morning of its first day; the same arguments make the same shop.

        channels, messages: what may be sent; ``Sends`` name them by their place here.
        """
        return cls(settings, customers=customers, seed=seed, channels=channels, messages=messages, timezone=timezone)

    @property
    def customer_ids(self) -> NDArray[np.str_]:
        """The ids of all customers, those who have not come yet among them, (n,) text."""
        return self.ids.to_numpy().astype(np.str_)

    @property
    def start(self) -> Instant:
        """Local midnight of the first day."""
        return self.calendar.midnight(0)

    @property
    def now(self) -> Instant:
        """Local midnight at which the next day begins."""
        return self.calendar.midnight(self.day)

    def live(self, sends: Sends) -> Day:
        """Let one day pass, deliver what is due of ``sends`` (and of earlier ones), and return what it came to.

        Raises:
            BadInput: a send names a customer, message or channel that is not there.
        """
        self._check(sends)
        n, day, state = len(self.people), self.day, self.state
        profit = np.zeros(n)
        self.journal.add("products", {c.name: c for c in self.catalogue.launched(day)}, day)
        self._register()
        due = self._due(sends)
        held = due.group == CONTROL
        report_held(self, due.take(held))
        due = due.take(~held)
        before = state.consented.sum(axis=1)
        posted = post(self, due)
        unsubscribed = before - state.consented.sum(axis=1)
        complained = np.zeros(n, dtype=np.bool_)
        complained[np.unique(due.customer[posted.complained])] = True
        np.add.at(profit, due.customer, -self.channel_table.cost[due.channel])
        begin_spells(self.settings, self.people, state, self.chance, day)
        events = visit(self)
        boxed = subscriptions.boxes(self)
        who, at, caused = buyers(self, posted.acts)
        extra = np.setdiff1d(boxed, who)
        who, at = np.concatenate([who, extra]), np.concatenate([at, np.full(len(extra), self.now + 9 * HOUR)])
        coupons = self._coupons(who)
        margin, paid = sell(self, who, at)
        profit[who] += margin - coupons
        converted = convert(self, who, at, paid)
        state.coupon[who] = -1
        subscriptions.sign(self, who, at)
        subscriptions.renew(self)
        left = leave(self.settings, self.people, state, self.chance, day)
        fade(self)
        counts = posted.counts | {
            "orders": len(who), "caused_orders": int(caused.sum()), "events": events, "converted": converted, "left": left,
        }  # fmt: skip
        tables = self.journal.close(day)
        self.day += 1
        self._dawn()
        return Day(day, tables, profit, unsubscribed, complained, counts)

    def history(self, days: int, policy: str | policies.Policy = "none") -> Iterator[Day]:
        """Let days pass under a built-in policy (random, none, everybody, rfm) or another.

        Raises:
            BadInput: there is no such policy.
        """
        decide = policies.named(policy) if isinstance(policy, str) else policy
        for _ in range(days):
            yield self.live(decide(self))

    def fork(self) -> Self:
        """Return a twin: the same state, and the same chance from here on."""
        twin = copy.copy(self)
        twin.state = self.state.copy()
        twin.journal = self.journal.copy()
        return twin

    def _dawn(self) -> None:
        """Learn what the day about to be lived is like."""
        self.lift = self.calendar.lift(self.day)
        self.weekend = self.calendar.weekend(self.day)
        self.today = Today(self.day, self.calendar.on_sale(self.day), self.calendar.fresh_goods(self.day))

    def _due(self, sends: Sends) -> Sends:
        waiting = self.queue.plus(sends)
        due = waiting.send_at < self.calendar.midnight(self.day + 1)
        self.queue = waiting.take(~due)
        return waiting.take(due)

    def _check(self, sends: Sends) -> None:
        for name, many in (("customer", len(self.people)), ("message", len(self.messages)), ("channel", len(self.channels))):
            given = getattr(sends, name)
            if len(given) and not (given.min() >= 0 and given.max() < many):
                raise BadInput(
                    f"a send names {name} {int(given.max())} of {many}", fix="give the place in the lists the world was made with"
                )

    def _coupons(self, who: Ints) -> Floats:
        """Return what incentives cost with today's purchases, (k,); who holds one that is not used holds none."""
        state = self.state
        used = (state.coupon[who] >= 0) & (state.coupon_until[who] >= self.day)
        used &= self.chance.uniform("coupon", who, self.day) < self.settings.response.coupon_use
        state.coupon[who[~used]] = -1
        return np.where(used, state.coupon_cost[who], 0.0)

    def _register(self) -> None:
        """Welcome who comes today, and let some consents end of themselves."""
        people, day = self.people, self.day
        who = np.flatnonzero(people.arrival_day == day)
        self.state.alive[who] = True
        second = seconds_of_day(people, who, self.weekend, self.chance, "purchase", day)
        at = self.now + np.maximum(second - 300, 0)
        sources = self.settings.arrival.sources
        columns = {
            "customer_id": self.ids[who],
            "registered_at": at,
            "birth_year": people.birth_year[who],
            "birth_month": people.birth_month[who],
            "gender": pl.Series(GENDERS)[people.gender[who]],
            "area": pl.Series(AREAS)[people.area[who]],
            "acquisition_source": pl.Series([s.name for s in sources])[people.source[who]],
            "acquisition_medium": pl.Series([s.medium for s in sources])[people.source[who]],
            "landing_variant": pl.Series(list("abcdefgh"))[people.variant[who]],
            "known_at": at,
        }
        self.journal.add("customers", columns, day)
        agreed = agree(people, self.state, self.channels, who)
        self.consent_rows(*agreed, at[np.searchsorted(who, agreed[0])])
        gone, channel = withdraw(self.state, self.channels, self.chance, day)
        ended = self.now + 8 * HOUR + self.chance.below("withdrawn at", gone, 12 * HOUR, day)
        self.consent_rows(gone, channel, np.zeros(len(gone), dtype=np.bool_), ended)

    def consent_rows(self, who: Ints, channel: Ints, opted_in: Flags, at: Ints) -> None:
        """Record changes of consent."""
        told = {
            "customer_id": self.ids[who],
            "channel": self.channel_names[channel],
            "opted_in": opted_in,
            "changed_at": at,
            "known_at": at,
        }
        self.journal.add("consents", told, self.day)


def _channel_table(channels: Sequence[Channel], truths: Sequence[ChannelTruth]) -> ChannelTable:
    values = {name: np.array([getattr(t, name) for t in truths]) for name in ChannelTable.__slots__ if name != "cost"}
    return ChannelTable(**values, cost=np.array([c.cost for c in channels]))


def _usual_basket(settings: WorldSettings) -> float:
    """Return what a basket of the mean customer comes to at list price, money."""
    goods = settings.goods
    mean_price = goods.median_price * float(np.exp(goods.price_spread**2 / 2))
    return mean_price * goods.lines_per_order * 1.17
