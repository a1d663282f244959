"""A ledger that kept one call waiting is not asked again for a moment, so that one lock does not stall every call in turn.

Calls are answered by one worker. Where each of sixteen waits a second for the same lock, the last has long been given up by its
caller; where the first has waited, the others are told at once that nothing is known, and contact nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import ContactState, Floats
from otokui.ledger_port import Ledger, RequestKey, Written
from otokui.ports import Reservation, Ruling, Take
from serving.live.opt_out_check import Standing

RESTS = 2.0
"""How long the ledger is left alone, in times of what was waited for it."""


@dataclass(slots=True)
class RestingLedger:
    """What the service asks of the ledger, which is left alone for a moment after it kept a call waiting, and not read while behind.

    standing: whether the ledger has what is on record; slow_seconds: a failure after less was no waiting.
    """

    ledger: Ledger
    standing: Standing
    slow_seconds: float
    now: Callable[[], float] = time.monotonic
    _until: float = field(default=0.0)

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats) -> ContactState:
        """Return what is on record about contacting these customers.

        Raises:
            Unavailable: it cannot be read, or lacks what is on record; then nobody may be contacted.
        """
        self.standing.require()
        with self._asked():
            return self.ledger.contact_state(customer_ids, as_of, last_purchase_at)

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the answer kept under a key."""
        with self._asked():
            return self.ledger.answered(key, asked_at)

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[Ruling], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Take places, log and keep the answer in one transaction."""
        with self._asked():
            return self.ledger.commit(wanted, as_of, write, key, asked_at)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        began = self.now()
        if began < self._until:
            raise Unavailable("the ledger kept the last call waiting and is left alone for a moment", fix="repeat the call in some seconds")
        try:
            yield
        except Unavailable:
            waited = self.now() - began
            if waited >= self.slow_seconds:
                self._until = self.now() + RESTS * waited
            raise
