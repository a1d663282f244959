"""Cursor of the change feed as text.

It is opaque to the caller, and checked when it comes back.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

import msgspec

from otokui.ports.changes import FeedPosition
from serving.http.problems import Refused

_LONGEST = 1_024


def written(position: FeedPosition) -> str:
    """Return a position as a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(cursor: str | None, channel: str | None) -> FeedPosition:
    """Return the position of a cursor; without one, the beginning.

    Raises:
        Refused: 422; it is no cursor of this call, or belongs to another channel.
    """
    if cursor is None:
        return FeedPosition(channel=channel)
    try:
        if len(cursor) > _LONGEST:
            raise ValueError("too long")
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = msgspec.json.decode(text, type=FeedPosition)
        numbers = (position.sequence, position.due_until, position.to_sequence, position.to_due, position.at, *(position.after or ()))
        if any(not -1 <= number < 1 << 60 for number in numbers):
            raise ValueError("out of range")
    except (ValueError, binascii.Error, msgspec.DecodeError):
        fix = "send the cursor of the last page, or none to begin anew"
        raise Refused(422, "the cursor is none of this call", fix, code="cursor", field="$.cursor") from None
    if position != replace(position, channel=channel):
        raise Refused(
            422, "the cursor belongs to another channel", "send the channel with which it was made", code="cursor", field="$.channel"
        )
    return position
