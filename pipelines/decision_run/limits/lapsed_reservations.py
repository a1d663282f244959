"""Purge of lapsed reservations from the ledger after a run.

Otherwise it would keep every contact that was never sent.

Kept apart from the run itself, which may be started again for a night long past: what such a run looks at must still be there.
"""

from __future__ import annotations

from otokui.domain import Instant
from otokui.ports.ledger import Ledger


def forget_lapsed(ledger: Ledger, as_of: Instant, now: Instant, *, kept_seconds: int) -> int:
    """Purge reservations that lapsed before every period still counted; return their number.

    Counted by a run as of ``as_of``, or by one today.

    kept_seconds: how long they stay (``adapters.ledger.frequency_caps``). A run for a day to come lets go of no more than one of today, or
    it would take places that are live.
    """
    return ledger.forget_lapsed(Instant(min(as_of, now) - kept_seconds))
