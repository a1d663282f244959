"""Customer.io reporting webhooks: what became of each message.

A delivery is one contact. An opening that a mail client prefetched is a machine's, unless Customer.io calls it human.
Source: Customer.io, Reporting Webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otokui.events.feedback import ContactOutcome, Feedback, FeedbackItem
from otokui.events.items import ConsentChanged, EventItem
from serving.dialects.customer_names import customer_of
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import HmacScheme
from serving.dialects.values import amount, at, fields, first_text, required_instant, text

_OUTCOMES: Mapping[str, ContactOutcome] = {
    "sent": ContactOutcome.SENT,
    "delivered": ContactOutcome.DELIVERED,
    "deferred": ContactOutcome.DEFERRED,
    "opened": ContactOutcome.OPENED,
    "human_opened": ContactOutcome.OPENED,
    "clicked": ContactOutcome.CLICKED,
    "human_clicked": ContactOutcome.CLICKED,
    "converted": ContactOutcome.CONVERTED,
    "bounced": ContactOutcome.BOUNCED,
    "dropped": ContactOutcome.DROPPED,
    "failed": ContactOutcome.FAILED,
    "undeliverable": ContactOutcome.NOT_SENT,
    "spammed": ContactOutcome.COMPLAINED,
    "unsubscribed": ContactOutcome.UNSUBSCRIBED,
}
_CHANNELS = {"email": "email", "sms": "sms", "push": "push"}
_MESSAGES = ("broadcast_id", "newsletter_id", "campaign_id", "transactional_message_id")
_PLACE = "the identifier `id` of the person"


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    subject, metric = text(at(payload, "object_type")), text(at(payload, "metric"))
    if subject == "customer" and metric == "unsubscribed":
        reading.add(text(at(payload, "event_id")), _refusal, payload, context)
    elif subject in _CHANNELS and metric in _OUTCOMES:
        reading.add(text(at(payload, "event_id")), _outcome, payload, context)
    else:
        reading.ignore(f"{subject}:{metric}")
    return reading


def _outcome(payload: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
    data, metric = fields(payload.get("data")), text(payload.get("metric"))
    outcome = _OUTCOMES[metric]
    message = next((f"{field.removesuffix('_id')}:{text(data.get(field))}" for field in _MESSAGES if text(data.get(field))), "")
    item = Feedback(
        event_id=_event_id(payload),
        source="customerio",
        **_who(data, context),
        outcome=outcome,
        occurred_at=required_instant(payload.get("timestamp")),
        decision_id=first_text(data.get("decision_id"), at(data, "message_data", "decision_id")) or None,
        contact_id=text(data.get("delivery_id")) or None,
        message_id=first_text(data.get("message_id"), message) or None,
        channel=context.channel(_CHANNELS[text(payload.get("object_type"))]),
        bounce_type=first_text(data.get("bounce_type")).lower() or "hard" if outcome is ContactOutcome.BOUNCED else None,
        machine=metric == "opened" and data.get("prefetched") is True,
        amount=amount(at(data, "conversion", "amount")),
    )
    return [item]


def _refusal(payload: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
    """Return the refusal of a person who unsubscribed from everything."""
    when = required_instant(payload.get("timestamp"))
    who = _who(fields(payload.get("data")), context)
    return [
        ConsentChanged(
            event_id=_event_id(payload), source="customerio", **who, channel="all", opted_in=False, changed_at=when, known_at=when
        )
    ]


def _who(data: Mapping[str, Any], context: ReadingContext) -> dict[str, Any]:
    ids = [at(data, "identifiers", "id"), data.get("customer_id")]
    return customer_of(context, ids, email=first_text(at(data, "identifiers", "email"), data.get("email_address")), place=_PLACE)


def _event_id(payload: Mapping[str, Any]) -> str:
    name = text(payload.get("event_id"))
    if not name:
        raise ItemRefused("missing_value", "the event has no event_id", "send the events as Customer.io does")
    return name


DIALECT = Dialect("customerio", HmacScheme(b"x-cio-signature", before="v0:{timestamp}:", timestamp=b"x-cio-timestamp"), _read)
