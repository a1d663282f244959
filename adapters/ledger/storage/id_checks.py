"""Checks of ids before any SQL: a non-canonical id never reaches a database.

SQLite's ``json_each`` would cut such an id at a NUL and read another customer's consent. PostgreSQL would fail the whole statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from otokui.errors import BadInput
from otokui.identity.ids import FIX, fault, is_canonical
from otokui.ports.reservations import Reservation


def refuse_odd(ids: Iterable[str], subject: str) -> None:
    """Refuse ids that are not canonical.

    Raises:
        BadInput: says what is wrong with the first of them, without quoting it.
    """
    for id_ in ids:
        if not is_canonical(id_):
            why = fault(id_) or "it is not in canonical form (NFC, no blanks around it)"
            raise BadInput(f"{subject} is no id: {why}", fix=FIX)


def refuse_odd_places(reservations: Sequence[Reservation]) -> None:
    """Refuse reservations with ids that are not canonical.

    Raises:
        BadInput: as ``refuse_odd``.
    """
    refuse_odd((reservation.customer_id for reservation in reservations), "a customer id")
    refuse_odd((reservation.decision_id for reservation in reservations), "a decision id")
