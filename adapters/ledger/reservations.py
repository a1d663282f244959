"""Reservations under the frequency caps: the policy's check repeated inside a transaction.

The policy counted the contacts before ``as_of``; since then another request may have made the last reservation. Here every
contact after the period's begin and every live reservation counts, however late it was made, so the ruling
can only be stricter than the policy's. Rulings of a named piece of work are stored in the same transaction. A run that dies after its
reservations and before its file is written then reads the same rulings again, although the caps are fuller by now.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select, text

from adapters.ledger import refusals
from adapters.ledger.id_checks import refuse_odd_places
from adapters.ledger.limits import Caps, RemainingLimits, thousandths
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import RULINGS
from otokui.domain import Instant
from otokui.errors import Conflict
from otokui.ports import Reservation, Ruling

_TAKEN = """
SELECT k.customer_id, k.channel, k.message_id, k.sent_at AS at
FROM {ids} JOIN contacts AS k ON k.customer_id = j.value WHERE k.sent_at > :oldest
UNION ALL
SELECT r.customer_id, r.channel, r.message_id, :as_of
FROM {ids} JOIN reservations AS r ON r.customer_id = j.value WHERE r.valid_until > :as_of AND r.dispatched_at IS NULL
"""
_RESERVED = """
SELECT r.decision_id, r.customer_id, r.message_id, r.channel, r.send_at, r.valid_until, r.dispatched_at
FROM {ids} JOIN reservations AS r ON r.decision_id = j.value
"""
_COLUMNS = {
    "decision_id": "text", "customer_id": "text", "message_id": "text", "scenario": "text",
    "channel": "text", "send_at": "bigint", "valid_until": "bigint", "reserved_at": "bigint", "cost": "bigint",
}  # fmt: skip
_OWN = ("reserved_at", "cost")
_CAPS = ("contact_cap", "channel_cap", "message_cap")
_RENEW = """ON CONFLICT (decision_id) DO UPDATE SET
send_at = excluded.send_at, valid_until = excluded.valid_until, reserved_at = excluded.reserved_at,
message_id = excluded.message_id, scenario = excluded.scenario, channel = excluded.channel, cost = excluded.cost"""


def take(connection: Connection, backend: Backend, caps: Caps, wanted: Sequence[Reservation], as_of: Instant) -> list[Ruling]:
    """Make reservations in the order of ``wanted``; must run inside ``writing``.

    A decision with a live or dispatched reservation gets it again, at the same time. A request for another message or channel
    than the reserved one was refused before, and is refused again. A lapsed reservation is checked anew, because its place under
    the cap may be taken. A customer who has refused the channel gets no reservation, not even a live one that is not dispatched.

    Raises:
        Conflict: a decision id is reserved for another customer.
        BadInput: an id is not canonical.
    """
    refuse_odd_places(wanted)
    if not wanted:
        return []
    limits = RemainingLimits(caps, as_of)
    limited = limits.concerns(wanted)
    backend.lock_customers(connection, [place.customer_id for place in wanted], limits=limited)
    refused = _refused(connection, backend, caps, wanted, as_of)
    ruled = refused | _held(connection, backend, wanted, as_of, refused)
    fresh = [place for place in wanted if place.decision_id not in ruled]
    taken = _Taken(caps, as_of)
    taken.read(connection, backend, list({place.customer_id for place in fresh}))
    if limited and fresh:
        limits.read(connection, fresh)

    granted: list[Reservation] = []
    for place in fresh:
        if not ruled.get(place.decision_id):
            ruling = ruled[place.decision_id] = _rule(place, taken, limits)
            if ruling:
                granted.append(replace(place, send_at=ruling.send_at))
    _write(connection, backend, granted, as_of)
    return [ruled[place.decision_id] for place in wanted]


def _rule(place: Reservation, taken: _Taken, limits: RemainingLimits) -> Ruling:
    """Check the customer's caps, then the shop's limits; reserve only where both permit."""
    refused_by, at = taken.refuses(place), place.send_at
    if not refused_by:
        refused_by, at = limits.refuses(place)
    if not refused_by:
        taken.take(place)
        limits.take(place, at)
    return Ruling(refused_by, at)


def _refused(connection: Connection, backend: Backend, caps: Caps, wanted: Sequence[Reservation], as_of: Instant) -> dict[str, Ruling]:
    """Return the reservations over channels that the customer has closed.

    Channels count that will be closed before the contact is sent.
    """
    row = {customer_id: index for index, customer_id in enumerate(dict.fromkeys(place.customer_id for place in wanted))}
    latest = max(int(at) for place in wanted for at in (place.valid_until, place.send_at, *place.others))
    said = refusals.read(connection, backend, caps, list(row), as_of, latest)
    known = (place for place in wanted if place.channel in caps.channel_index)
    against = {p.decision_id: (said.against(row[p.customer_id], caps.channel_index[p.channel]), p.send_at) for p in known}
    return {decision_id: Ruling(rule, send_at) for decision_id, (rule, send_at) in against.items() if rule}


def _held(
    connection: Connection, backend: Backend, wanted: Sequence[Reservation], as_of: Instant, refused: Container[str]
) -> dict[str, Ruling]:
    """Return the existing reservations of these decisions.

    A reservation that is refused by now holds only if it was dispatched.
    """
    asked = {place.decision_id: place for place in wanted}
    rows = connection.execute(text(_RESERVED.format(ids=backend.ids)), {"ids": backend.bind(list(asked))})
    held = {}
    for decision_id, customer_id, message_id, channel, send_at, valid_until, dispatched_at in rows:
        place = asked[decision_id]
        if place.customer_id != customer_id:
            raise Conflict(f"decision {decision_id!r} belongs to another customer", fix="make decision ids from the customer id as well")
        if dispatched_at is not None or (valid_until > as_of and decision_id not in refused):
            same = (place.message_id, place.channel) == (message_id, channel)
            held[decision_id] = Ruling("" if same else "capacity", Instant(send_at) if same else place.send_at)
    return held


class _Taken:
    """Reservations and contacts under each cap, of the customers in the call."""

    def __init__(self, caps: Caps, as_of: Instant) -> None:
        self._caps, self._as_of = caps, int(as_of)
        self._counts: Counter[Hashable] = Counter()

    def read(self, connection: Connection, backend: Backend, customer_ids: list[str]) -> None:
        """Count contacts and reservations on record."""
        if not customer_ids:
            return
        query = text(_TAKEN.format(ids=backend.ids))
        bound = {"ids": backend.bind(customer_ids), "as_of": self._as_of, "oldest": self._as_of - self._caps.longest_seconds}
        for customer_id, channel, message_id, at in connection.execute(query, bound):
            for key, _, seconds in self._limits(customer_id, channel, message_id):
                self._counts[key] += at > self._as_of - seconds

    def refuses(self, place: Reservation) -> str:
        """Return the cap that is full, '' = none; a channel or message without a cap has none."""
        limits = self._limits(place.customer_id, place.channel, place.message_id)
        if len(limits) < len(_CAPS) or place.valid_until <= self._as_of:
            return _CAPS[0]
        return next((name for name, (key, cap, _) in zip(_CAPS, limits, strict=True) if self._counts[key] >= cap), "")

    def take(self, place: Reservation) -> None:
        """Count one more reservation."""
        self._counts.update(key for key, _, _ in self._limits(place.customer_id, place.channel, place.message_id))

    def _limits(self, customer_id: str, channel: str, message_id: str) -> list[tuple[Hashable, int, int]]:
        """Return (key, cap, seconds) of the caps of such a contact."""
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
    columns: dict[str, Sequence[Any]] = {name: [getattr(place, name) for place in granted] for name in _COLUMNS if name not in _OWN}
    columns["reserved_at"] = [int(as_of)] * len(granted)
    columns["cost"] = [thousandths(place.cost) for place in granted]
    backend.insert_many(connection, "reservations", columns, _COLUMNS, _RENEW)


def find(connection: Connection, name: str) -> dict[str, Ruling] | None:
    """Return the rulings stored under a name, None where there are none."""
    said = connection.execute(select(RULINGS.c.said).where(RULINGS.c.name == name)).scalar()
    if said is None:
        return None
    return {asked: Ruling(refused_by, Instant(send_at)) for asked, (refused_by, send_at) in json.loads(said).items()}


def keep(connection: Connection, name: str, ruled: Mapping[str, Ruling]) -> None:
    """Store the rulings under a name."""
    said = {asked: (ruling.refused_by, int(ruling.send_at)) for asked, ruling in ruled.items()}
    connection.execute(insert(RULINGS).values(name=name, said=json.dumps(said, sort_keys=True, separators=(",", ":"))))
