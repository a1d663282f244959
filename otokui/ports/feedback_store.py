"""Port of feedback: outcomes of contacts, and counts of channels that tell no persons.

``take`` is durable when it returns, and what an outcome changes (caps, reservations, refusals, consents) is in force then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from otokui.domain import Instant
from otokui.events.feedback import ContactOutcome, FeedbackItem
from otokui.ports.inbox import ItemResult


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """Count of one outcome of a message over a channel on one local day.

    day: ``YYYY-MM-DD``.
    """

    message_id: str
    channel: str
    day: str
    outcome: ContactOutcome
    count: int


class FeedbackStore(Protocol):
    """Store of feedback in the ledger's database."""

    def take(self, items: Sequence[FeedbackItem], received_at: Instant) -> list[ItemResult]:
        """Store items, and apply what they say; return one result per item, in order.

        An item counts once by source and event id. Items of one contact lead to one contact row in whatever order they arrive. An outcome
        of a contact that nothing names yet waits until something does.

        Raises:
            Unavailable: nothing was stored.
        """
        ...

    def channel_counts(self, since: str, until: str) -> list[ChannelCount]:
        """Return the counts of days in ``[since, until)``, sorted; none of them is a person."""
        ...
