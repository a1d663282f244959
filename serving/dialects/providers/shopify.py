"""Shopify webhooks: orders, refunds, fulfillments and marketing consents.

A topic sends the whole object. An order is read the same from ``orders/create``, ``orders/updated`` and ``orders/cancelled``, with what was
refunded so far; the version of a later ``updated_at`` replaces the earlier one, however late it arrives.
Source: Shopify Admin REST API, webhook topics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from otokui.events.feedback import FeedbackItem
from otokui.events.items import ConsentChanged, EventItem, OrderItemLine, OrderPlaced, OrderUpdated, ReturnedLine
from serving.dialects.customer_names import customer_of
from serving.dialects.reading import Dialect, DialectReading, Headers, ItemRefused, ReadingContext
from serving.dialects.signatures import HmacScheme
from serving.dialects.values import amount, at, fields, first_text, instant, merged_lines, objects, required_instant, text

_PLACES = {"pos": "store", "web": "ec", "shopify_draft_order": "phone"}
_YES = "subscribed"


def _read(headers: Headers, payload: Any, context: ReadingContext) -> DialectReading:
    reading = DialectReading()
    topic = headers.get(b"x-shopify-topic", b"").decode("latin-1")
    reader = _READERS.get(topic)
    if reader is None or not isinstance(payload, dict):
        reading.ignore(topic)
        return reading
    subject, version = (first_text(*map(payload.get, names)) for names in (("id", "customer_id"), ("updated_at", "created_at")))
    name = f"{topic}:{subject}:{version}"
    reading.add(name, reader, name, payload, context)
    if not reading.items and not reading.refused:
        reading.ignore(f"{topic}:{text(payload.get('shipment_status')) or 'none'}")
    return reading


def _order(name: str, payload: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
    returned = _returned(at(payload, "refunds"))
    lines = merged_lines(_line(each) for each in objects(payload.get("line_items")))
    who = customer_of(
        context,
        [at(payload, "customer", "id")],
        email=first_text(payload.get("email"), payload.get("contact_email"), at(payload, "customer", "email")),
        place="a customer account of the order",
    )
    item = OrderPlaced(
        event_id=name,
        source="shopify",
        **who,
        order_id=text(payload.get("id")),
        ordered_at=required_instant(payload.get("processed_at"), payload.get("created_at")),
        cancelled_at=instant(payload.get("cancelled_at")),
        delivered_at=_delivered(payload.get("fulfillments")),
        lines=[_with_returned(line, returned.get(line.product_id)) for line in lines],
        place=_PLACES.get(text(payload.get("source_name"))),
        coupon_id=next((text(code.get("code")) for code in objects(payload.get("discount_codes"))), "") or None,
        known_at=required_instant(payload.get("updated_at"), payload.get("created_at")),
    )
    return [item]


def _line(line: Mapping[str, Any]) -> OrderItemLine:
    quantity, price = amount(line.get("quantity")), amount(line.get("price"))
    if quantity is None or price is None:
        raise ItemRefused("missing_value", "an order line has no quantity or no price", "send the order as Shopify does")
    shares = [amount(share.get("amount")) or Decimal(0) for share in objects(line.get("discount_allocations"))]
    discount = sum(shares, Decimal(0)) if shares else amount(line.get("total_discount")) or Decimal(0)
    return OrderItemLine(
        product_id=_product(line),
        quantity=quantity,
        paid_amount=max(price * quantity - discount, Decimal(0)),
        list_amount=price * quantity,
    )


def _product(line: Mapping[str, Any]) -> str:
    return first_text(line.get("product_id"), line.get("sku"), line.get("variant_id")) or "custom"


def _returned(refunds: object) -> dict[str, Decimal]:
    """Return by product how many came back, over the refunds of an order."""
    back: dict[str, Decimal] = {}
    for refund in objects(refunds):
        for each in objects(refund.get("refund_line_items")):
            product = _product(fields(at(each, "line_item")))
            back[product] = back.get(product, Decimal(0)) + (amount(each.get("quantity")) or Decimal(0))
    return back


def _with_returned(line: OrderItemLine, returned: Decimal | None) -> OrderItemLine:
    if returned is None:
        return line
    return OrderItemLine(
        product_id=line.product_id, quantity=line.quantity, paid_amount=line.paid_amount, list_amount=line.list_amount,
        returned_quantity=min(returned, line.quantity),
    )  # fmt: skip


def _delivered(fulfillments: object) -> Any:
    times = [instant(each.get("updated_at")) for each in objects(fulfillments) if each.get("shipment_status") == "delivered"]
    return max((time for time in times if time is not None), default=None)


def _refund(name: str, payload: Mapping[str, Any], _: ReadingContext) -> list[EventItem | FeedbackItem]:
    when = required_instant(payload.get("processed_at"), payload.get("created_at"))
    back = [ReturnedLine(product, quantity) for product, quantity in sorted(_returned([payload]).items())]
    if not back:
        return []
    order = text(payload.get("order_id"))
    return [OrderUpdated(event_id=name, source="shopify", order_id=order, occurred_at=when, returned=back, known_at=when)]


def _fulfillment(name: str, payload: Mapping[str, Any], _: ReadingContext) -> list[EventItem | FeedbackItem]:
    when = _delivered([payload])
    if when is None:
        return []
    order = text(payload.get("order_id"))
    return [OrderUpdated(event_id=name, source="shopify", order_id=order, occurred_at=when, delivered_at=when, known_at=when)]


def _consent(field: str, channel: str) -> Callable[[str, Mapping[str, Any], ReadingContext], list[EventItem | FeedbackItem]]:
    def read(name: str, payload: Mapping[str, Any], context: ReadingContext) -> list[EventItem | FeedbackItem]:
        state, when = (
            text(at(payload, field, "state")),
            required_instant(at(payload, field, "consent_updated_at"), payload.get("updated_at")),
        )
        who = customer_of(context, [payload.get("customer_id"), payload.get("id")], place="the customer's account")
        # A pending, invalid or unknown state is no consent.
        item = ConsentChanged(
            event_id=f"{name}:{state}:{int(when.timestamp())}",
            source="shopify",
            **who,
            channel=context.channel(channel),
            opted_in=state == _YES,
            changed_at=when,
            known_at=when,
        )
        return [item]

    return read


_READERS: Mapping[str, Callable[[str, Mapping[str, Any], ReadingContext], list[EventItem | FeedbackItem]]] = {
    "orders/create": _order,
    "orders/updated": _order,
    "orders/cancelled": _order,
    "orders/fulfilled": _order,
    "refunds/create": _refund,
    "fulfillments/create": _fulfillment,
    "fulfillments/update": _fulfillment,
    "customers_email_marketing_consent/update": _consent("email_marketing_consent", "email"),
    "customers_marketing_consent/update": _consent("sms_marketing_consent", "sms"),
}

DIALECT = Dialect("shopify", HmacScheme(b"x-shopify-hmac-sha256", base64=True), _read)
