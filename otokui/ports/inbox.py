"""Port of the inbox: items that reach the service, durable before the reply, counted once.

``take`` is the one call that accepts items. An item that says no (consents, suppressions, contacts with an opt-out) is in the ledger's
contact state when it returns. The nightly ingest takes the rows over into the records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from otokui.domain import Instant
from otokui.events.items import Alias
from otokui.events.rows import Row
from otokui.frames import Floats

Rows = Mapping[str, Sequence[Row]]
"""Rows by table of the data contract, or of ``otokui.events.rows`` (order_updates, returns)."""


class ItemStatus(StrEnum):
    """Status of an item in the reply."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Result of one item: its status, and the rule that it broke.

    rule, column, detail, fix: '' = none. An accepted item with a rule was kept in its most forbidding reading.
    """

    status: ItemStatus
    rule: str = ""
    column: str = ""
    detail: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """Entry of the inbox before its rows are checked.

    source, event_id: the key under which it counts once; digest: of the item, so that another body under the key is seen
    (``otokui.events.rows.digest_of``); rows: times are datetimes with a zone, or texts; known_at: set by an import, None = arrival;
    unreadable: the field that could not be read, '' = none. Such an entry is stored only if it says no.
    """

    source: str
    event_id: str
    digest: str
    rows: Rows
    known_at: Instant | None = None
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """Entry of the inbox as stored, its rows in the contract's types.

    Times are epoch seconds. visible_at: the instant from which its rows count, the later of arrival and what happened; customer_id: ''
    where the item names none.
    """

    sequence: int
    customer_id: str
    visible_at: Instant
    rows: Rows


@dataclass(frozen=True, slots=True)
class TodaysRow:
    """Summary of a customer with the rows that arrived since last night.

    values: (S,) in the order of ``features.summary_names()``, None = nothing that counts has arrived. It holds for every ``as_of`` with
    ``holds_from <= as_of < holds_until``.
    """

    customer_id: str
    values: Floats | None
    holds_from: int
    holds_until: int


class TodaysSummaries(Protocol):
    """Summaries of customers of whom rows arrived since last night.

    Every method raises Unavailable if inbox or records cannot be read.
    """

    def news(self) -> list[str]:
        """Return the customers of entries that arrived since the last call."""
        ...

    def rows(self, customer_ids: Sequence[str], as_of: Instant) -> list[TodaysRow]:
        """Return the summary of each customer as of an instant, in order."""
        ...


class Inbox(Protocol):
    """Inbox of a shop; append-only, in the ledger's database."""

    def take(self, entries: Sequence[InboxEntry], received_at: Instant) -> list[ItemResult]:
        """Check and store entries; return one result per entry, in order.

        Durable when it returns, and one transaction: consents, suppressions and contacts among the rows are in the ledger's contact state.
        An entry that breaks a rule is refused alone.

        Raises:
            Unavailable: nothing was stored.
        """
        ...

    def customers_of(self, aliases: Sequence[Alias], as_of: Instant) -> list[str | None]:
        """Return the customer of each alias as known at ``as_of``; None = unknown."""
        ...

    def last(self) -> int:
        """Return the sequence number of the newest entry ever stored, 0 for none."""
        ...

    def after(self, sequence: int, most: int = 10_000) -> list[StoredEntry]:
        """Return up to ``most`` entries with rows after a sequence number, in its order.

        No entry with a lower number can appear later: numbers are given in the order of commits.
        """
        ...

    def touched(self, after: int, through: int, before: Instant) -> list[tuple[int, str, str]]:
        """Return (sequence, customer id, order id) of the entries after a number.

        Those up to ``through`` that were visible before ``before`` are left out: the summaries include them.
        """
        ...

    def entries(self, sequences: Sequence[int]) -> list[StoredEntry]:
        """Return the entries of these numbers that have rows, in sequence."""
        ...

    def of_customers(self, customer_ids: Sequence[str], order_ids: Sequence[str] = ()) -> list[StoredEntry]:
        """Return the entries with rows of these customers and orders, in sequence.

        Those of the customers' orders in the inbox, which may name no customer, are among them.
        """
        ...

    def purge(self, through: int, before: Instant, keys_before: Instant, keep: Sequence[int] = ()) -> int:
        """Purge the rows of entries up to ``through``; return their number.

        Those stay that were not visible before ``before``.
        Their keys stay while they were received at ``keys_before`` or later, so that a late repeat is a duplicate. keep: entries whose
        rows stay.
        """
        ...
