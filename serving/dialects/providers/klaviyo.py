"""Klaviyo system webhooks: e-mail, SMS and push events, and marketing consents.

A webhook brings several events, each with its metric as topic and its profile beside it. The profile's ``external_id`` is the shop's
customer id.
Source: Klaviyo developers, system webhooks and webhook topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otokui.events.feedback import ContactOutcome, Feedback, FeedbackItem
from otokui.events.items import ConsentChanged, EventItem
from serving.dialects.customer_names import customer_of
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import HmacScheme
from serving.dialects.values import amount, at, fields, first_text, objects, required_instant, text

_OUTCOMES: Mapping[str, tuple[str, ContactOutcome]] = {
    "sent_sms": ("sms", ContactOutcome.SENT),
    "email_delivered": ("email", ContactOutcome.DELIVERED),
    "received_email": ("email", ContactOutcome.DELIVERED),
    "received_sms": ("sms", ContactOutcome.DELIVERED),
    "received_push": ("push", ContactOutcome.DELIVERED),
    "opened_email": ("email", ContactOutcome.OPENED),
    "opened_push": ("push", ContactOutcome.OPENED),
    "clicked_email": ("email", ContactOutcome.CLICKED),
    "clicked_sms": ("sms", ContactOutcome.CLICKED),
    "bounced_email": ("email", ContactOutcome.BOUNCED),
    "bounced_push": ("push", ContactOutcome.BOUNCED),
    "dropped_email": ("email", ContactOutcome.DROPPED),
    "skipped_send": ("email", ContactOutcome.NOT_SENT),
    "failed_to_deliver_sms": ("sms", ContactOutcome.FAILED),
    "marked_email_as_spam": ("email", ContactOutcome.COMPLAINED),
    "clicked_email_to_unsubscribe": ("email", ContactOutcome.UNSUBSCRIBED),
}
_CONSENTS: Mapping[str, tuple[str, bool]] = {
    "subscribed_to_email_marketing": ("email", True),
    "unsubscribed_from_email_marketing": ("email", False),
    "manually_suppressed_from_email_marketing": ("email", False),
    "subscribed_to_sms_marketing": ("sms", True),
    "unsubscribed_from_sms_marketing": ("sms", False),
}
_PLACE = "the profile's external_id"
_BY_MACHINE = ("machine_open", "Apple Privacy Open", "Bot Click")


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    for event in objects(at(payload, "data")):
        topic = text(event.get("topic")).removeprefix("event:klaviyo.")
        if topic in _OUTCOMES:
            reading.add(text(event.get("external_id")), _outcome, event, topic, context)
        elif topic in _CONSENTS:
            reading.add(text(event.get("external_id")), _consent, event, topic, context)
        else:
            reading.ignore(topic)
    return reading


def _outcome(event: Mapping[str, Any], topic: str, context: ReadingContext) -> list[EventItem | FeedbackItem]:
    channel, outcome = _OUTCOMES[topic]
    properties = fields(at(event, "payload", "data", "attributes", "event_properties"))
    message, decision = text(properties.get("$message")), text(properties.get("decision_id"))
    sending = first_text(properties.get("$_cohort$message_send_cohort"), properties.get("$message_interaction"))
    contact = ":".join(part for part in (message, _profile_id(event), sending) if part) if message else ""
    item = Feedback(
        event_id=_event_id(event),
        source="klaviyo",
        **_who(event, context),
        outcome=outcome,
        occurred_at=_when(event),
        decision_id=decision or None,
        contact_id=None if decision else contact or None,
        message_id=first_text(properties.get("message_id"), message) or None,
        channel=context.channel(channel),
        bounce_type=text(properties.get("Bounce Type")).lower() or "hard" if outcome is ContactOutcome.BOUNCED else None,
        machine=any(properties.get(name) is True for name in _BY_MACHINE),
        amount=amount(properties.get("$value")) if outcome is ContactOutcome.CONVERTED else None,
    )
    return [item]


def _consent(event: Mapping[str, Any], topic: str, context: ReadingContext) -> list[EventItem | FeedbackItem]:
    (channel, agreed), when = _CONSENTS[topic], _when(event)
    return [
        ConsentChanged(
            event_id=_event_id(event),
            source="klaviyo",
            **_who(event, context),
            channel=context.channel(channel),
            opted_in=agreed,
            changed_at=when,
            known_at=when,
        )
    ]


def _who(event: Mapping[str, Any], context: ReadingContext) -> dict[str, Any]:
    profile = _profile(event)
    return customer_of(context, [at(profile, "attributes", "external_id")], email=at(profile, "attributes", "email"), place=_PLACE)


def _profile(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((each for each in objects(at(event, "payload", "included")) if each.get("type") == "profile"), {})


def _profile_id(event: Mapping[str, Any]) -> str:
    return first_text(_profile(event).get("id"), at(event, "payload", "data", "relationships", "profile", "data", "id"))


def _when(event: Mapping[str, Any]) -> Any:
    attributes = fields(at(event, "payload", "data", "attributes"))
    return required_instant(attributes.get("datetime"), attributes.get("timestamp"))


def _event_id(event: Mapping[str, Any]) -> str:
    name = first_text(event.get("external_id"), at(event, "payload", "data", "id"))
    if not name:
        raise ItemRefused("missing_value", "the event has no external_id", "send the events as Klaviyo does")
    return name


DIALECT = Dialect("klaviyo", HmacScheme(b"klaviyo-signature", after="{timestamp}", timestamp=b"klaviyo-timestamp"), _read)
