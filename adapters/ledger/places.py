"""Taking places under the caps: the policy's check repeated where nobody can come in between.

The policy saw the contacts before ``as_of``; since then another request may have taken the last place. Here every
contact after the period's begin and every live reservation counts, however late it was made, so the answer
can only be stricter than the policy's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, text

from adapters.ledger.caps import Caps
from adapters.ledger.database import Backend
from otokui.domain import Instant
from otokui.errors import Conflict
from otokui.ports import Reservation

_TAKEN = """
SELECT k.customer_id, k.channel, k.message_id, k.sent_at AS at
FROM {ids} JOIN contacts AS k ON k.customer_id = j.value WHERE k.sent_at > :oldest
UNION ALL
SELECT r.customer_id, r.channel, r.message_id, :as_of
FROM {ids} JOIN reservations AS r ON r.customer_id = j.value WHERE r.valid_until > :as_of AND r.dispatched_at IS NULL
"""
_RESERVED = """
SELECT r.decision_id, r.customer_id, r.valid_until, r.dispatched_at
FROM {ids} JOIN reservations AS r ON r.decision_id = j.value
"""
_COLUMNS = {
    "decision_id": "text", "customer_id": "text", "message_id": "text", "scenario": "text",
    "channel": "text", "send_at": "bigint", "valid_until": "bigint", "reserved_at": "bigint",
}  # fmt: skip
_RENEW = """ON CONFLICT (decision_id) DO UPDATE SET
send_at = excluded.send_at, valid_until = excluded.valid_until, reserved_at = excluded.reserved_at"""


def take(connection: Connection, backend: Backend, caps: Caps, wanted: Sequence[Reservation], as_of: Instant) -> list[bool]:
    """Take places in the order of ``wanted``; must run inside ``writing``.

    A decision that holds a live or dispatched place is told True again. One whose place has lapsed is judged anew,
    for its place may have gone to another.

    Raises:
        Conflict: a decision id is held by another customer.
    """
    if not wanted:
        return []
    backend.lock_customers(connection, [place.customer_id for place in wanted])
    held = _held(connection, backend, wanted, as_of)
    fresh = [place for place in wanted if place.decision_id not in held]
    taken = _Taken(caps, as_of)
    taken.read(connection, backend, list({place.customer_id for place in fresh}))

    granted: dict[str, Reservation] = {}
    for place in fresh:
        if place.decision_id not in granted and taken.take(place):
            granted[place.decision_id] = place
    _write(connection, backend, list(granted.values()), as_of)
    return [place.decision_id in held or place.decision_id in granted for place in wanted]


def _held(connection: Connection, backend: Backend, wanted: Sequence[Reservation], as_of: Instant) -> set[str]:
    owner = {place.decision_id: place.customer_id for place in wanted}
    query = text(_RESERVED.format(ids=backend.ids))
    held = set()
    for decision_id, customer_id, valid_until, dispatched_at in connection.execute(query, {"ids": backend.bind(list(owner))}):
        if owner[decision_id] != customer_id:
            raise Conflict(f"decision {decision_id!r} belongs to another customer", fix="make decision ids from the customer id as well")
        if dispatched_at is not None or valid_until > as_of:
            held.add(decision_id)
    return held


class _Taken:
    """How many places are taken under each cap, of the customers at hand."""

    def __init__(self, caps: Caps, as_of: Instant) -> None:
        self._caps, self._as_of = caps, int(as_of)
        self._counts: Counter[Hashable] = Counter()

    def read(self, connection: Connection, backend: Backend, customer_ids: list[str]) -> None:
        """Count what is on record."""
        if not customer_ids:
            return
        query = text(_TAKEN.format(ids=backend.ids))
        bound = {"ids": backend.bind(customer_ids), "as_of": self._as_of, "oldest": self._as_of - self._caps.longest_seconds}
        for customer_id, channel, message_id, at in connection.execute(query, bound):
            for key, _, seconds in self._limits(customer_id, channel, message_id):
                self._counts[key] += at > self._as_of - seconds

    def take(self, place: Reservation) -> bool:
        """Take one more place if every cap has room; a channel or message without a cap has none."""
        limits = self._limits(place.customer_id, place.channel, place.message_id)
        if len(limits) < 3 or place.valid_until <= self._as_of:
            return False
        if any(self._counts[key] >= cap for key, cap, _ in limits):
            return False
        self._counts.update(key for key, _, _ in limits)
        return True

    def _limits(self, customer_id: str, channel: str, message_id: str) -> list[tuple[Hashable, int, int]]:
        """Return (key, cap, seconds) of the caps that such a contact falls under."""
        limits: list[tuple[Hashable, int, int]] = [(customer_id, self._caps.contact_cap, self._caps.contact_seconds)]
        c, m = self._caps.channel_index.get(channel), self._caps.message_index.get(message_id)
        if c is not None:
            limits.append(((customer_id, "channel", c), *self._caps.channel_caps[c]))
        if m is not None:
            limits.append(((customer_id, "message", m), *self._caps.message_caps[m]))
        return limits


def _write(connection: Connection, backend: Backend, granted: list[Reservation], as_of: Instant) -> None:
    if not granted:
        return
    columns: dict[str, Sequence[Any]] = {f.name: [getattr(place, f.name) for place in granted] for f in fields(Reservation)}
    columns["reserved_at"] = [int(as_of)] * len(granted)
    backend.insert_many(connection, "reservations", columns, _COLUMNS, _RENEW)
