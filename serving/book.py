"""The ledger as an answer needs it: read the state of some customers, write what was decided, all or nothing.

A port of its own, so that the road from request to reply can be walked in tests without a database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from otokui.domain import Instant
from otokui.frames import ContactState, Floats
from otokui.ports import Reservation, Ruling, Take


@dataclass(frozen=True, slots=True)
class Key:
    """What a caller names a request by, and the digest of what was asked."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision as it is logged: with everything needed to make it again.

    inputs: the packed summary row; contact_state: the ledger's row as JSON; decision: the row as JSON;
    ruling: what the ledger said when the place was asked for, as JSON, None = none was.
    """

    decision_id: str
    customer_id: str
    as_of: Instant
    summarised_at: Instant
    status: str
    message_id: str | None
    channel: str | None
    propensity: float
    policy: str
    models: dict[str, str]
    inputs: bytes
    contact_state: str
    decision: str
    ruling: str | None


class Book(Protocol):
    """What is on record about contacts, and where decisions are written."""

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats) -> ContactState:
        """Return what is on record, in the order of the customers.

        Raises:
            Unavailable: it cannot be read; then nobody may be contacted.
        """
        ...

    def kept(self, key: Key, asked_at: Instant) -> bytes | None:
        """Return the answer that was given under this key, None when there was none.

        Raises:
            Conflict: the key was used for another request.
        """
        ...

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[Ruling], Take], tuple[Sequence[Entry], bytes | None]],
        key: Key | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Take the places, log what ``write`` returns for the rulings, keep its answer under ``key``: one transaction.

        ``write`` may take further places for those who were turned away, in the same transaction.

        Return the answer: of ``write``, or the one kept from before, in which case nothing was written.

        Raises:
            Unavailable: nothing was written.
            Conflict: the key was used for another request.
        """
        ...
