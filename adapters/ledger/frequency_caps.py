"""Frequency caps of a customer and capacity limits of the shop, checked at reservation.

The ledger holds its own copy of the caps, so that it repeats the policy's check inside the transaction. Limits (contacts by channel,
local day and local hour, and money) are shared by all customers, unlike a customer's caps. Reservations of a limited channel or of a budget
therefore take turns (``Backend.lock_customers``). These count: live reservations, dispatched ones, and contacts that came without a
reservation. Money is counted in thousandths, rounded up, so that its sum does not depend on the order.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

import numpy as np
from sqlalchemy import Connection, text

from otokui.domain import DAY, HOUR, Instant, offset_seconds
from otokui.frames import Ints
from otokui.ports.reservations import Reservation
from otokui.settings.contacts.budget import Budget
from otokui.settings.contacts.channels import Channel, ChannelKind, Reach
from otokui.settings.contacts.messages import Message

KEPT_SECONDS: Final = 90 * DAY
"""Lapsed reservations stay for so long at least; a run for an earlier night no longer sees those that were live then."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Rolling frequency caps; ``d`` days ending at ``t`` are the half-open ``(t - d, t]``.

    channels, messages: names in the order of the columns of ContactState, with ``(cap, seconds)`` of each.
    """

    contact_cap: int
    contact_seconds: int
    channels: tuple[str, ...]
    channel_caps: tuple[tuple[int, int], ...]
    messages: tuple[str, ...]
    message_caps: tuple[tuple[int, int], ...]
    response_seconds: tuple[int, ...]  # per message: the period in which a response counts
    memory_seconds: int  # how far back contacts are read
    timezone: str  # time zone of the days and hours of capacities
    per_day: tuple[int | None, ...]  # per channel: contacts of the whole shop in a local day, None = no limit
    per_hour: tuple[int | None, ...]  # and in a local hour
    money: float | None  # what contacts may cost in money_seconds, None = no limit
    money_seconds: int
    spacing_matrix: Ints = field(compare=False)  # (C + 1, C + 1) seconds between contacts of two channels; last = not in the settings
    pull: frozenset[str]  # channels used only while the customer is there; their contacts do not count in contact_cap
    human: frozenset[str]  # channels over which people act
    channel_index: dict[str, int] = field(repr=False, compare=False)
    message_index: dict[str, int] = field(repr=False, compare=False)

    @classmethod
    def of(
        cls,
        channels: Sequence[Channel],
        messages: Sequence[Message],
        *,
        contact_cap: int,
        contact_cap_days: int,
        memory_days: int = 365,
        timezone: str = "UTC",
        budget: Budget | None = None,
        contact_spacing_hours: float = 0.0,
    ) -> Self:
        """Take the caps from the shop's channels and messages.

        ``memory_days``: sends older than this are forgotten by the count of unanswered sends, so that a
        scenario that ended opens again; never shorter than the longest cap.
        """
        periods = [contact_cap_days, *(c.cap_days for c in channels), *(m.cap_days for m in messages)]
        return cls(
            contact_cap,
            contact_cap_days * DAY,
            tuple(c.name for c in channels),
            tuple((c.cap, c.cap_days * DAY) for c in channels),
            tuple(m.message_id for m in messages),
            tuple((m.cap, m.cap_days * DAY) for m in messages),
            tuple(int(m.response_days * DAY) for m in messages),
            max(memory_days, *periods) * DAY,
            timezone,
            tuple(c.capacity_per_day for c in channels),
            tuple(c.capacity_per_hour for c in channels),
            budget.money if budget is not None else None,
            (budget.period_days if budget is not None else 1) * DAY,
            _spacing_matrix(channels, contact_spacing_hours),
            frozenset(c.name for c in channels if c.reach is Reach.PULL),
            frozenset(c.name for c in channels if c.kind is ChannelKind.HUMAN),
            {c.name: i for i, c in enumerate(channels)},
            {m.message_id: i for i, m in enumerate(messages)},
        )

    @property
    def limited_channels(self) -> list[str]:
        """The channels with a capacity limit."""
        limits = zip(self.channels, self.per_day, self.per_hour, strict=True)
        return [name for name, by_day, by_hour in limits if by_day is not None or by_hour is not None]

    @property
    def spaced(self) -> bool:
        """Whether any two contacts have a minimum spacing."""
        return bool(self.spacing_matrix.any())

    @property
    def longest_seconds(self) -> int:
        """The longest period of any cap."""
        return max([self.contact_seconds, *(s for _, s in self.channel_caps), *(s for _, s in self.message_caps)])

    @property
    def kept_seconds(self) -> int:
        """How long lapsed reservations stay: longer than anything counts, and ninety days at least."""
        return max(KEPT_SECONDS, self.longest_seconds, self.money_seconds, int(self.spacing_matrix.max(initial=0)))


def _spacing_matrix(channels: Sequence[Channel], contact_spacing_hours: float) -> Ints:
    """Return the seconds between contacts of two channels; a channel that is not in the settings counts as a push channel."""
    push = np.array([channel.reach is not Reach.PULL for channel in channels] + [True])
    seconds = np.where(push[:, None] & push[None, :], round(contact_spacing_hours * HOUR), 0).astype(np.int64)
    for row, channel in enumerate(channels):
        seconds[row, row] = max(seconds[row, row], round(channel.spacing_hours * HOUR))
    return seconds


_SENT = """
SELECT r.channel, r.send_at, COUNT(*) FROM reservations AS r
WHERE r.send_at >= :first AND r.send_at < :last AND (r.valid_until > :as_of OR r.dispatched_at IS NOT NULL)
AND r.reserved_at < :before GROUP BY r.channel, r.send_at
UNION ALL
SELECT k.channel, k.sent_at, COUNT(*) FROM contacts AS k
WHERE k.sent_at >= :first AND k.sent_at < :last AND k.known_at < :before AND (k.decision_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM reservations AS r WHERE r.decision_id = k.decision_id)) GROUP BY k.channel, k.sent_at
"""
_SPENT = """
SELECT COALESCE(SUM(r.cost), 0) FROM reservations AS r
WHERE r.reserved_at > :since AND r.reserved_at < :before AND r.cost > 0 AND (r.valid_until > :as_of OR r.dispatched_at IS NOT NULL)
"""
_EVER = 1 << 62
_QUARTER = 900  # clocks change at full quarters of an hour


def thousandths(money: float) -> int:
    """Return money in thousandths, rounded up; NaN and infinity exceed any budget."""
    if not (math.isfinite(money) and 0.0 <= money < 1e15):
        return 10**18
    return math.ceil(money * 1_000 - 1e-6)


class RemainingLimits:
    """Remaining capacity and budget of the shop, within one transaction."""

    def __init__(self, caps: Caps, as_of: Instant) -> None:
        self._caps, self._as_of = caps, int(as_of)
        self._limited = frozenset(caps.limited_channels)
        self._most = None if caps.money is None else math.floor(caps.money * 1_000 + 1e-6)
        self._days: Counter[tuple[int, int]] = Counter()
        self._hours: Counter[tuple[int, int]] = Counter()
        self._spent = 0

    def concerns(self, reservations: Sequence[Reservation]) -> bool:
        """Whether any of the reservations falls under a limit."""
        return self._most is not None or any(reservation.channel in self._limited for reservation in reservations)

    def read(self, connection: Connection, reservations: Sequence[Reservation]) -> None:
        """Count contacts in the days of the reservations, and money in the budget's period."""
        times = [
            at for reservation in reservations if reservation.channel in self._limited for at in (reservation.send_at, *reservation.others)
        ]
        if times:
            for channel, at, count in _sent(connection, self._as_of, min(times) - DAY, max(times) + DAY, _EVER):
                if channel in self._limited:
                    day, hour = self._when(at)
                    self._days[self._caps.channel_index[channel], day] += count
                    self._hours[self._caps.channel_index[channel], hour] += count
        if self._most is not None:
            self._spent = _spent(connection, self._caps, self._as_of, _EVER)

    def refuses(self, reservation: Reservation, times: Sequence[Instant]) -> tuple[str, Instant]:
        """Return the limit that refuses a reservation, '' = none, and its time.

        That is the first free one of ``times``.
        """
        c = self._caps.channel_index[reservation.channel]
        at = next((at for at in times if self._free(c, at)), None)
        if at is None:
            return "capacity", reservation.send_at
        if self._most is not None and self._spent + thousandths(reservation.cost) > self._most:
            return "budget", reservation.send_at
        return "", at

    def take(self, reservation: Reservation, at: Instant) -> None:
        """Count one more reservation at a free time."""
        c = self._caps.channel_index[reservation.channel]
        day, hour = self._when(at)
        self._days[c, day] += 1
        self._hours[c, hour] += 1
        self._spent += thousandths(reservation.cost) if self._most is not None else 0

    def _free(self, channel: int, at: int) -> bool:
        in_day, in_hour = self._caps.per_day[channel], self._caps.per_hour[channel]
        if in_day is None and in_hour is None:
            return True
        day, hour = self._when(at)
        return (in_day is None or self._days[channel, day] < in_day) and (in_hour is None or self._hours[channel, hour] < in_hour)

    def _when(self, at: int) -> tuple[int, int]:
        """Return the local day, and the hour since 1970.

        Each of the two hours of an autumn clock change has its own capacity.
        """
        offset = _offset(self._caps.timezone, at // _QUARTER)
        return (at + offset) // DAY, (at + offset % HOUR) // HOUR


def used(connection: Connection, caps: Caps, as_of: Instant, until: Instant) -> tuple[list[tuple[int, int, int]], float]:
    """Return used capacity and budget before ``as_of``.

    That is (channel, send time, contacts) of limited channels, and the money of the period.
    """
    limited = set(caps.limited_channels)
    sent: list[tuple[int, int, int]] = []
    if limited:
        rows = _sent(connection, int(as_of), int(as_of) - DAY, int(until), int(as_of))
        sent = [(caps.channel_index[channel], at, count) for channel, at, count in rows if channel in limited]
    return sent, _spent(connection, caps, int(as_of), int(as_of)) / 1_000 if caps.money is not None else 0.0


def _sent(connection: Connection, as_of: int, first: int, last: int, before: int) -> list[tuple[str, int, int]]:
    """Return (channel, time, contacts) of contacts and reservations in ``[first, last)``.

    Only those known or reserved before ``before`` count.
    """
    rows = connection.execute(text(_SENT), {"as_of": as_of, "first": first, "last": last, "before": before})
    return [(channel, at, count) for channel, at, count in rows]


def _spent(connection: Connection, caps: Caps, as_of: int, before: int) -> int:
    """Return thousandths of money reserved in the budget's period that ends at ``as_of``.

    Reservations after it and before ``before`` count too.
    """
    bound = {"as_of": as_of, "since": as_of - caps.money_seconds, "before": before}
    return int(connection.execute(text(_SPENT), bound).scalar_one())


@lru_cache(maxsize=65_536)
def _offset(timezone: str, quarter: int) -> int:
    return offset_seconds(timezone, quarter * _QUARTER)
