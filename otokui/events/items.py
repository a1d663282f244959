"""Event items of `POST /v1/events`, one happening each.

An item becomes rows of the data contract's tables (``otokui.data_contract.tables``) and is checked by their rules, so that an order is
the same order whether it came by file or over HTTP. A dialect (Segment, Shopify …) is a reader that returns these items.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

EventId = Annotated[
    str, Meta(min_length=1, max_length=255, description="names the item within its source; the same one again is a duplicate")
]
When = Annotated[datetime, Meta(tz=True, description="RFC 3339 with offset")]
CustomerName = Annotated[str, Meta(min_length=1, max_length=255, description="the shop's pseudonymous customer id")]


class Alias(Struct, frozen=True, forbid_unknown_fields=True):
    """Id of a customer in one source, in place of ``customer_id``.

    Such as a LINE user id, a Shopify customer, an anonymous visitor.
    """

    source: str
    id: str


class Item(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields of every item: who, when known, and the key that makes it count once."""

    event_id: EventId
    customer_id: CustomerName | None = None
    alias: Alias | None = None
    source: str = "api"
    known_at: When | None = None


class OrderItemLine(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Order line of one product; its amounts are totals.

    Amounts are of the line in all, in the shop's currency.
    """

    product_id: str
    quantity: Decimal
    paid_amount: Decimal
    list_amount: Decimal | None = None
    returned_quantity: Decimal | None = None


class OrderPlaced(Item, tag_field="kind", tag="order", frozen=True, kw_only=True):
    """Order with its lines; sent again in whole, it replaces the earlier version."""

    order_id: str
    ordered_at: When
    lines: Annotated[list[OrderItemLine], Meta(min_length=1, max_length=1_000)]
    delivered_at: When | None = None
    cancelled_at: When | None = None
    place: str | None = None
    coupon_id: str | None = None


class ReturnedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """Returned quantity of one product of an order, in all so far."""

    product_id: str
    returned_quantity: Decimal


class OrderUpdated(Item, tag_field="kind", tag="order_update", frozen=True, kw_only=True):
    """Order update: delivered, cancelled, returned.

    It may arrive before the order.
    """

    order_id: str
    occurred_at: When
    delivered_at: When | None = None
    cancelled_at: When | None = None
    returned: list[ReturnedLine] = []


class BehaviourHappened(Item, tag_field="kind", tag="behaviour", frozen=True, kw_only=True):
    """Behaviour event: a visit, a view, a cart, an enquiry.

    It becomes a row of the table `events`.
    """

    type: str
    occurred_at: When
    product_id: str | None = None
    origin: str | None = None
    device: str | None = None
    value: float | None = None


class CustomerChanged(Item, tag_field="kind", tag="customer", frozen=True, kw_only=True):
    """Columns of the table `customers`, and the configured attributes."""

    occurred_at: When
    columns: Mapping[str, Any]


class ConsentChanged(Item, tag_field="kind", tag="consent", frozen=True, kw_only=True):
    """Consent change: a yes or a no over one channel.

    ``opted_in`` takes every word that a file may use, and what cannot be read is a no.
    """

    channel: str
    opted_in: bool | str
    changed_at: When


class Suppressed(Item, tag_field="kind", tag="suppression", frozen=True, kw_only=True):
    """Suppression of a customer, over one channel or all of them."""

    reason: str
    begins_at: When
    channel: str | None = None
    ends_at: When | None = None


class Identified(Item, tag_field="kind", tag="identity", frozen=True, kw_only=True):
    """Identity: an alias, or a merged customer, belongs to ``customer_id`` from now on."""

    occurred_at: When
    merged_id: str | None = None


EventItem = OrderPlaced | OrderUpdated | BehaviourHappened | CustomerChanged | ConsentChanged | Suppressed | Identified
