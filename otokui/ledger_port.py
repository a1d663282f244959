"""The one port to the ledger: what the nightly run, the service, ingestion and replay ask of it, and the records that pass through.

A file of its own, because what is written here is written once: every room that reserves, logs or repeats an answer uses these types, and
the contract suite (``tests/contract/test_ledgers_*``) calls these methods on every ledger there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from otokui.domain import Instant
from otokui.frames import ContactState, Floats, Ints
from otokui.ports import Reservation, Ruling, Take


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a caller names a request by, and the digest of its body."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """One decision as it is logged: with everything needed to make it again.

    inputs: the packed summary row (``features.summaries.packing``); contact_state: JSON of the ledger's row as it was read;
    decision: JSON of the row that was answered; propensity: the chance with which it was chosen; ruling: JSON of what
    the ledger said when the place was asked for (``decisions.engine.reservation``), None = none was.
    """

    decision_id: str
    customer_id: str
    as_of: Instant
    summarised_at: Instant
    status: str
    message_id: str | None
    channel: str | None
    propensity: float | None
    policy: str
    models: Mapping[str, str]
    inputs: bytes
    contact_state: str
    decision: str
    ruling: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseCounts:
    """Responses to contacts, counted in the order of the policy's M messages and C channels."""

    sent: Ints  # (M, C) contacts whose response_days are over
    converted: Ints  # (M, C) of those, how many reached the goal within response_days
    watched: Ints  # (C, 168) contacts of which it is seen whether a person reads them, by local hour of the week, Monday first, of sending
    read: Ints  # (C, 168) of those, how many were opened by a person, or clicked


Written = tuple[Sequence[LoggedDecision], bytes | None]
"""What a commit leaves behind: the decisions to log, and the answer to keep under the request's key (None = keep none)."""


SetAside = Callable[[Any], None]
"""Is given the rows (Polars) that a ledger could not take; without it, such a row is refused."""


class Ledger(Protocol):
    """The truth about contacts, consents, reservations and logged decisions; each method that writes is one transaction.

    Every method raises Unavailable where the database cannot be used; nobody may be contacted then.
    """

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None) -> ContactState:
        """Return what is on record about contacting these customers before ``as_of``, in their order.

        last_purchase_at: (n,) epoch seconds, NaN = never; where given, sends before it are not unanswered.
        """
        ...

    def refused(self, as_of: Instant) -> Mapping[str, Mapping[str, int]]:
        """Count by channel and rule the customers whose refusals close it."""
        ...

    def used(self, as_of: Instant, until: Instant) -> tuple[list[tuple[int, int, int]], float]:
        """Return what of the shop's limits was taken before ``as_of``.

        (channel index, send time, contacts) of what is sent or reserved from the day before ``as_of`` to ``until``, of channels that
        have a limit; and the money spent or reserved in the budget's period.
        """
        ...

    def settle(self, name: str, as_of: Instant, work: Callable[[Take], Mapping[str, Ruling]]) -> Mapping[str, Ruling]:
        """Do what takes places under a name once, together with what was ruled.

        work: is given a function that takes places, may call it several times, and returns the rulings to keep. Where they are kept
        already they come back, and nothing is done.
        """
        ...

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[Ruling], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Take places, log what ``write`` returns for the rulings, and keep its answer under ``key``.

        write: is given the rulings, in the order of ``wanted``, and a function that takes further places in the same transaction.
        asked_at: the clock's instant, from which the answer is kept for 24 hours.

        Return the answer: of ``write``, or the one kept under the key, in which case nothing was written.

        Raises:
            Conflict: the key was used with another body, or a decision id by another customer.
        """
        ...

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the answer kept under a request key, None when there is none.

        Raises:
            Conflict: the key was used with another body.
        """
        ...

    def decision(self, decision_id: str) -> LoggedDecision:
        """Return a logged decision with its inputs.

        Raises:
            Missing: no decision of that id is in the log.
        """
        ...

    def decision_ids(self, since: Instant | None = None, until: Instant | None = None) -> list[str]:
        """Return the ids of the decisions logged with ``since <= as_of < until``, in alphabetical order."""
        ...

    def decisions(self, decision_ids: Sequence[str]) -> list[LoggedDecision]:
        """Return logged decisions in the order asked for; those not in the log are left out."""
        ...

    def record_run(self, manifest: Mapping[str, Any]) -> None:
        """Record that a run over the whole base was published; the same run again changes nothing."""
        ...

    def forget_lapsed(self, before: Instant) -> int:
        """Delete places that lapsed before an instant, but for those whose contact still counts in the budget; return how many."""
        ...

    def last_batch(self, source: str) -> int:
        """Return the last batch imported from ``contacts``, ``consents`` or ``suppressions``; -1 for none."""
        ...

    def import_consents(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Bring conformed consents (Polars or Arrow); return the rows taken, 0 for a batch that is in already."""
        ...

    def import_contacts(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Bring conformed contacts (Polars or Arrow); return the rows taken, 0 for a batch that is in already."""
        ...

    def import_suppressions(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Bring conformed suppressions (Polars or Arrow); return the rows taken, 0 for a batch that is in already."""
        ...

    def response_counts(self, since: Instant, as_of: Instant) -> ResponseCounts:
        """Count sends, conversions and reading hours of contacts sent in ``[since, as_of)``."""
        ...
