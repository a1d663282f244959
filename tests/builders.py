"""Records and batches with dull defaults, so that a test names only what it is about.

A row builder returns one conformed record (``otokui.ports.RecordSource.frame``) as a dict; ``records`` makes frames of them.
Times are epoch seconds; ``day(3)`` is noon of the third day after 2025-01-01 in UTC, which is the shop's zone here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import narwhals as nw
import numpy as np
import polars as pl

from features.batches import to_batches
from features.summaries.summary import summary_names
from features.vectors import derive
from otokui.data_contract.tables import MOST_ATTRIBUTES
from otokui.domain import DAY, Instant
from otokui.frames import Batch, texts

Row = dict[str, Any]
Table = dict[str, dict[str, float | None]]

START: Final = 1_735_689_600
"""2025-01-01T00:00:00Z, a Wednesday."""

_INT, _FLOAT, _TEXT, _BOOL = pl.Int64(), pl.Float64(), pl.String(), pl.Boolean()
_CODES: Final = (
    "gender", "area", "acquisition_source", "acquisition_medium", "landing_variant",
    *(f"attribute_{i}" for i in range(1, MOST_ATTRIBUTES + 1)),
)  # fmt: skip

SCHEMAS: Final[dict[str, dict[str, pl.DataType]]] = {
    "orders": {
        "order_id": _TEXT, "customer_id": _TEXT, "ordered_at": _INT, "ordered_local": _INT, "delivered_at": _INT,
        "cancelled_at": _INT, "place": _TEXT, "coupon_id": _TEXT, "known_at": _INT,
    },
    "order_lines": {
        "order_id": _TEXT, "product_id": _TEXT, "customer_id": _TEXT, "ordered_at": _INT, "ordered_local": _INT, "cancelled_at": _INT,
        "quantity": _FLOAT, "paid_amount": _FLOAT, "list_amount": _FLOAT, "returned_quantity": _FLOAT, "known_at": _INT,
    },
    "products": {
        "product_id": _TEXT, "name": _TEXT, "category_l": _TEXT, "category_m": _TEXT, "category_s": _TEXT, "taste": _TEXT,
        "brand": _TEXT, "list_price": _FLOAT, "unit_cost": _FLOAT, "replenish_days": _FLOAT, "launched_at": _INT,
        "category_bucket": _INT, "brand_bucket": _INT, "taste_bucket": _INT, "known_at": _INT,
    },
    "customers": {
        "customer_id": _TEXT, "registered_at": _INT, "birth_year": _INT, "birth_month": _INT,
        **{f"{name}_code": _INT for name in _CODES}, "known_at": _INT,
    },
    "events": {
        "event_id": _TEXT, "customer_id": _TEXT, "occurred_at": _INT, "occurred_local": _INT, "type": _TEXT, "product_id": _TEXT,
        "source": _TEXT, "device": _TEXT, "value": _FLOAT, "known_at": _INT,
    },
    "contacts": {
        "contact_id": _TEXT, "customer_id": _TEXT, "message_id": _TEXT, "channel": _TEXT, "sent_at": _INT, "sent_local": _INT,
        "delivered_at": _INT, "opened_at": _INT, "machine_open": _BOOL, "clicked_at": _INT, "converted_at": _INT,
        "converted_amount": _FLOAT, "unsubscribed_at": _INT, "bounced_at": _INT, "decision_id": _TEXT, "action_probability": _FLOAT,
        "group": _TEXT, "known_at": _INT,
    },
    "contact_outcomes": {
        "contact_id": _TEXT, "customer_id": _TEXT, "channel": _TEXT, "message_id": _TEXT, "kind": _TEXT, "sent_at": _INT, "at": _INT,
        "local": _INT, "amount": _FLOAT, "known_at": _INT,
    },
    "contracts": {
        "contract_id": _TEXT, "customer_id": _TEXT, "plan": _TEXT, "started_at": _INT, "term_ends_at": _INT, "cancelled_at": _INT,
        "monthly_amount": _FLOAT, "plan_code": _INT, "known_at": _INT,
    },
    "deliveries": {"order_id": _TEXT, "customer_id": _TEXT, "ordered_at": _INT, "delivered_at": _INT, "place": _TEXT, "known_at": _INT},
}  # fmt: skip
"""The columns of every conformed frame that summaries are made of."""


def day(number: float, hour: float = 12) -> int:
    """Return the instant ``number`` days after 2025-01-01, at an hour of that day."""
    return int(START + number * DAY + hour * 3600)


def line(at: int = START, **changes: Any) -> Row:
    """Return one order line of ada's: one thing for 100; its order id follows from customer and time."""
    row = {
        "customer_id": "ada",
        "product_id": "tea",
        "ordered_at": at,
        "ordered_local": at,
        "known_at": at,
        "quantity": 1.0,
        "paid_amount": 100.0,
    }
    row |= changes
    return {"order_id": f"{row['customer_id']}-{at}"} | row


def order(at: int = START, **changes: Any) -> Row:
    """Return one order of ada's, placed in a store."""
    row = {"customer_id": "ada", "ordered_at": at, "ordered_local": at, "known_at": at, "place": "store"} | changes
    return {"order_id": f"{row['customer_id']}-{at}"} | row


def product(product_id: str = "tea", **changes: Any) -> Row:
    """Return one product, known from the start, of category 1, brand 2 and taste 3."""
    return {"product_id": product_id, "category_bucket": 1, "brand_bucket": 2, "taste_bucket": 3, "known_at": START} | changes


def customer(customer_id: str = "ada", **changes: Any) -> Row:
    """Return one customer who registered at the start."""
    return {"customer_id": customer_id, "registered_at": START, "known_at": START} | changes


def event(at: int = START, type: str = "page_view", **changes: Any) -> Row:
    """Return one event of ada's."""
    row = {"customer_id": "ada", "type": type, "occurred_at": at, "occurred_local": at, "known_at": at} | changes
    return {"event_id": f"{row['customer_id']}-{at}-{type}"} | row


def contact(at: int = START, **changes: Any) -> Row:
    """Return one e-mail sent to ada."""
    row = {"customer_id": "ada", "message_id": "news", "channel": "email", "sent_at": at, "sent_local": at, "known_at": at} | changes
    return {"contact_id": f"{row['customer_id']}-{at}"} | row


def outcome(kind: str = "opened", at: int = START, **changes: Any) -> Row:
    """Return what became of one e-mail to ada."""
    row = {
        "customer_id": "ada",
        "message_id": "news",
        "channel": "email",
        "kind": kind,
        "sent_at": at - DAY,
        "at": at,
        "local": at,
        "known_at": at,
    } | changes
    return {"contact_id": f"{row['customer_id']}-{at}"} | row


def contract(at: int = START, **changes: Any) -> Row:
    """Return one contract of ada's, for a year at 500 a month."""
    row = {"customer_id": "ada", "started_at": at, "term_ends_at": at + 365 * DAY, "monthly_amount": 500.0, "known_at": at} | changes
    return {"contract_id": f"{row['customer_id']}-{at}"} | row


def delivery(at: int = START, **changes: Any) -> Row:
    """Return one delivery to ada, of an order placed a day before."""
    row = {"customer_id": "ada", "ordered_at": at - DAY, "delivered_at": at, "place": "ec", "known_at": at} | changes
    return {"order_id": f"{row['customer_id']}-{row['ordered_at']}"} | row


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Return rows as the conformed frame of a table; what a row leaves out is null."""
    schema = SCHEMAS[table]
    return pl.DataFrame([[row.get(name) for name in schema] for row in rows], schema=schema, orient="row", strict=False)


def records(**tables: Sequence[Row]) -> dict[str, nw.LazyFrame[Any]]:
    """Return the named tables as frames on Polars, for ``summarise``."""
    return {name: nw.from_native(frame(name, rows).lazy()) for name, rows in tables.items()}


def table(summaries: nw.LazyFrame[Any]) -> Table:
    """Return summaries of any engine as ``{customer_id: {fact: value}}``."""
    return {row.pop("customer_id"): row for row in nw.to_native(summaries.collect("polars")).to_dicts()}


def vectors_of(summaries: nw.LazyFrame[Any], as_of: Instant) -> bytes:
    """Return the vectors of summaries, customers in order, as bytes: what models are fitted on and decide from."""
    found = summaries.collect("polars").to_native().sort("customer_id").to_arrow()
    (batch,) = to_batches(found.combine_chunks().to_batches())
    return derive(batch, as_of).values.tobytes()


def differences(found: Table, expected: Table, within: float = 1e-12) -> list[tuple[str, str, object, object]]:
    """Return where two tables differ, as (customer, fact, found, expected).

    Sums of powers of two may differ in the last bits: engines take powers, and add, in ways of their own.
    """
    strangers = sorted(set(found) ^ set(expected))
    out: list[tuple[str, str, object, object]] = [(name, "row", name in found, name in expected) for name in strangers]
    for name in sorted(set(found) & set(expected)):
        for fact, value in expected[name].items():
            other = found[name][fact]
            equal = value is other if value is None or other is None else math.isclose(other, value, rel_tol=within, abs_tol=0.0)
            if not equal:
                out.append((name, fact, other, value))
    return out


def summaries(*rows: Mapping[str, float], ids: Sequence[str] | None = None) -> Batch:
    """Return a batch of summaries; what a row leaves out is NaN, customers are called c-0, c-1 …"""
    values = np.full((len(rows), len(summary_names())), np.nan)
    for i, row in enumerate(rows):
        for name, value in row.items():
            values[i, summary_names().index(name)] = value
    return Batch(texts(ids or [f"c-{i}" for i in range(len(rows))]), summary_names(), values)


def vector(as_of: int, *, local_offset_seconds: int = 0, **facts: float) -> dict[str, float]:
    """Return the features of one customer with these facts, by name."""
    batch = derive(summaries(facts), Instant(as_of), local_offset_seconds=local_offset_seconds)
    return dict(zip(batch.names, map(float, batch.values[0]), strict=True))
