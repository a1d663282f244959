"""Simulated shop day by day, with truth hidden from players.

Here is the order in which a day goes; what happens in it is decided in the files beside this one, one mechanism each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from otokui.domain import HOUR
from otokui.errors import BadInput
from simulator import policies
from simulator.customers.active_hours import seconds_of_day
from simulator.customers.browsing import begin_spells
from simulator.customers.churn import leave
from simulator.customers.people import AREAS, GENDERS
from simulator.customers.reach import agree, withdraw
from simulator.mechanisms import subscriptions
from simulator.mechanisms.buying import buyers
from simulator.mechanisms.contact_response import fade
from simulator.mechanisms.mailing import convert, post, report_held
from simulator.mechanisms.sales import sell
from simulator.mechanisms.visits import visit
from simulator.morning import Morning
from simulator.sends import CONTROL, Day, Floats, Ints, Sends


class World(Morning):
    """A shop in which days pass."""

    def live(self, sends: Sends) -> Day:
        """Let one day pass with its ``sends``; return the day's outcome.

        What is due of earlier sends is delivered too.

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
        self.dawn()
        return Day(day, tables, profit, unsubscribed, complained, counts)

    def history(self, days: int, policy: str | policies.Policy = "none") -> Iterator[Day]:
        """Let days pass under a built-in policy (random, none, everybody, rfm) or another.

        Raises:
            BadInput: there is no such policy.
        """
        decide = policies.named(policy) if isinstance(policy, str) else policy
        for _ in range(days):
            yield self.live(decide(self))

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
