"""Port of the change feed: decisions that are due, in resumable pages.

A page repeats nothing and misses nothing that a cursor has not covered. What it hands over may be handed over again by an earlier cursor:
at least once, never not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from otokui.domain import Instant, show_instant
from otokui.settings.service.webhooks import Webhook


@dataclass(frozen=True, slots=True)
class DecisionChange:
    """Change of one decision: due within the window, or withdrawn after it was handed over.

    sequence: grows with every change; of one decision the largest counts. reason: of a withdrawal, the rule; customer_id: None = erased.
    """

    sequence: int
    kind: str
    decision_id: str
    customer_id: str | None
    message_id: str
    scenario: str
    channel: str
    send_at: Instant
    not_before: Instant
    not_after: Instant
    valid_until: Instant
    reason: str | None = None

    def to_dict(self, timezone: str) -> dict[str, Any]:
        """Return the change as it is told, with times in the shop's zone."""
        times = ("send_at", "not_before", "not_after", "valid_until")
        named = {name: getattr(self, name) for name in ("sequence", "decision_id", "customer_id", "message_id", "scenario", "channel")}
        shown = {name: show_instant(getattr(self, name), timezone) for name in times}
        return {"change": self.kind, **named, **shown, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Position in the change feed.

    Everything up to ``sequence`` that is due by ``due_until`` was handed over.
    to_sequence, to_due: the same of the round that is under way, equal where none is; after: (due_at, sequence) of the last change of its
    first part, None = that part is done; at: sequence of the last change of its second part.
    """

    channel: str | None = None
    sequence: int = 0
    due_until: int = -1
    to_sequence: int = 0
    to_due: int = -1
    after: tuple[int, int] | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Page of changes, the position after it, and whether more are waiting."""

    changes: tuple[DecisionChange, ...]
    position: FeedPosition
    more: bool


class ChangeFeed(Protocol):
    """Feed of changes, for send engines that do not ask customer by customer."""

    def changes(self, position: FeedPosition, *, now: Instant, window_seconds: int, limit: int) -> ChangePage:
        """Return the next changes after a position.

        Due are those whose send window begins within ``window_seconds``.

        Raises:
            Unavailable: the ledger cannot be used.
        """
        ...


class Webhooks(Protocol):
    """Sender of changes to configured endpoints."""

    def deliver(self, webhook: Webhook, now: Instant) -> bool:
        """Send the next message of an endpoint; return whether there was anything to do.

        Raises:
            BadSettings: its secret is missing. Unavailable: the ledger cannot be used.
        """
        ...

    def warnings(self, webhooks: Sequence[Webhook]) -> list[str]:
        """Return what an operator should look at: messages that were given up."""
        ...

    def purge(self, webhooks: Sequence[Webhook], now: Instant) -> int:
        """Delete changes and messages that are done with; return how many."""
        ...
