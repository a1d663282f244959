"""Segment (and RudderStack) calls as items of this API.

The calls are identify, track with the ecommerce and e-mail events, page, screen and alias. Segment signs a batch over its first event only,
so a batch cannot be trusted: each webhook must bring one call (batch size 1), and the signature is checked over the whole body.
Source: Segment, Spec (identify, track, page, alias; V2 ecommerce events; e-mail events) and Webhooks (Actions) destination.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from otokui.data_contract.tables import TABLES
from otokui.events.feedback import ContactOutcome, Feedback, FeedbackItem
from otokui.events.items import (
    Alias,
    BehaviourHappened,
    CustomerChanged,
    EventItem,
    Identified,
    OrderItemLine,
    OrderPlaced,
    OrderUpdated,
    ReturnedLine,
)  # fmt: skip
from serving.dialects.customer_names import customer_of
from serving.dialects.personal_fields import EMAIL
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import HmacScheme
from serving.dialects.values import amount, at, fields, first_text, instant, less_discount, merged_lines, objects, required_instant, text

Items = list[EventItem | FeedbackItem]

_BEHAVIOUR: Mapping[str, str] = {
    "product viewed": "product_view",
    "product added": "cart_add",
    "product removed": "cart_remove",
    "product added to wishlist": "favourite",
    "products searched": "search",
    "product list viewed": "page_view",
    "cart viewed": "cart_view",
    "checkout started": "checkout_started",
    "application opened": "app_open",
}
_OUTCOMES: Mapping[str, ContactOutcome] = {
    "email delivered": ContactOutcome.DELIVERED,
    "email opened": ContactOutcome.OPENED,
    "email link clicked": ContactOutcome.CLICKED,
    "email bounced": ContactOutcome.BOUNCED,
    "email marked as spam": ContactOutcome.COMPLAINED,
    "unsubscribed": ContactOutcome.UNSUBSCRIBED,
}
_COLUMNS = frozenset(column.name for column in TABLES["customers"].columns if column.name != "customer_id")


def _read(_: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    calls = objects(payload) if isinstance(payload, list) else objects(at(payload, "batch")) or objects([payload])
    for call in calls:
        kind = text(call.get("type"))
        event = text(call.get("event"))
        reader = _CALLS.get(kind) if kind != "track" else _TRACKS.get(event.lower())
        if reader is None:
            reading.ignore(event or kind)
        else:
            reading.add(text(call.get("messageId")), reader, call, context)
    return reading


def _base(call: Mapping[str, Any], context: ReadingContext) -> dict[str, Any]:
    """Return the fields that every item takes from a call; known when it happened."""
    name = text(call.get("messageId"))
    if not name:
        raise ItemRefused("missing_value", "the call has no messageId", "send the calls as Segment does")
    who = customer_of(
        context,
        [call.get("userId")],
        email=first_text(at(call, "properties", "email"), at(call, "traits", "email"), at(call, "context", "traits", "email")),
        alias=("segment", call.get("anonymousId")),
        place="userId",
    )
    return {"event_id": name, "source": "segment", **who, "known_at": _when(call)}


def _when(call: Mapping[str, Any]) -> Any:
    return required_instant(call.get("timestamp"), call.get("originalTimestamp"), call.get("receivedAt"))


def _identify(call: Mapping[str, Any], context: ReadingContext) -> Items:
    base, traits = _base(call, context), fields(call.get("traits"))
    columns = {name: traits[name] for name in (*sorted(_COLUMNS), *context.attributes) if traits.get(name) is not None}
    born = instant(traits.get("birthday"))
    columns |= {"birth_year": born.year, "birth_month": born.month} if born is not None else {}
    registered = instant(traits.get("createdAt"))
    columns |= {"registered_at": registered.isoformat()} if registered is not None else {}
    columns |= {"area": text(at(traits, "address", "state"))} if text(at(traits, "address", "state")) else {}
    columns = {name: value for name, value in columns.items() if not (isinstance(value, str) and EMAIL.search(value))}
    items: Items = [CustomerChanged(**base, occurred_at=_when(call), columns=columns)] if columns else []
    anonymous = text(call.get("anonymousId"))
    if anonymous and "customer_id" in base:
        named = base | {"event_id": f"{base['event_id']}:identity", "alias": Alias("segment", anonymous)}
        items.append(Identified(**named, occurred_at=_when(call)))
    return items


def _alias(call: Mapping[str, Any], context: ReadingContext) -> Items:
    base, previous = _base(call, context), text(call.get("previousId"))
    if not previous or "customer_id" not in base or EMAIL.search(previous):
        raise ItemRefused("missing_value", "the alias call names no two ids", "send userId and previousId")
    return [Identified(**(base | {"alias": Alias("segment", previous)}), occurred_at=_when(call))]


def _behaviour(kind: str) -> Callable[[Mapping[str, Any], ReadingContext], Items]:
    def read(call: Mapping[str, Any], context: ReadingContext) -> Items:
        properties = fields(call.get("properties"))
        value = amount(properties.get("value"))
        item = BehaviourHappened(
            **_base(call, context),
            type=kind,
            occurred_at=_when(call),
            product_id=_product(properties) or None,
            origin=text(at(call, "context", "campaign", "source")) or None,
            device=text(at(call, "context", "device", "type")) or None,
            value=None if value is None else float(value),
        )
        return [item]

    return read


def _product(properties: Mapping[str, Any]) -> str:
    return first_text(properties.get("product_id"), properties.get("productId"), properties.get("sku"))


def _order(call: Mapping[str, Any], context: ReadingContext) -> Items:
    properties = fields(call.get("properties"))
    lines = merged_lines(map(_line, objects(properties.get("products"))))
    item = OrderPlaced(
        **_base(call, context),
        order_id=_order_id(properties),
        ordered_at=instant(properties.get("ordered_at")) or _when(call),
        lines=less_discount(lines, amount(properties.get("discount"))),
        coupon_id=text(properties.get("coupon")) or None,
    )
    return [item]


def _line(product: Mapping[str, Any]) -> OrderItemLine:
    quantity, price = amount(product.get("quantity", 1)), amount(product.get("price"))
    if quantity is None or price is None or not _product(product):
        raise ItemRefused("missing_value", "a product of the order has no id, quantity or price", "send product_id, quantity and price")
    return OrderItemLine(product_id=_product(product), quantity=quantity, paid_amount=price * quantity, list_amount=price * quantity)


def _cancelled(call: Mapping[str, Any], context: ReadingContext) -> Items:
    order, when = _order_id(fields(call.get("properties"))), _when(call)
    return [OrderUpdated(**_base(call, context), order_id=order, occurred_at=when, cancelled_at=when)]


def _refunded(call: Mapping[str, Any], context: ReadingContext) -> Items:
    """Return what came back; a refund without products is of the whole order."""
    properties = fields(call.get("properties"))
    back: dict[str, Decimal] = {}
    for product in objects(properties.get("products")):
        back[_product(product)] = back.get(_product(product), Decimal(0)) + (amount(product.get("quantity", 1)) or Decimal(0))
    if not back:
        return _cancelled(call, context)
    returned = [ReturnedLine(product, quantity) for product, quantity in sorted(back.items()) if product]
    return [OrderUpdated(**_base(call, context), order_id=_order_id(properties), occurred_at=_when(call), returned=returned)]


def _order_id(properties: Mapping[str, Any]) -> str:
    order = first_text(properties.get("order_id"), properties.get("orderId"))
    if not order:
        raise ItemRefused("missing_value", "the event names no order", "send order_id")
    return order


def _outcome(call: Mapping[str, Any], context: ReadingContext) -> Items:
    properties = fields(call.get("properties"))
    base = _base(call, context)
    outcome = _OUTCOMES[text(call.get("event")).lower()]
    message = first_text(properties.get("message_id"), properties.get("campaign_id"), properties.get("email_id"))
    item = Feedback(
        **base,
        outcome=outcome,
        occurred_at=_when(call),
        decision_id=text(properties.get("decision_id")) or None,
        contact_id=text(properties.get("contact_id")) or None,
        message_id=message or None,
        channel=context.channel("email"),
        bounce_type="hard" if outcome is ContactOutcome.BOUNCED else None,
    )
    return [item]


_TRACKS: Mapping[str, Callable[[Mapping[str, Any], ReadingContext], Items]] = (
    {event: _behaviour(kind) for event, kind in _BEHAVIOUR.items()}
    | dict.fromkeys(_OUTCOMES, _outcome)
    | {"order completed": _order, "order updated": _order, "order cancelled": _cancelled, "order refunded": _refunded}
)
_CALLS: Mapping[str, Callable[[Mapping[str, Any], ReadingContext], Items]] = {
    "identify": _identify,
    "alias": _alias,
    "page": _behaviour("page_view"),
    "screen": _behaviour("app_open"),
}

DIALECT = Dialect("segment", HmacScheme(b"x-signature", "sha1"), _read)
