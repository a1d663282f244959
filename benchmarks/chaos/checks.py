"""Checks of a ledger after the traffic.

What was promised is stored once, and no cap, spacing or refusal was broken.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass

from sqlalchemy import create_engine, text

from benchmarks.chaos.traffic import Promises
from otokui.domain import DAY, HOUR
from otokui.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Broken:
    """Counts of broken promises; all zero is a pass."""

    events_lost: int
    events_doubled: int
    customer_caps: int
    channel_caps: int
    spacings: int
    contacts_after_refusal: int
    other_bytes: int

    @property
    def passed(self) -> bool:
        """Whether nothing was broken."""
        return not any((self.events_lost, self.events_doubled, self.customer_caps, self.channel_caps, self.spacings)) and not (
            self.contacts_after_refusal or self.other_bytes
        )


def check(url: str, promises: Promises, settings: Settings) -> Broken:
    """Return what was broken.

    The spacing is that of reservations not reported as sent: clients report at any time, and an early report cannot be prevented.
    A reservation counts under the caps from the time it was made until it lapsed, whatever became of it; the caps are counted over the
    reservations of the run, which lasted shorter than any cap's period.
    """
    engine = create_engine(url)
    with engine.connect() as connection:
        keys = [text("SELECT event_key FROM inbox"), text("SELECT feedback_key FROM feedback")]
        stored = Counter(str(row[0]) for query in keys for row in connection.execute(query))
        rows = [
            tuple(row)
            for row in connection.execute(text("SELECT customer_id, channel, send_at, dispatched_at, valid_until FROM reservations"))
        ]
    engine.dispose()
    by_customer: dict[str, list[tuple[str, int]]] = defaultdict(list)
    waiting: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for customer, channel, send_at, dispatched_at, _ in rows:
        by_customer[customer].append((channel, int(send_at)))
        if dispatched_at is None:
            waiting[customer].append((channel, int(send_at)))
    limits = settings.decisions
    channels = {channel.name: channel for channel in settings.channels}
    caps = sum(len(made) > limits.contact_cap for made in by_customer.values()) if limits.contact_cap_days * DAY > HOUR else 0
    over = sum(
        count > channels[channel].cap for made in by_customer.values() for channel, count in Counter(channel for channel, _ in made).items()
    )
    return Broken(
        events_lost=len(promises.items) - _found(stored, promises),
        events_doubled=sum(count > 1 for count in stored.values()),
        customer_caps=caps,
        channel_caps=over,
        spacings=sum(_too_near(made, settings) for made in waiting.values()),
        contacts_after_refusal=_after_refusal(promises),
        other_bytes=len(promises.differing),
    )


def _found(stored: Counter[str], promises: Promises) -> int:
    """Return how many promised items are stored, by the digest of source and id."""
    keys = (hashlib.blake2b(f"api\x1f{item}".encode(), digest_size=16).hexdigest() for item in promises.items)
    return sum(key in stored for key in keys)


def _too_near(made: list[tuple[str, int]], settings: Settings) -> int:
    spacing: float = getattr(settings.decisions, "contact_spacing_hours", 0.0) * HOUR
    own: dict[str, float] = {channel.name: getattr(channel, "spacing_hours", 0.0) * HOUR for channel in settings.channels}
    ordered = sorted(made, key=lambda one: one[1])
    near = 0
    for (first, at), (second, later) in itertools.pairwise(ordered):
        least = max(spacing, own[first] if first == second else 0.0)
        near += later - at < least
    return near


def _after_refusal(promises: Promises) -> int:
    """Return contacts of calls that were sent after a refusal of the channel had been answered; nobody agrees again in the traffic."""
    refused: dict[tuple[str, str], float] = {}
    for customer, channel, at in promises.refused:
        refused[customer, channel] = min(at, refused.get((customer, channel), at))
    return sum(refused.get((customer, channel), began) < began for customer, channel, began in promises.contacts)
