"""Reservations under the frequency caps: the policy's check repeated inside a transaction.

The policy counted the contacts before ``as_of``; since then another request may have made the last reservation. Here every
contact after the period's begin and every live reservation counts, however late it was made, so the ruling
can only be stricter than the policy's. Rulings of a named piece of work are stored in the same transaction. A run that dies after its
reservations and before its file is written then reads the same rulings again, although the caps are fuller by now.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Container, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, text

from adapters.ledger import channel_closures
from adapters.ledger.erasure.customer_vault import CustomerVault
from adapters.ledger.frequency_caps import Caps, RemainingLimits, thousandths
from adapters.ledger.identities import merges
from adapters.ledger.outbox import announcements
from adapters.ledger.reserve.spacing import RULE, TakenTimes, window_of
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.id_checks import refuse_odd_places
from adapters.ledger.storage.tables import RULINGS
from otokui.domain import Instant
from otokui.errors import Conflict, Unavailable
from otokui.ports.reservations import Reservation, ReservationResult

_TAKEN = """
SELECT k.customer_id, k.channel, k.message_id, k.sent_at AS first_at, k.sent_at AS last_at, 0 AS live
FROM {ids} JOIN contacts AS k ON k.customer_id = j.value WHERE k.sent_at > :oldest
UNION ALL
SELECT r.customer_id, r.channel, r.message_id, COALESCE(r.not_before, r.send_at), r.valid_until, 1
FROM {ids} JOIN reservations AS r ON r.customer_id = j.value WHERE r.valid_until > :as_of AND r.dispatched_at IS NULL
"""
_RESERVED = """
SELECT r.decision_id, r.customer_id, r.message_id, r.channel, r.send_at, r.valid_until, r.dispatched_at
FROM {ids} JOIN reservations AS r ON r.decision_id = j.value
"""
_COLUMNS = {
    "decision_id": "text", "customer_id": "text", "message_id": "text", "scenario": "text",
    "channel": "text", "send_at": "bigint", "valid_until": "bigint", "not_before": "bigint", "reserved_at": "bigint", "cost": "bigint",
}  # fmt: skip
_OWN = ("reserved_at", "cost")
_CAPS = ("contact_cap", "channel_cap", "message_cap")
_RENEW = """ON CONFLICT (decision_id) DO UPDATE SET
send_at = excluded.send_at, valid_until = excluded.valid_until, not_before = excluded.not_before, reserved_at = excluded.reserved_at,
message_id = excluded.message_id, scenario = excluded.scenario, channel = excluded.channel, cost = excluded.cost"""


@dataclass(frozen=True, slots=True)
class Taker:
    """Maker of reservations in one ledger.

    paused: returns why there are none now, '' = there are.
    """

    backend: Backend
    caps: Caps
    vault: CustomerVault
    paused: Callable[[], str]

    def __call__(self, connection: Connection, requests: Sequence[Reservation], as_of: Instant) -> list[ReservationResult]:
        """Make reservations (``take``).

        Raises:
            Unavailable: contacts are paused.
        """
        if requests and (why := self.paused()):
            raise Unavailable(why, fix="run `otokui resume --shop SHOP` when the cause is gone")
        return take(connection, self.backend, self.caps, self.vault, requests, as_of)


def take(
    connection: Connection, backend: Backend, caps: Caps, vault: CustomerVault, requests: Sequence[Reservation], as_of: Instant
) -> list[ReservationResult]:
    """Make reservations in the order of ``wanted``; must run inside ``writing``.

    A decision with a live or dispatched reservation gets it again, at the same time. A request for another message or channel
    than the reserved one was refused before, and is refused again. A lapsed reservation is checked anew, because its place under
    the cap may be taken. A customer who has refused the channel, or was erased, gets no reservation, not even a live one that is not
    dispatched.

    Raises:
        Conflict: a decision id is reserved for another customer.
        BadInput: an id is not canonical.
    """
    refuse_odd_places(requests)
    if not requests:
        return []
    limits = RemainingLimits(caps, as_of)
    limited = limits.concerns(requests)
    backend.lock_merges(connection, exclusive=False)
    persons = merges.persons(connection, backend, [reservation.customer_id for reservation in requests])
    backend.lock_customers(connection, list(persons), limits=limited)
    refused = _refused(connection, backend, caps, requests, as_of)
    erased = vault.erased(connection, backend, [reservation.customer_id for reservation in requests])
    refused |= {p.decision_id: ReservationResult("blacklisted", p.send_at) for p in requests if p.customer_id in erased}
    ruled = refused | _held(connection, backend, requests, as_of, refused)
    new = [reservation for reservation in requests if reservation.decision_id not in ruled]
    taken = TakenTimes(caps, persons)
    counts = _CapCounts(caps, as_of, persons)
    if new:
        counts.read(connection, backend, taken, min(int(at) for r in new for at in (r.send_at, r.not_before or r.send_at, *r.others)))
    if limited and new:
        limits.read(connection, new)

    granted: list[Reservation] = []
    for reservation in new:
        if not ruled.get(reservation.decision_id):
            ruling = ruled[reservation.decision_id] = _rule(reservation, counts, taken, limits)
            if ruling:
                first, last = window_of(reservation, ruling.send_at)
                not_after = reservation.not_after if ruling.send_at == reservation.send_at else None
                moved = replace(reservation, send_at=ruling.send_at, not_before=Instant(first), valid_until=Instant(last))
                granted.append(replace(moved, not_after=not_after))
    _write(connection, backend, granted, as_of)
    announcements.announce(connection, backend, caps, granted, as_of)
    return [ruled[reservation.decision_id] for reservation in requests]


def _rule(reservation: Reservation, counts: _CapCounts, taken: TakenTimes, limits: RemainingLimits) -> ReservationResult:
    """Check the customer's caps and spacing, then the shop's limits; reserve only where all permit."""
    refused_by, at = counts.refuses(reservation), reservation.send_at
    times = [time for time in (reservation.send_at, *reservation.others) if taken.permit(reservation, time)]
    if not refused_by:
        refused_by, at = limits.refuses(reservation, times) if times else (RULE, reservation.send_at)
    if not refused_by:
        counts.take(reservation)
        taken.take(reservation, at)
        limits.take(reservation, at)
    return ReservationResult(refused_by, at)


def _refused(
    connection: Connection, backend: Backend, caps: Caps, requests: Sequence[Reservation], as_of: Instant
) -> dict[str, ReservationResult]:
    """Return the reservations over channels that the customer has closed.

    Channels count that will be closed before the contact is sent.
    """
    row = {customer_id: index for index, customer_id in enumerate(dict.fromkeys(reservation.customer_id for reservation in requests))}
    latest = max(int(at) for reservation in requests for at in (reservation.valid_until, reservation.send_at, *reservation.others))
    refused = channel_closures.read(connection, backend, caps, list(row), as_of, latest)
    known = (reservation for reservation in requests if reservation.channel in caps.channel_index)
    against = {p.decision_id: (refused.against(row[p.customer_id], caps.channel_index[p.channel]), p.send_at) for p in known}
    return {decision_id: ReservationResult(rule, send_at) for decision_id, (rule, send_at) in against.items() if rule}


def _held(
    connection: Connection, backend: Backend, requests: Sequence[Reservation], as_of: Instant, refused: Container[str]
) -> dict[str, ReservationResult]:
    """Return the existing reservations of these decisions.

    A reservation that is refused by now holds only if it was dispatched.
    """
    by_id = {request.decision_id: request for request in requests}
    rows = connection.execute(text(_RESERVED.format(ids=backend.ids)), {"ids": backend.bind(list(by_id))})
    rulings = {}
    for decision_id, customer_id, message_id, channel, send_at, valid_until, dispatched_at in rows:
        request = by_id[decision_id]
        if request.customer_id != customer_id:
            raise Conflict(f"decision {decision_id!r} belongs to another customer", fix="make decision ids from the customer id as well")
        if dispatched_at is not None or (valid_until > as_of and decision_id not in refused):
            same = (request.message_id, request.channel) == (message_id, channel)
            rulings[decision_id] = ReservationResult("" if same else "capacity", Instant(send_at) if same else request.send_at)
    return rulings


class _CapCounts:
    """Reservations and contacts under each cap, of the customers in the call.

    persons: the surviving customer of every id, whose contacts count together.
    """

    def __init__(self, caps: Caps, as_of: Instant, persons: Mapping[str, str]) -> None:
        self._caps, self._as_of, self._persons = caps, int(as_of), persons
        self._counts: Counter[Hashable] = Counter()

    def read(self, connection: Connection, backend: Backend, taken: TakenTimes, first: int) -> None:
        """Count contacts and reservations on record, and add their times to ``taken``.

        first: the earliest send time asked for; contacts from one spacing before it are read.
        """
        query = text(_TAKEN.format(ids=backend.ids))
        longest = int(self._caps.spacing_matrix.max(initial=0))
        oldest = min(self._as_of - self._caps.longest_seconds, first - longest - 1)
        bound = {"ids": backend.bind(list(self._persons)), "as_of": self._as_of, "oldest": oldest}
        for customer_id, channel, message_id, first_at, last_at, live in connection.execute(query, bound):
            taken.add(customer_id, channel, first_at, last_at)
            at = self._as_of if live else first_at
            for key, _, seconds in self._limits(customer_id, channel, message_id):
                self._counts[key] += at > self._as_of - seconds

    def refuses(self, reservation: Reservation) -> str:
        """Return the frequency cap that is full, '' = none.

        A channel or message without a cap has none.
        """
        limits = self._limits(reservation.customer_id, reservation.channel, reservation.message_id)
        if len(limits) < len(_CAPS) or reservation.valid_until <= self._as_of:
            return _CAPS[0]
        return next((name for name, (key, cap, _) in zip(_CAPS, limits, strict=True) if self._counts[key] >= cap), "")

    def take(self, reservation: Reservation) -> None:
        """Count one more reservation."""
        self._counts.update(key for key, _, _ in self._limits(reservation.customer_id, reservation.channel, reservation.message_id))

    def _limits(self, customer_id: str, channel: str, message_id: str) -> list[tuple[Hashable, int, int]]:
        """Return (key, cap, seconds) of the caps of such a contact."""
        customer_id = self._persons[customer_id]
        limits: list[tuple[Hashable, int, int]] = [(customer_id, self._caps.contact_cap, self._caps.contact_seconds)]
        if channel in self._caps.pull:  # it interrupts nobody, so only its own caps hold
            limits = [((customer_id, "visits"), sys.maxsize, self._caps.contact_seconds)]
        c, m = self._caps.channel_index.get(channel), self._caps.message_index.get(message_id)
        if c is not None:
            limits.append(((customer_id, "channel", c), *self._caps.channel_caps[c]))
        if m is not None:
            limits.append(((customer_id, "message", m), *self._caps.message_caps[m]))
        return limits


def _write(connection: Connection, backend: Backend, granted: list[Reservation], as_of: Instant) -> None:
    if not granted:
        return
    columns: dict[str, Sequence[Any]] = {
        name: [getattr(reservation, name) for reservation in granted] for name in _COLUMNS if name not in _OWN
    }
    columns["reserved_at"] = [int(as_of)] * len(granted)
    columns["cost"] = [thousandths(reservation.cost) for reservation in granted]
    backend.insert_many(connection, "reservations", columns, _COLUMNS, _RENEW)


def find(connection: Connection, name: str) -> dict[str, ReservationResult] | None:
    """Return the rulings stored under a name, None where there are none."""
    stored = connection.execute(select(RULINGS.c.said).where(RULINGS.c.name == name)).scalar()
    if stored is None:
        return None
    return {
        decision_id: ReservationResult(refused_by, Instant(send_at)) for decision_id, (refused_by, send_at) in json.loads(stored).items()
    }


def keep(connection: Connection, name: str, ruled: Mapping[str, ReservationResult]) -> None:
    """Store the rulings under a name."""
    stored = {decision_id: (ruling.refused_by, int(ruling.send_at)) for decision_id, ruling in ruled.items()}
    connection.execute(insert(RULINGS).values(name=name, said=json.dumps(stored, sort_keys=True, separators=(",", ":"))))
