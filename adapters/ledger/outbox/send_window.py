"""Send window of a granted reservation: its first and last instant of sending.

The send engine or the person that carries the reservation out keeps to it.
"""

from __future__ import annotations

from otokui.domain import HOUR
from otokui.ports.reservations import Reservation


def sending_hours(reservation: Reservation) -> tuple[int, int]:
    """Return the first and the last instant of sending.

    A contact that the ledger moved has the hour that begins at its time.
    """
    first = reservation.send_at if reservation.not_before is None else min(reservation.not_before, reservation.send_at)
    last = reservation.send_at + HOUR - 1 if reservation.not_after is None else reservation.not_after
    return int(first), int(max(min(last, reservation.valid_until), reservation.send_at))
