"""SendGrid event webhook: what became of each e-mail.

The send engine puts ``customer_id`` and ``decision_id`` (or ``message_id``) into the custom arguments of a message; SendGrid returns them
in every event. A blocked message is a soft bounce; an open by a machine says so in ``sg_machine_open``.
Source: Twilio SendGrid, Event Webhook reference and signed event webhook.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otokui.events.feedback import ContactOutcome, Feedback, FeedbackItem
from otokui.events.items import EventItem
from serving.dialects.customer_names import customer_of
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import EcdsaScheme
from serving.dialects.values import at, first_text, objects, required_instant, text

_OUTCOMES: Mapping[str, ContactOutcome] = {
    "processed": ContactOutcome.SENT,
    "deferred": ContactOutcome.DEFERRED,
    "delivered": ContactOutcome.DELIVERED,
    "open": ContactOutcome.OPENED,
    "click": ContactOutcome.CLICKED,
    "bounce": ContactOutcome.BOUNCED,
    "dropped": ContactOutcome.DROPPED,
    "spamreport": ContactOutcome.COMPLAINED,
    "unsubscribe": ContactOutcome.UNSUBSCRIBED,
    "group_unsubscribe": ContactOutcome.UNSUBSCRIBED,
}
_CUSTOMER = ("customer_id", "user_id", "userId", "external_id")
_MESSAGE = ("message_id", "singlesend_id", "marketing_campaign_id", "template_id")


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    for event in objects(payload):
        kind = text(event.get("event"))
        if kind in _OUTCOMES:
            reading.add(text(event.get("sg_event_id")), _outcome, event, context)
        else:
            reading.ignore(kind)
    return reading


def _outcome(event: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
    decision, contact = _argument(event, "decision_id"), first_text(_argument(event, "contact_id"), event.get("sg_message_id"))
    outcome, name = _OUTCOMES[text(event.get("event"))], text(event.get("sg_event_id"))
    if not name:
        raise ItemRefused("missing_value", "the event has no sg_event_id", "send the events as SendGrid does")
    try:
        who = customer_of(
            context, [_argument(event, key) for key in _CUSTOMER], email=event.get("email"), place="the custom argument customer_id"
        )
    except ItemRefused:
        if not decision:  # the decision names its customer
            raise
        who = {}
    category = event.get("category")
    message = first_text(*(_argument(event, key) for key in _MESSAGE), *(category if isinstance(category, list) else [category]))
    item = Feedback(
        event_id=name,
        source="sendgrid",
        **who,
        outcome=outcome,
        occurred_at=required_instant(event.get("timestamp")),
        decision_id=decision or None,
        contact_id=None if decision else contact or None,
        message_id=message or None,
        channel=context.channel("email"),
        bounce_type=("soft" if event.get("type") == "blocked" else "hard") if outcome is ContactOutcome.BOUNCED else None,
        machine=event.get("sg_machine_open") is True,
    )
    return [item]


def _argument(event: Mapping[str, Any], name: str) -> str:
    """Return a custom argument, which stands among the fields of the event or under unique_args."""
    return first_text(event.get(name), at(event, "unique_args", name), at(event, "custom_args", name))


DIALECT = Dialect("sendgrid", EcdsaScheme(b"x-twilio-email-event-webhook-signature", b"x-twilio-email-event-webhook-timestamp"), _read)
