"""How often a customer may be contacted: the caps in the order of the policy's channels and messages.

The ledger holds its own copy so that it can check inside the transaction what the policy checked before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from otokui.budget import Budget
from otokui.domain import DAY
from otokui.offers import Channel, Message


@dataclass(frozen=True, slots=True)
class Caps:
    """Rolling caps; a period of ``d`` days ending at ``t`` is the half-open ``(t - d, t]``.

    channels, messages: names in the order of the columns of ContactState, with ``(cap, seconds)`` of each.
    """

    contact_cap: int
    contact_seconds: int
    channels: tuple[str, ...]
    channel_caps: tuple[tuple[int, int], ...]
    messages: tuple[str, ...]
    message_caps: tuple[tuple[int, int], ...]
    response_seconds: tuple[int, ...]  # per message: in which a response counts
    memory_seconds: int  # how far back contacts are read at all
    timezone: str  # of the days and hours that capacities are counted in
    per_day: tuple[int | None, ...]  # per channel: contacts of the whole shop in a local day, None = no limit
    per_hour: tuple[int | None, ...]  # and in a local hour
    money: float | None  # what contacts may cost in money_seconds, None = no limit
    money_seconds: int
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
            {c.name: i for i, c in enumerate(channels)},
            {m.message_id: i for i, m in enumerate(messages)},
        )

    @property
    def limited_channels(self) -> list[str]:
        """The channels of which the shop can send only so many."""
        limits = zip(self.channels, self.per_day, self.per_hour, strict=True)
        return [name for name, by_day, by_hour in limits if by_day is not None or by_hour is not None]

    @property
    def longest_seconds(self) -> int:
        """The longest period of any cap."""
        return max([self.contact_seconds, *(s for _, s in self.channel_caps), *(s for _, s in self.message_caps)])
