"""Places taken as the service takes them, so that tests ask a ledger by the call that the product makes."""

from __future__ import annotations

from collections.abc import Sequence

from otokui.domain import Instant
from otokui.ports.ledger import Ledger, Written
from otokui.ports.reservations import Reservation, ReservationResult, Take


def placed(ledger: Ledger, wanted: Sequence[Reservation], as_of: int) -> list[ReservationResult]:
    """Take places in one commit that logs nothing; return what was ruled on each."""
    said: list[ReservationResult] = []

    def write(rulings: Sequence[ReservationResult], take: Take) -> Written:
        said.extend(rulings)
        return [], None

    ledger.commit(wanted, Instant(as_of), write, None, Instant(as_of))
    return said


def taken(ledger: Ledger, wanted: Sequence[Reservation], as_of: int) -> list[bool]:
    """Take places in one commit; return of each whether it was free."""
    return [bool(ruling) for ruling in placed(ledger, wanted, as_of)]
