"""CloudEvents 1.0, structured or batched.

Items of this API come in the envelope of an event bus. The last part of ``type`` names the kind of item (``jp.example.shop.order_update``),
``data`` holds its fields, ``source`` and ``id`` make it count once, and ``time`` stands for a time that is left out of the data. Fields of
personal data are taken out of the data.
Source: CloudEvents specification 1.0.2; signatures by Standard Webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from otokui.events.feedback import ChannelCounts, Feedback, FeedbackItem
from otokui.events.items import (
    BehaviourHappened,
    ConsentChanged,
    CustomerChanged,
    EventItem,
    Identified,
    OrderPlaced,
    OrderUpdated,
    Suppressed,
)  # fmt: skip
from serving.dialects.customer_names import customer_of
from serving.dialects.personal_fields import without_personal_fields
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import StandardWebhooksScheme
from serving.dialects.values import instant, objects, text

_ITEMS: Mapping[str, type[EventItem | FeedbackItem]] = {
    str(each.__struct_config__.tag): each
    for each in (
        OrderPlaced, OrderUpdated, BehaviourHappened, CustomerChanged, ConsentChanged, Suppressed, Identified, Feedback, ChannelCounts,
    )
}  # fmt: skip
_TIMES: Mapping[str, str] = {"order": "ordered_at", "consent": "changed_at", "suppression": "begins_at"}


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    for event in objects(payload) if isinstance(payload, list) else objects([payload]):
        kind = text(event.get("type")).rpartition(".")[2]
        if kind in _ITEMS and text(event.get("specversion")) == "1.0":
            reading.add(text(event.get("id")), _item, event, kind, context)
        else:
            reading.ignore(text(event.get("type")))
    return reading


def _item(event: Mapping[str, Any], kind: str, context: ReadingContext) -> list[EventItem | FeedbackItem]:
    name, source, wanted = text(event.get("id")), text(event.get("source")), _ITEMS[kind]
    data = event.get("data")
    if not name or not source or not isinstance(data, dict):
        raise ItemRefused("invalid_field", "the event has no id, no source, or no JSON object as data", "send id, source and data")
    fields = without_personal_fields({key: value for key, value in data.items() if key != "customer_id"})
    fields |= {"kind": kind, "event_id": name, "source": source}
    when, time = instant(event.get("time")), _TIMES.get(kind, "occurred_at")
    if when is not None and wanted is not ChannelCounts:
        fields = {time: event["time"]} | fields
        if wanted is not Feedback:
            fields = {"known_at": event["time"]} | fields
    ids = [data.get("customer_id"), event.get("subject")]
    if any(map(text, ids)) and wanted is not ChannelCounts and "alias" not in fields:
        fields |= customer_of(context, ids, place="customer_id of the data")
    try:
        return [msgspec.convert(fields, wanted)]
    except msgspec.ValidationError as error:
        raise ItemRefused("invalid_field", str(error), "correct that field; /openapi.json describes the item") from None


DIALECT = Dialect(
    "cloudevents",
    StandardWebhooksScheme(),
    _read,
    ("application/cloudevents+json", "application/cloudevents-batch+json"),
)
