"""Hourly purge of lapsed reservations and expired replies in the ledger.

The nightly run purges too. A shop that decides by calls alone has none, so the service does it beside its other checks. Nothing goes that
a cap, a spacing, the budget or a run for an earlier night still counts; the decision log, from which replay works, is not touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from otokui import clock
from otokui.domain import HOUR, Instant
from otokui.errors import Unavailable
from otokui.observe import log


class Purgeable(Protocol):
    """A ledger that can be purged."""

    def forget_lapsed(self, before: Instant) -> int:
        """Delete reservations that lapsed before an instant; return their number."""
        ...

    def forget_replies(self, now: Instant) -> int:
        """Delete replies whose idempotency keys are over; return their number."""
        ...


@dataclass(slots=True)
class HourlyPurge:
    """Purge of a ledger, once an hour however often it is asked."""

    now: Callable[[], Instant] = clock.now
    due: int = 0

    def __call__(self, ledger: Purgeable, kept_seconds: int) -> None:
        """Purge if an hour has passed; a ledger that cannot be used is left for the next hour.

        kept_seconds: for how long lapsed reservations stay.
        """
        now = self.now()
        if now < self.due:
            return
        self.due = now + HOUR
        try:
            lapsed, replies = ledger.forget_lapsed(Instant(now - kept_seconds)), ledger.forget_replies(now)
        except Unavailable as error:
            log.warning("ledger_not_purged", why=error.detail)
            return
        if lapsed or replies:
            log.info("ledger_purged", reservations=lapsed, replies=replies)
