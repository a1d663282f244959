"""Minimum spacing between contacts of a customer, by send time.

It is read into the contact state, and held at reservation; ``decisions.policy.spaced_send_times`` moves a contact that is too near. A
contact counts at the time it was sent. A live reservation counts from the beginning of its send window until it lapses, for it may be
sent at any time between. Push channels share the spacing of the customer; each channel has one of its own besides. A pull channel
interrupts nobody, so only its own counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from adapters.ledger.frequency_caps import Caps
from otokui.domain import HOUR
from otokui.frames import Floats, Ints
from otokui.ports.reservations import Reservation

RULE = "contact_spacing"


def too_near(caps: Caps, rows: tuple[Ints, Ints, Ints, Ints], customers: int, as_of: int) -> tuple[Floats, Floats] | None:
    """Return the instants between which another contact would be too near.

    They are of each channel, (customers, C) each. rows: of each contact or reservation the position of its customer, its channel (-1 =
    not in the settings), and the first and last instant of its send time. NaN = no other contact is near. None = no channel has a
    spacing.
    """
    if not caps.spaced:
        return None
    position, channel, first, last = rows
    shape = (customers, len(caps.channels))
    begin, until = np.full(shape, np.inf), np.full(shape, -np.inf)
    near = np.flatnonzero(last + max(caps.spacing_matrix.max(initial=0), 0) > as_of)
    position, channel, first, last = position[near], channel[near], first[near], last[near]
    for c in range(shape[1]):
        seconds = caps.spacing_matrix[c, channel]  # the last column stands for channels that are not in the settings
        counted = (seconds > 0) & (last + seconds > as_of)
        np.minimum.at(begin[:, c], position[counted], (first - seconds)[counted])
        np.maximum.at(until[:, c], position[counted], (last + seconds)[counted])
    none = np.isinf(until)
    begin[none] = until[none] = np.nan
    return begin, until


class TakenTimes:
    """Send times taken by contacts and reservations, of the customers in a call.

    persons: the surviving customer of every id, whose contacts count together.
    """

    def __init__(self, caps: Caps, persons: Mapping[str, str]) -> None:
        self._caps, self._persons = caps, persons
        self._times: dict[str, list[tuple[int, int, int]]] = defaultdict(list)

    def add(self, customer_id: str, channel: str, first: int, last: int) -> None:
        """Count one contact, or one reservation with its send window."""
        if self._caps.spaced:
            self._times[self._persons[customer_id]].append((self._caps.channel_index.get(channel, -1), first, last))

    def take(self, reservation: Reservation, at: int) -> None:
        """Count a reservation that was given ``at``."""
        self.add(reservation.customer_id, reservation.channel, *window_of(reservation, at))

    def permit(self, reservation: Reservation, at: int) -> bool:
        """Whether a reservation at a time keeps the spacing from all that is taken."""
        taken = self._times.get(self._persons[reservation.customer_id], ())
        if not taken:
            return True
        begin, until = window_of(reservation, at)
        seconds = self._caps.spacing_matrix[self._caps.channel_index.get(reservation.channel, -1)]
        return all(
            last + seconds[channel] <= begin or until + seconds[channel] <= first for channel, first, last in taken if seconds[channel]
        )


def window_of(reservation: Reservation, at: int) -> tuple[int, int]:
    """Return the first and the last possible send time of a reservation."""
    if at != reservation.send_at:
        return at, max(reservation.valid_until, at + HOUR - 1)
    begin = at if reservation.not_before is None else min(at, reservation.not_before)
    return begin, max(reservation.valid_until, at)
