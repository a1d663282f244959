"""Values of payloads, read defensively: text, instants, amounts, and order lines.

Providers send numbers as texts and times as epoch seconds, milliseconds or RFC 3339. A value that cannot be read is None, so each reader
decides whether its item can do without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from otokui.events.items import OrderItemLine
from serving.dialects.reading import ItemRefused

_MILLISECONDS_FROM: Final = 100_000_000_000
"""Epoch numbers from here on are milliseconds: as seconds they would lie after the year 5000."""

_CENT = Decimal("0.01")


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the JSON objects of an array; none where it is no array."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def fields(value: object) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def at(payload: object, *path: str) -> Any:
    """Return the value under a path of keys, None where there is none.

    >>> at({"customer": {"id": 7}}, "customer", "id"), at({"customer": None}, "customer", "id")
    (7, None)
    """
    for key in path:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload


def text(value: object) -> str:
    """Return a text or a whole number as text, '' for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def first_text(*values: object) -> str:
    """Return the first value that is a text, '' for none."""
    return next((found for value in values if (found := text(value))), "")


def instant(value: object) -> datetime | None:
    """Return an instant of epoch seconds, milliseconds or RFC 3339.

    >>> instant(1_790_000_000) == instant("1790000000000") == instant("2026-09-21T14:13:20Z")
    True
    """
    if isinstance(value, str) and value.strip().replace(".", "", 1).isdigit():
        value = float(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1_000 if value >= _MILLISECONDS_FROM else value, UTC)
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
    return read if read is not None and read.tzinfo is not None else None


def required_instant(*values: object) -> datetime:
    """Return the first value that is an instant.

    Raises:
        ItemRefused: none is.
    """
    found = next((read for value in values if (read := instant(value)) is not None), None)
    if found is None:
        raise ItemRefused("missing_time", "the event has no readable time", "send the time as RFC 3339 with offset, or as epoch seconds")
    return found


def amount(value: object) -> Decimal | None:
    """Return a number or a numeric text as a decimal, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < Decimal(10) ** 15 else None


def merged_lines(lines: Iterable[OrderItemLine]) -> list[OrderItemLine]:
    """Return one order line per product, with the sums of its lines.

    They come in the order of the payload.

    Raises:
        ItemRefused: the order has no line.
    """
    by_product: dict[str, OrderItemLine] = {}
    for line in lines:
        before = by_product.get(line.product_id)
        by_product[line.product_id] = line if before is None else _sum(before, line)
    if not by_product:
        raise ItemRefused("missing_lines", "the order names no product", "send the order with its products")
    return list(by_product.values())


def less_discount(lines: list[OrderItemLine], discount: Decimal | None) -> list[OrderItemLine]:
    """Return the lines with an order's discount shared among them.

    Each line's share follows its amount; the last takes the rest of the cents.
    """
    total = sum((line.paid_amount for line in lines), Decimal(0))
    left = min(discount or Decimal(0), total)
    if left <= 0:
        return lines
    out, given = [], Decimal(0)
    for position, line in enumerate(lines):
        share = left - given if position == len(lines) - 1 else (left * line.paid_amount / total).quantize(_CENT)
        given += share
        out.append(OrderItemLine(
            product_id=line.product_id, quantity=line.quantity, paid_amount=max(line.paid_amount - share, Decimal(0)),
            list_amount=line.list_amount, returned_quantity=line.returned_quantity,
        ))  # fmt: skip
    return out


def _sum(one: OrderItemLine, other: OrderItemLine) -> OrderItemLine:
    return OrderItemLine(
        product_id=one.product_id,
        quantity=one.quantity + other.quantity,
        paid_amount=one.paid_amount + other.paid_amount,
        list_amount=_plus(one.list_amount, other.list_amount),
        returned_quantity=_plus(one.returned_quantity, other.returned_quantity),
    )


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None and other is None else (one or Decimal(0)) + (other or Decimal(0))
