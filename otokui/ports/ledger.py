"""Port of the ledger: its methods, and the records that pass through it.

The nightly run, the service, ingestion and replay all use it. Its types are defined once, here: every room that reserves, logs or repeats
a response uses them, and the contract suite (``tests/contract/test_ledgers_*``) calls these methods on every ledger there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from otokui.domain import Instant
from otokui.frames import ContactState, Floats, Ints
from otokui.ports.erasures import ErasedCustomers
from otokui.ports.identities import Identities
from otokui.ports.reservations import Reservation, ReservationResult, Take


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Idempotency key of a request, with the digest of its body."""

    key: str
    body_digest: str


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """Logged decision, with everything needed to replay it.

    inputs: the packed summary row (``features.summaries.packing``); contact_state: JSON of the ledger's row as read; decision: JSON of
    the row in the response; propensity: the action probability; ruling: JSON of the reservation result
    (``decisions.engine.reservation``), None = no reservation; context: JSON of the visit (``decisions.policy.visit``), None = none.
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
    context: str | None = None


@dataclass(frozen=True, slots=True)
class ResponseCounts:
    """Response counts of contacts, in the order of the policy's M messages and C channels."""

    sent: Ints  # (M, C) contacts whose response_days are over
    converted: Ints  # (M, C) of those, how many reached the goal within response_days
    watched: Ints  # (C, 168) contacts with observable reads, by local hour of the week of sending, Monday first
    read: Ints  # (C, 168) of those, how many were opened by a person, or clicked


Written = tuple[Sequence[LoggedDecision], bytes | None]
"""Output of a commit: the decisions to log, and the response to store under the request's key (None = none)."""


SetAside = Callable[[Any], None]
"""Receives the rows (Polars) that a ledger could not take; without it, such a row is refused."""


class Ledger(Protocol):
    """Ledger of contacts, consents, reservations and logged decisions.

    Each method that writes is one transaction. Every method raises Unavailable if the database cannot be used; nobody may be contacted
    then.
    """

    @property
    def identities(self) -> Identities:
        """Aliases and merges of customers, in the same database."""
        ...

    @property
    def erasures(self) -> ErasedCustomers:
        """Erased customers, of whom nothing is imported and who are never contacted."""
        ...

    def contact_state(self, customer_ids: Sequence[str], as_of: Instant, last_purchase_at: Floats | None = None) -> ContactState:
        """Return the contact state of these customers before ``as_of``, in their order.

        last_purchase_at: (n,) epoch seconds, NaN = never; if given, sends before it are not unanswered.
        """
        ...

    def refused(self, as_of: Instant) -> Mapping[str, Mapping[str, int]]:
        """Count by channel and rule the customers whose refusals close it."""
        ...

    def used(self, as_of: Instant, until: Instant) -> tuple[list[tuple[int, int, int]], float]:
        """Return the capacity and the budget taken before ``as_of``.

        (channel index, send time, contacts) of contacts sent or reserved from the day before ``as_of`` to ``until``, of channels with a
        limit; and the money spent or reserved in the budget's period.
        """
        ...

    def settle(self, name: str, as_of: Instant, work: Callable[[Take], Mapping[str, ReservationResult]]) -> Mapping[str, ReservationResult]:
        """Run work that takes reservations once per name, and store its results with them.

        work: is given a function that takes reservations, may call it several times, and returns the results to store. If results of this
        name are stored already, they are returned, and nothing is done.
        """
        ...

    def commit(
        self,
        wanted: Sequence[Reservation],
        as_of: Instant,
        write: Callable[[Sequence[ReservationResult], Take], Written],
        key: RequestKey | None,
        asked_at: Instant,
    ) -> bytes | None:
        """Take reservations, log the decisions of ``write``, and store its response under ``key``.

        write: is given the reservation results, in the order of ``wanted``, and a function that takes further reservations in the same
        transaction. asked_at: the clock's instant, from which the response is stored for 24 hours.

        Return the response: of ``write``, or the one stored under the key, in which case nothing was written.

        Raises:
            Conflict: the key was used with another body, or a decision id by another customer.
        """
        ...

    def answered(self, key: RequestKey, asked_at: Instant) -> bytes | None:
        """Return the stored response of an idempotency key, or None.

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
        """Return the ids of decisions logged with ``since <= as_of < until``, sorted."""
        ...

    def decisions(self, decision_ids: Sequence[str]) -> list[LoggedDecision]:
        """Return logged decisions in the order of their ids.

        Those not in the log are left out.
        """
        ...

    def record_run(self, manifest: Mapping[str, Any]) -> None:
        """Record the published manifest of a run over the whole base; idempotent."""
        ...

    def forget_lapsed(self, before: Instant) -> int:
        """Delete reservations that lapsed before an instant; return how many.

        Those whose contact still counts in the budget stay.
        """
        ...

    def last_batch(self, source: str) -> int:
        """Return the last batch imported from ``contacts``, ``consents`` or ``suppressions``; -1 for none."""
        ...

    def import_consents(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import conformed consents (Polars or Arrow); return the rows taken.

        A batch imported before takes 0.
        """
        ...

    def import_contacts(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import conformed contacts (Polars or Arrow); return the rows taken.

        A batch imported before takes 0.
        """
        ...

    def import_suppressions(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import conformed suppressions (Polars or Arrow); return the rows taken.

        A batch imported before takes 0.
        """
        ...

    def import_identities(self, frame: Any, *, batch: int | None = None, set_aside: SetAside | None = None) -> int:
        """Import conformed identities (Polars or Arrow); return the rows taken.

        A batch imported before takes 0.
        """
        ...

    def response_counts(self, since: Instant, as_of: Instant) -> ResponseCounts:
        """Count sends, conversions and read hours of contacts sent in ``[since, as_of)``."""
        ...
