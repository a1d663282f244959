"""Handler of calls with items for the inbox.

The calls of a micro-batch are stored in one transaction. A durable write costs the same for one call as for fifty. Each item of each call
has its own result; a value that the database cannot store fails the call that sent it, and no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from otokui.domain import Instant
from otokui.ports.inbox import Inbox, ItemResult, ItemStatus
from serving import metrics
from serving.handlers.events.item_reading import ReadItem
from serving.handlers.isolation import isolated


class ItemOutcome(Struct, frozen=True, omit_defaults=True):
    """Result of one item.

    Rule, column, detail and fix are filled where it was refused, or kept in its most forbidding reading.
    """

    event_id: str
    status: ItemStatus
    rule: str = ""
    column: str = ""
    detail: str = ""
    fix: str = ""


class EventReply(Struct, frozen=True, omit_defaults=True):
    """Results of the items of a call, in order, with their counts.

    Accepted items are durable. Of a webhook: how many events of each type were ignored, and how much personal data of each kind was left
    behind.
    """

    accepted: int
    duplicates: int
    refused: int
    items: list[ItemOutcome]
    ignored: dict[str, int] = {}
    stripped: dict[str, int] = {}


_NONE: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Handler of batches of calls; the ``work`` of a micro-batcher."""

    inbox: Callable[[], Inbox]
    clock: Callable[[], Instant]

    def __call__(self, calls: Sequence[Sequence[ReadItem]]) -> list[bytes | Exception]:
        """Return for each call its reply or its error."""
        return isolated(calls, self._stored)

    def _stored(self, calls: Sequence[Sequence[ReadItem]]) -> list[bytes | Exception]:
        entries = [item.entry for items in calls for item in items if item.entry is not None]
        results = iter(self.inbox().take(entries, self.clock()) if entries else [])
        return [reply_of([(item.event_id, item.refusal or next(results)) for item in items]) for items in calls]


def reply_of(results: Sequence[tuple[str, ItemResult]], ignored: Mapping[str, int] = _NONE, stripped: Mapping[str, int] = _NONE) -> bytes:
    """Return the reply with the result of each item, by event id."""
    counts = Counter(result.status for _, result in results)
    for status, number in counts.items():
        metrics.items.labels(str(status)).inc(number)
    outcomes = [
        ItemOutcome(event_id, *(getattr(result, name) for name in ItemOutcome.__struct_fields__[1:])) for event_id, result in results
    ]
    numbers = (counts[ItemStatus.ACCEPTED], counts[ItemStatus.DUPLICATE], counts[ItemStatus.REFUSED])
    return msgspec.json.encode(EventReply(*numbers, outcomes, dict(ignored), dict(stripped)))
