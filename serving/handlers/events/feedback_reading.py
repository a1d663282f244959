"""Reading of feedback items, one by one.

An item that cannot be read is refused alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from otokui.events.feedback import Feedback, FeedbackItem
from otokui.events.items import Alias
from otokui.ports.inbox import ItemResult
from serving.handlers.events.item_reading import MOST_ITEMS, RawItems, Resolve, refusal

FEEDBACK: Final = msgspec.json.Decoder(RawItems)
_ITEM: Final = msgspec.json.Decoder(FeedbackItem)


class FeedbackRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Feedback items, 1 to 1,000.

    They are outcomes of contacts, or counts of a channel that reports no persons.
    """

    items: Annotated[list[FeedbackItem], Meta(min_length=1, max_length=MOST_ITEMS)]


@dataclass(frozen=True, slots=True)
class ReadFeedback:
    """One feedback item of a call, or why there is none.

    event_id: as it was sent, '' = unreadable.
    """

    event_id: str
    item: FeedbackItem | None = None
    refusal: ItemResult | None = None


def read_feedback(raw: Sequence[msgspec.Raw]) -> list[ReadFeedback]:
    """Return the items of a call, in order."""
    return [_decoded(one) for one in raw]


def with_customers(items: Sequence[ReadFeedback], resolve: Resolve) -> list[ReadFeedback]:
    """Return the items with the customer of each alias.

    An unknown alias refuses its item alone.
    """
    aliased = [one.item for one in items if isinstance(one.item, Feedback) and one.item.customer_id is None and one.item.alias is not None]
    if not aliased:
        return list(items)
    aliases = list({item.alias: None for item in aliased if item.alias is not None})
    customers = dict(zip(aliases, resolve(aliases), strict=True))
    return [_named(one, customers) for one in items]


def _named(one: ReadFeedback, customers: Mapping[Alias, str | None]) -> ReadFeedback:
    item = one.item
    if not isinstance(item, Feedback) or item.customer_id is not None or item.alias is None:
        return one
    customer_id = customers[item.alias]
    if customer_id is not None:
        return ReadFeedback(one.event_id, msgspec.structs.replace(item, customer_id=customer_id))
    named_otherwise = item.decision_id is not None or item.contact_id is not None
    return one if named_otherwise else ReadFeedback(one.event_id, refusal=refusal("unknown_alias", "alias"))


def _decoded(raw: msgspec.Raw) -> ReadFeedback:
    try:
        item = _ITEM.decode(raw)
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        _, _, path = str(error).partition(" - at `$.")
        return ReadFeedback(_event_id(raw), refusal=refusal("unreadable_item", path.rstrip("`")))
    return ReadFeedback(item.event_id, item)


def _event_id(raw: msgspec.Raw) -> str:
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    name = plain.get("event_id") if isinstance(plain, dict) else None
    return name if isinstance(name, str) and len(name) <= 255 else ""
