"""Types of a dialect: what its reader is given, and what it returns.

A reader is a pure function of headers, body and settings. It takes the fields it knows and leaves everything else behind, so personal
data of a payload never reaches an item; ``serving.dialects.personal_fields`` counts what was left behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from otokui.data_contract.channel_names import closed_by, understood
from otokui.events.feedback import FeedbackItem
from otokui.events.items import EventItem
from serving.dialects.signatures import Scheme

Headers = Mapping[bytes, bytes]
"""HTTP headers, names in lower case."""


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """Settings of the shop that a reader needs.

    channels: names of the shop's channels; attributes: the shop's further columns of customers; hash_key: the key that turns an e-mail
    address into a customer id, b"" = none; timezone: the shop's.
    """

    channels: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    hash_key: bytes = b""
    timezone: str = "UTC"

    def channel(self, name: str) -> str:
        """Return the shop's channel of a provider's channel name.

        The name itself is returned where it is not one channel.
        """
        if not self.channels or not understood(name, self.channels):
            return name
        meant = closed_by(name, self.channels)
        return self.channels[meant[0]] if len(meant) == 1 else name


class ItemRefused(Exception):
    """Error of one item of a payload: rule, detail and fix.

    The other items are read.
    """

    def __init__(self, rule: str, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.rule, self.detail, self.fix = rule, detail, fix


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """One event of a payload that no item could be made of."""

    event_id: str
    rule: str
    detail: str
    fix: str


@dataclass(slots=True)
class DialectReading:
    """Items of a payload, refused events, and counts of what was ignored and stripped.

    ignored: by the provider's event type; stripped: by kind of personal data.
    """

    items: list[EventItem | FeedbackItem] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    stripped: Counter[str] = field(default_factory=Counter)

    def ignore(self, event_type: str) -> None:
        """Count an event whose type says nothing here."""
        name = "".join(character for character in event_type[:60] if character.isprintable())
        self.ignored[name if name and "@" not in name else "other"] += 1

    def add(self, event_id: str, read: Callable[..., list[EventItem | FeedbackItem]], *arguments: Any) -> None:
        """Add the items that ``read`` makes of one event, or its refusal.

        An item is checked as one that was sent in the API's own form.
        """
        try:
            self.items += [msgspec.convert(msgspec.to_builtins(item), type(item)) for item in read(*arguments)]
        except ItemRefused as error:
            self.refused.append(RefusedEvent(event_id, error.rule, error.detail, error.fix))
        except msgspec.ValidationError as error:
            fix = "correct that field; /openapi.json describes the item"
            self.refused.append(RefusedEvent(event_id, "invalid_field", str(error), fix))


Read = Callable[[Headers, Any, ReadingContext], DialectReading]
"""Reads a payload: headers, the parsed JSON, and the shop's settings."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Dialect of one provider: its signature scheme and its reader.

    media_types: content types of its calls besides application/json.
    """

    name: str
    scheme: Scheme
    read: Read
    media_types: tuple[str, ...] = ()
