"""Reservation of a place under caps and capacity, with its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from otokui.domain import Instant


@dataclass(frozen=True, slots=True)
class Reservation:
    """Reservation of a place under caps and capacity, for one contact.

    cost: money it takes of the budget; others: further send times, best first, in case the hour of ``send_at`` is full, each the
    beginning of a send window of an hour; not_before: the beginning of that of ``send_at``, None = ``send_at`` itself; not_after: its
    end, None = an hour after ``send_at``. For the minimum spacing, the contact may be sent from ``not_before`` until ``valid_until``.
    """

    decision_id: str
    customer_id: str
    message_id: str
    scenario: str
    channel: str
    send_at: Instant
    valid_until: Instant
    cost: float = 0.0
    others: tuple[Instant, ...] = ()
    not_before: Instant | None = None
    not_after: Instant | None = None


@dataclass(frozen=True, slots=True)
class ReservationResult:
    """Result of a reservation; true if the place was given.

    refused_by: the rule that refused it (a name of ``decisions.constraints.constraints``), '' = none did; send_at: the time given, which
    is one of those requested.
    """

    refused_by: str
    send_at: Instant

    def __bool__(self) -> bool:
        return not self.refused_by


Take = Callable[[Sequence[Reservation]], Sequence[ReservationResult]]
"""Takes reservations within a transaction that is under way."""
