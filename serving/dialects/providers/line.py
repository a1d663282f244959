"""LINE Messaging API webhooks: friends added and blocked, deliveries completed, and message statistics as counts.

LINE names a person by a user id of its own, so an event carries the alias ``line``; the identity that links it to the shop's customer
comes from the shop. Opens and clicks come as counts of a message only: the shop forwards the answer of the insight API, signed with the
channel secret.
Source: LINE Developers, Messaging API reference (webhook events, insight).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from otokui.events.feedback import ChannelCounts, ContactOutcome, Feedback, FeedbackItem
from otokui.events.items import Alias, ConsentChanged, EventItem
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import HmacScheme
from serving.dialects.values import at, fields, first_text, objects, required_instant, text

_COUNTS: Mapping[str, ContactOutcome] = {
    "delivered": ContactOutcome.DELIVERED,
    "uniqueImpression": ContactOutcome.OPENED,
    "uniqueClick": ContactOutcome.CLICKED,
}


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    for event in objects(at(payload, "events")):
        kind = text(event.get("type"))
        if kind in ("follow", "unfollow", "delivery"):
            reading.add(text(event.get("webhookEventId")), _event, event, kind, context)
        else:
            reading.ignore(kind)
    for statistic in objects(at(payload, "statistics")):
        reading.add(text(statistic.get("customAggregationUnit")), _counts, statistic, context)
    return reading


def _event(event: Mapping[str, Any], kind: str, context: ReadingContext) -> list[EventItem | FeedbackItem]:
    name, when = text(event.get("webhookEventId")), required_instant(event.get("timestamp"))
    if not name:
        raise ItemRefused("missing_value", "the event has no webhookEventId", "send the events as LINE does")
    channel = context.channel("line")
    if kind == "delivery":  # its data is the tag that the send engine gave, X-Line-Delivery-Tag
        decision = text(at(event, "delivery", "data"))
        delivered = ContactOutcome.DELIVERED
        return [Feedback(event_id=name, source="line", outcome=delivered, occurred_at=when, decision_id=decision, channel=channel)]
    user = text(at(event, "source", "userId"))
    if not user:
        raise ItemRefused("missing_customer", "the event names no LINE user", "send the events of users, not of groups or rooms")
    agreed = kind == "follow"
    return [
        ConsentChanged(
            event_id=name, source="line", alias=Alias("line", user), channel=channel, opted_in=agreed, changed_at=when, known_at=when
        )
    ]


def _counts(statistic: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
    overview = fields(statistic.get("overview"))
    message = first_text(statistic.get("customAggregationUnit"), overview.get("requestId"))
    day = _day(statistic, overview, context.timezone)
    if not message or not day:
        raise ItemRefused(
            "missing_value",
            "the statistic names no message or no day",
            "add customAggregationUnit, and from (yyyymmdd), as they were asked of the insight API",
        )
    counts = {
        outcome: value
        for field, outcome in _COUNTS.items()
        if isinstance(value := overview.get(field), int) and not isinstance(value, bool) and value >= 0
    }
    digest = sha256(msgspec.json.encode(counts, order="sorted")).hexdigest()[:16]
    return [
        ChannelCounts(
            event_id=f"{message}:{day}:{digest}", source="line", message_id=message, channel=context.channel("line"), day=day, counts=counts
        )
    ]


def _day(statistic: Mapping[str, Any], overview: Mapping[str, Any], timezone: str) -> str:
    """Return the local day of a statistic: as it was asked for, else of the sending."""
    asked = text(statistic.get("from"))
    try:
        if asked:
            return datetime.strptime(asked, "%Y%m%d").replace(tzinfo=UTC).date().isoformat()
        return required_instant(overview.get("timestamp")).astimezone(ZoneInfo(timezone)).date().isoformat()
    except (ValueError, ItemRefused):
        return ""


DIALECT = Dialect("line", HmacScheme(b"x-line-signature", base64=True), _read)
