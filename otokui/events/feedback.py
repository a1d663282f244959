"""Feedback items of `POST /v1/feedback`: outcomes of contacts.

They come from the send engine or from the provider behind it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from otokui.events.items import Item, When


class ContactOutcome(StrEnum):
    """Outcome of a contact, in the words of send engines."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    FAILED = "failed"
    OPENED = "opened"
    CLICKED = "clicked"
    CONVERTED = "converted"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


class Feedback(Item, tag_field="kind", tag="outcome", frozen=True, kw_only=True):
    """Outcome of one contact, with its time.

    The contact is named by ``decision_id``, by ``contact_id``, or by customer, message and channel.

    machine: a machine opened or clicked, not a person; bounce_type: hard or soft, unknown counts as hard; amount: what was bought.
    """

    outcome: ContactOutcome
    occurred_at: When
    decision_id: str | None = None
    contact_id: str | None = None
    message_id: str | None = None
    channel: str | None = None
    bounce_type: str | None = None
    machine: bool = False
    amount: Decimal | None = None


class ChannelCounts(Struct, tag_field="kind", tag="counts", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Aggregate counts of one message, channel and local day.

    From a channel that tells no persons (LINE, direct mail).

    Sent again, the newer counts replace the earlier ones.
    """

    event_id: str
    message_id: str
    channel: str
    day: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    counts: dict[ContactOutcome, Annotated[int, Meta(ge=0)]]
    source: str = "api"


FeedbackItem = Feedback | ChannelCounts
