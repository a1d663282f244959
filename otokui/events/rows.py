"""Rows of the data contract from event items.

What names only a change is a row of a table of its own here (``ORDER_UPDATES``, ``RETURNS``, ``CUSTOMER_CHANGES``): it becomes a version of
the record when that is at hand, which may arrive later (``otokui.events.row_states``).
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from otokui.events.items import (
    BehaviourHappened,
    ConsentChanged,
    CustomerChanged,
    EventItem,
    Identified,
    OrderPlaced,
    OrderUpdated,
    Suppressed,
)

Row = dict[str, Any]
"""One row under the contract's column names; a column that is not there is empty."""

ORDER_UPDATES: Final = "order_updates"
RETURNS: Final = "returns"
CUSTOMER_CHANGES: Final = "customer_changes"
_MERGE: Final = ""  # ``otokui.ports.identities.MERGE``
CHANGES: Final = (ORDER_UPDATES, RETURNS, CUSTOMER_CHANGES)
OWN_SOURCE: Final = "api"
"""Source whose ids are the shop's own; those of other sources are qualified, for two sources may use the same number."""


def digest_of(item: Any) -> str:
    """Return the digest of an item, independent of the order of its fields."""
    return hashlib.blake2b(msgspec.json.encode(item, order="deterministic"), digest_size=12).hexdigest()


def record_id(source: str, event_id: str) -> str:
    """Return the id of an item in the table `events`."""
    return event_id if source == OWN_SOURCE else f"{source}:{event_id}"


def rows_of(item: EventItem, customer_id: str | None) -> dict[str, list[Row]]:
    """Return the rows of an item by table of the data contract.

    customer_id: the customer that the item names, by id or by alias.
    """
    named: Row = {"customer_id": customer_id}
    match item:
        case OrderPlaced():
            order = _filled(item, "order_id", "ordered_at", "delivered_at", "cancelled_at", "place", "coupon_id")
            lines = [{"order_id": item.order_id} | _filled(line, *line.__struct_fields__) for line in item.lines]
            return {"orders": [named | order], "order_lines": lines}
        case OrderUpdated():
            update = _filled(item, "order_id", "occurred_at", "delivered_at", "cancelled_at")
            returned = [
                {"order_id": item.order_id, "occurred_at": item.occurred_at} | _filled(line, *line.__struct_fields__)
                for line in item.returned
            ]
            return {ORDER_UPDATES: [named | update]} | ({RETURNS: returned} if returned else {})
        case BehaviourHappened():
            row = _filled(item, "type", "occurred_at", "product_id", "device", "value") | {"source": item.origin}
            return {"events": [{"event_id": record_id(item.source, item.event_id)} | named | row]}
        case CustomerChanged():
            return {CUSTOMER_CHANGES: [dict(item.columns) | named | {"occurred_at": item.occurred_at}]}
        case ConsentChanged():
            return {"consents": [named | _filled(item, "channel", "opted_in", "changed_at")]}
        case Suppressed():
            return {"suppressions": [named | _filled(item, "channel", "reason") | {"from": item.begins_at, "until": item.ends_at}]}
        case Identified():
            begins: Row = named | {"from": item.occurred_at}
            alias = [] if item.alias is None else [begins | {"source": item.alias.source, "alias_id": item.alias.id}]
            merged = [] if item.merged_id is None else [begins | {"source": _MERGE, "alias_id": item.merged_id}]
            return {"identities": alias + merged}


def _filled(struct: Any, *names: str) -> Row:
    return {name: value for name in names if (value := getattr(struct, name)) is not None}
