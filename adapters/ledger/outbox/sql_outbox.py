"""Outbox of the ledger in SQL: the change feed, and withdrawals after refusals."""

from __future__ import annotations

from sqlalchemy import Engine, select

from adapters.ledger.frequency_caps import Caps
from adapters.ledger.outbox import announcements, change_feed, task_rows
from adapters.ledger.storage.database import Backend, reading, writing
from adapters.ledger.storage.outbox_tables import REFUSAL_MARKS
from otokui.domain import DAY, Instant
from otokui.ports.changes import ChangePage, FeedPosition

KEPT_DAYS = 7
"""Changes stay for so many days after their decision lapsed; after that nobody may act on them anyway."""


class SqlOutbox:
    """Outbox of one ledger; implements ``otokui.ports.changes.ChangeFeed``.

    Safe for several threads and processes. Every method raises Unavailable when the database cannot be used.
    """

    withdraw_erased = staticmethod(announcements.withdraw_erased)

    def __init__(self, engine: Engine, backend: Backend, caps: Caps) -> None:
        self._engine, self._backend, self._caps = engine, backend, caps

    def changes(self, position: FeedPosition, *, now: Instant, window_seconds: int, limit: int) -> ChangePage:
        """Return the next changes after a position.

        Refusals that are on record by now are withdrawn before, so that no page offers a customer who has refused.
        """
        self.withdraw_refused(now)
        with reading(self._engine) as connection:
            return change_feed.read(connection, position, now, window_seconds, limit)

    def withdraw_refused(self, now: Instant) -> None:
        """Withdraw what was announced of customers who have refused since."""
        while self._has_marks():
            with writing(self._engine) as connection:
                if not announcements.withdraw_refused(connection, self._backend, self._caps, now):
                    return

    def forget_changes(self, now: Instant) -> int:
        """Delete changes and tasks whose decision lapsed long ago; return how many."""
        before = Instant(now - KEPT_DAYS * DAY)
        with writing(self._engine) as connection:
            return announcements.forget(connection, before) + task_rows.forget(connection, before)

    def _has_marks(self) -> bool:
        with reading(self._engine) as connection:
            return connection.execute(select(REFUSAL_MARKS.c.mark).limit(1)).first() is not None
