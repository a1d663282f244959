"""Circuit breaker of the ledger: no calls for a while after a slow failure.

One worker answers all calls. If each of sixteen waited a second for the same lock, the callers of the last would have given up. After
the first has waited, the others fail at once and contact nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import ContactState, Floats
from otokui.ports.ledger import Ledger, RequestKey, Written
from otokui.ports.reservations import Reservation, ReservationResult, Take
from serving.live.opt_out_check import OptOutCheck

RESTS = 2.0
"""How long the circuit stays open, as a multiple of the wait that opened it."""


@dataclass(slots=True)
class LedgerCircuitBreaker:
    """The service's ledger behind a circuit breaker and an opt-out check.

    The circuit opens after a slow failure. A ledger that lacks records is not read.
    opt_outs: whether the ledger has every opt-out on record; slow_seconds: a faster failure does not open the circuit.
    """

    ledger: Ledger
    opt_outs: OptOutCheck
    slow_seconds: float
    now: Callable[[], float] = time.monotonic
    _until: float = field(default=0.0)

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats) -> ContactState:
        """Return the contact state of these customers.

        Raises:
            Unavailable: the ledger cannot be read, or lacks records; then nobody may be contacted.
        """
        self.opt_outs.require()
        with self._circuit():
            return self.ledger.contact_state(customer_ids, as_of, last_purchase_at)

    def surviving(self, customer_ids: Sequence[str], as_of: Instant) -> list[str]:
        """Return the surviving customer of each id: the id itself if it was not merged."""
        with self._circuit():
            return self.ledger.identities.surviving(customer_ids, as_of)

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the stored reply of an idempotency key."""
        with self._circuit():
            return self.ledger.answered(key, asked_at)

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[ReservationResult], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Make reservations, log decisions and store the reply in one transaction."""
        with self._circuit():
            return self.ledger.commit(wanted, as_of, write, key, asked_at)

    @contextmanager
    def _circuit(self) -> Iterator[None]:
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
