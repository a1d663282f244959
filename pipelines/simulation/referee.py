"""Referee of a game: which contact breaks which rule, on the morning of its day.

Caps are counted over the contacts that were really handed over, at the second at which each is sent, so that a place
the ledger gave away twice, or forgot, is seen here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl

from otokui.domain import DAY, Instant
from otokui.frames import Bools, Ints
from otokui.identity.hashing import unit_interval
from otokui.settings.settings import Settings
from pipelines.simulation.rules import PROMISES, RULES, PlannedContacts
from pipelines.simulation.shop_facts import Facts, Tables
from simulator.sends import Sends


class Referee:
    """Knows the records of ``n`` customers and every contact that was handed over.

    promised: whether the policy has control groups, which then must be left alone.
    """

    def __init__(self, facts: Facts, settings: Settings, *, promised: bool) -> None:
        self.facts, self._settings = facts, settings
        self.rules = tuple(rule for rule in RULES if promised or rule.name not in PROMISES)
        self._sent = np.empty((4, 0), dtype=np.int64)  # customer, channel, message, send_at
        salt, share = settings.decisions.holdout_salt, settings.decisions.holdout_share
        self._control = np.array([unit_interval(c, salt) < share for c in facts.customer_ids], dtype=bool)
        self._scenario_control: dict[str, Bools] = {}

    @property
    def control(self) -> Bools:
        """Return (n,): who belongs to the global control group."""
        return self._control

    def learn(self, tables: Tables) -> None:
        """Take in a day's records."""
        self.facts.learn(tables)

    def remember_past_contacts(self) -> None:
        """Count the contacts on record from before the game towards the caps."""
        ids = [message.message_id for message in self._settings.messages]
        sent = self.facts.contacts
        if not sent.is_empty():
            sent = sent.filter(pl.col("message_id").is_in(ids) & ~pl.col("group").is_in(sorted(PROMISES)).fill_null(value=False))
            message = np.array([ids.index(m) for m in sent["message_id"]], dtype=np.int64)
            self._sent = np.vstack([sent["row"].to_numpy(), sent["column"].to_numpy(), message, sent["sent_at"].to_numpy()]).astype(
                np.int64
            )

    def broken(self, sends: Sends, as_of: Instant, *, only_records: bool = False, apart: bool = False) -> Mapping[str, Bools]:
        """Return, by rule, which of the contacts break it, (k,).

        only_records: leave out what hangs on the day of the send. apart: each as if it were the only one.
        """
        planned = self._planned(sends, as_of, apart)
        return {rule.name: ~rule.permits(planned) for rule in self.rules if rule.of_record or not only_records}

    def permitted(self, sends: Sends, as_of: Instant, rules: Collection[str], *, apart: bool = False) -> Bools:
        """Return which contacts break none of these rules, (k,).

        The first ones take the places under the caps.
        """
        keep = np.ones(len(sends), dtype=bool)
        for name, broken in self.broken(sends, as_of, apart=apart).items():
            if name in rules:
                keep &= ~broken
        return keep

    def record(self, sends: Sends) -> None:
        """Remember contacts that were handed over."""
        self._sent = np.hstack([self._sent, np.vstack([sends.customer, sends.channel, sends.message, sends.send_at]).astype(np.int64)])

    def _planned(self, sends: Sends, as_of: Instant, apart: bool) -> PlannedContacts:
        facts, settings = self.facts, self._settings
        who, where = sends.customer, sends.channel
        cap_days = np.array([c.cap_days for c in settings.channels])[where] if len(sends) else np.empty(0, dtype=np.int64)
        message_days = np.array([m.cap_days for m in settings.messages])[sends.message] if len(sends) else np.empty(0, dtype=np.int64)
        every = np.full(len(sends), settings.decisions.contact_cap_days)
        return PlannedContacts(
            as_of=as_of,
            limits=settings.decisions,
            channels=settings.channels,
            messages=settings.messages,
            channel=where,
            message=sends.message,
            hour=_local_hours(sends.send_at, settings.shop.timezone),
            consent=facts.consent[who, where].astype(np.int64),
            suppressed=facts.suppressed(as_of)[who, where],
            last_purchase_at=facts.last_purchase_at()[who],
            undelivered=facts.undelivered(as_of, settings.decisions.undelivered_expires_days)[who],
            contacts=self._before(sends, every, None, apart),
            channel_contacts=self._before(sends, cap_days, 1, apart),
            message_contacts=self._before(sends, message_days, 2, apart),
            since_contact=self._since(sends, None, apart),
            since_on_channel=self._since(sends, 1, apart),
            control=self._control[who],
            scenario_control=self._held_in_scenario(sends),
        )

    def _before(self, sends: Sends, days: Ints, same: int | None, apart: bool) -> Ints:
        """Count (k,) contacts of the same customer in ``(send_at - days, send_at]`` that come before each.

        same: the row of ``_sent`` that must agree as well (1 channel, 2 message).
        """
        keys, mine, earliest, end = self._in_order(sends, same, apart)
        counted: Ints = end - np.searchsorted(keys, np.maximum(mine - days * DAY, earliest), side="right")
        return counted

    def _since(self, sends: Sends, same: int | None, apart: bool) -> Ints:
        """Return (k,) seconds since the contact of the same customer before each; a thousand years for none.

        same: as in ``_before``.
        """
        keys, mine, earliest, end = self._in_order(sends, same, apart)
        before = np.append(keys, -1)[end - 1]
        return np.where((end > 0) & (before > earliest), mine - before, 365_000 * DAY)

    def _in_order(self, sends: Sends, same: int | None, apart: bool) -> tuple[Ints, Ints, Ints, Ints]:
        """Return all contacts as sorted numbers; and of each planned one its own, the least of its kind, and how many come before it.

        One number sorts as (kind, time) does, so that a period is found by two binary searches.
        """
        now = np.vstack([sends.customer, sends.channel, sends.message, sends.send_at]).astype(np.int64)
        others = self._sent if apart else np.hstack([self._sent, now])
        base = min(others[3].min(initial=2**62), now[3].min(initial=2**62))
        span = max(others[3].max(initial=0), now[3].max(initial=0)) - base + 2
        keys, mine = (_kind(table, same) * span + table[3] - base + 1 for table in (others, now))
        order = np.argsort(keys, kind="stable")
        if apart:
            end = np.searchsorted(keys[order], mine, side="right")
        else:
            place = np.empty(len(order), dtype=np.int64)
            place[order] = np.arange(len(order))
            end = place[self._sent.shape[1] :]
        return keys[order], mine, _kind(now, same) * span, end

    def _held_in_scenario(self, sends: Sends) -> Bools:
        share, salt = self._settings.decisions.scenario_holdout_share, self._settings.decisions.holdout_salt
        out = np.zeros(len(sends), dtype=bool)
        for message in np.unique(sends.message):
            scenario = self._settings.messages[message].scenario
            if scenario not in self._scenario_control:
                drawn = [unit_interval(c, f"{salt}/{scenario}") < share for c in self.facts.customer_ids]
                self._scenario_control[scenario] = np.array(drawn, dtype=bool)
            rows = sends.message == message
            out[rows] = self._scenario_control[scenario][sends.customer[rows]]
        return out


def _kind(contacts: Ints, same: int | None) -> Ints:
    kind: Ints = contacts[0] if same is None else contacts[0] * 1_000 + contacts[same]
    return kind


def _local_hours(at: Ints, timezone: str) -> Ints:
    """Return the hour on the clock on the wall, (k,)."""
    local = pl.from_epoch(pl.Series("at", at, dtype=pl.Int64), time_unit="s").dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    return local.dt.hour().cast(pl.Int64).to_numpy()
