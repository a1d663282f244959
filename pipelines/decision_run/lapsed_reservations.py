"""Purge of lapsed reservations from the ledger after a run.

Otherwise it would keep every contact that was never sent.

Kept apart from the run itself, which may be started again for a night long past: what such a run looks at must still be there.
"""

from __future__ import annotations

from typing import Final

from otokui.domain import DAY, Instant
from otokui.ports.ledger import Ledger

KEPT_DAYS: Final = 90
"""Lapsed reservations stay for so long at least; a run for an earlier night no longer sees those that were live then."""


def forget_lapsed(ledger: Ledger, as_of: Instant, now: Instant, *, longest_period_seconds: int) -> int:
    """Purge reservations that lapsed before every period still counted; return their number.

    Counted by a run as of ``as_of``, or by one today.

    longest_period_seconds: of the caps and the budget. A run for a day to come lets go of no more than one of today, or it would take
    places that are live.
    """
    kept_seconds = max(KEPT_DAYS * DAY, longest_period_seconds)
    return ledger.forget_lapsed(Instant(min(as_of, now) - kept_seconds))
