"""Reading of event items, one by one.

An item that cannot be read is refused alone. Of an item that may say no (consent, suppression) the fields are taken as they are where the
item as a whole cannot be read: the checks of records then find its most forbidding reading, or refuse it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from otokui.data_contract.rules import RULES
from otokui.domain import Instant
from otokui.events.items import Alias, EventItem, Identified
from otokui.events.rows import digest_of, rows_of
from otokui.ports.inbox import InboxEntry, ItemResult, ItemStatus

MOST_ITEMS: Final = 1_000
_LONGEST_ID: Final = 255
_FIELD: Final = re.compile(r" - at `\$\.?(.*)`$")

Resolve = Callable[[Sequence[Alias]], Sequence[str | None]]
"""Returns the customer of each alias, None = nobody is known under it."""


class EventRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Event items, 1 to 1,000; each is accepted, known already, or refused by itself."""

    items: Annotated[list[EventItem], Meta(min_length=1, max_length=MOST_ITEMS)]


class RawItems(Struct, forbid_unknown_fields=True, frozen=True):
    """Event items before they are read."""

    items: Annotated[list[msgspec.Raw], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One item of a call: the entry to store, or why there is none.

    event_id: as it was sent, '' = unreadable.
    """

    event_id: str
    entry: InboxEntry | None = None
    refusal: ItemResult | None = None


EVENTS: Final = msgspec.json.Decoder(RawItems)
_ITEM: Final = msgspec.json.Decoder(EventItem)


def refusal(rule: str, column: str = "") -> ItemResult:
    """Return the result of an item that was refused before it was checked."""
    return ItemResult(ItemStatus.REFUSED, rule, column, RULES[rule].says, RULES[rule].fix)


def read_items(raw: Sequence[msgspec.Raw]) -> list[EventItem | ReadItem]:
    """Return the items of a call, in order.

    An item that cannot be read is its refusal, or what of it may say no.
    """
    return [_decoded(one) for one in raw]


def entries_of(items: Sequence[EventItem | ReadItem], resolve: Resolve, *, may_import: bool) -> list[ReadItem]:
    """Return the entries of items, in order; what is read already stays as it is.

    Also the way from the items of a dialect to the inbox. may_import: whether the caller may say when an item became known.
    """
    said = {item.alias: item.customer_id for item in items if isinstance(item, Identified) and item.alias and item.customer_id}
    aliases = aliases_of(items)
    customers = {**dict(zip(aliases, resolve(aliases), strict=True)), **said} if aliases else {}
    return [item if isinstance(item, ReadItem) else _entry(item, customers, may_import) for item in items]


def aliases_of(items: Sequence[EventItem | ReadItem]) -> list[Alias]:
    """Return the aliases that stand in place of a customer id."""
    return list({item.alias for item in items if not isinstance(item, ReadItem) and item.customer_id is None and item.alias})


def _entry(item: EventItem, customers: Mapping[Alias, str | None], may_import: bool) -> ReadItem:
    if item.known_at is not None and not may_import:
        return ReadItem(item.event_id, refusal=refusal("known_at_not_permitted", "known_at"))
    customer_id = item.customer_id
    if customer_id is None and item.alias is not None:
        customer_id = customers[item.alias]
        if customer_id is None:
            return ReadItem(item.event_id, refusal=refusal("unknown_alias", "alias"))
    known_at = None if item.known_at is None else Instant(int(item.known_at.timestamp()))
    return ReadItem(item.event_id, InboxEntry(item.source, item.event_id, digest_of(item), rows_of(item, customer_id), known_at))


def _decoded(raw: msgspec.Raw) -> EventItem | ReadItem:
    try:
        item: EventItem = _ITEM.decode(raw)
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        return _forbidding(raw, error)
    return item


def _forbidding(raw: msgspec.Raw, error: Exception) -> ReadItem:
    """Return the entry of an unreadable item that may say no, else its refusal."""
    match = _FIELD.search(str(error))
    column = match[1] if match else ""
    try:
        plain = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        return ReadItem("", refusal=refusal("unreadable_item", column))
    event_id = plain.get("event_id")
    named = isinstance(event_id, str) and 0 < len(event_id) <= _LONGEST_ID
    table = "suppressions" if plain.get("kind") == "suppression" else "consents"
    if plain.get("kind") not in ("consent", "suppression") and "opted_in" not in plain:
        return ReadItem(str(event_id) if named else "", refusal=refusal("unreadable_item", column))
    digest = hashlib.blake2b(bytes(raw), digest_size=12).hexdigest()
    key = str(event_id) if named else f"unreadable-{digest}"
    source = plain.get("source")
    entry = InboxEntry(
        source if isinstance(source, str) else "api", key, digest, {table: [_plain_row(table, plain)]}, unreadable=column or "kind"
    )
    return ReadItem(str(event_id) if named else "", entry)


def _plain_row(table: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    if table == "consents":
        return {name: plain.get(name) for name in ("customer_id", "channel", "opted_in", "changed_at")}
    return {name: plain.get(name) for name in ("customer_id", "channel", "reason")} | {
        "from": plain.get("begins_at"), "until": plain.get("ends_at"),
    }  # fmt: skip
