"""Frames of records from the inbox items of some customers.

They hold what the rows of the customers come to at an instant. They are what ``RecordSource.frame`` would return after a takeover: the
newest version of each key, local times, buckets, outcomes masked that lie ahead. Contacts are left out: the ledger knows them at once, and
their facts come with the night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from adapters.records.store.layout import ATTRIBUTES, BUCKETS, LAYOUTS, LOCAL
from adapters.records.validation.timestamps import local_seconds
from otokui.domain import Instant
from otokui.events.row_states import ItemRows, OnRecord, customer_versions, order_versions
from otokui.events.rows import Row
from otokui.identity.hashing import bucket

_POLARS: Final = {"VARCHAR": pl.String(), "BIGINT": pl.Int64(), "DOUBLE": pl.Float64(), "BOOLEAN": pl.Boolean(), "INTEGER": pl.Int64()}
_DELIVERIES: Final = ("order_id", "customer_id", "ordered_at", "delivered_at", "place", "known_at")
_OUTCOMES: Final = ("delivered_at", "cancelled_at")

Frames = Mapping[str, pl.DataFrame]


def _schema(table: str) -> dict[str, pl.DataType]:
    layout = LAYOUTS[table]
    return {name: _POLARS[layout.sql_type(name)] for name in layout.visible}


SCHEMAS: Final[Mapping[str, Mapping[str, pl.DataType]]] = {table: _schema(table) for table in LAYOUTS} | {
    "deliveries": {name: _schema("orders")[name] for name in _DELIVERIES},
    "contact_outcomes": {
        "contact_id": pl.String(), "customer_id": pl.String(), "channel": pl.String(), "message_id": pl.String(), "kind": pl.String(),
        "sent_at": pl.Int64(), "at": pl.Int64(), "local": pl.Int64(), "amount": pl.Float64(), "known_at": pl.Int64(),
    },
}  # fmt: skip
"""Columns of every frame that summaries are made of."""


def visible_at(row: Row, happened: str) -> int:
    """Return the instant from which a row counts."""
    return max(int(row["known_at"]), int(row.get(happened, 0)))


def visible(items: ItemRows, as_of: Instant) -> ItemRows:
    """Return the rows that count at an instant."""
    seen = ItemRows()
    seen.plain["events"] = [row for row in items.plain.get("events", ()) if visible_at(row, "occurred_at") <= as_of]
    for order_id, placed in items.orders.items():
        kept = [one for one in placed if visible_at(one[0].row, "ordered_at") <= as_of]
        if kept:
            seen.orders[order_id] = kept
    for groups, into in ((items.updates, seen.updates), (items.returns, seen.returns), (items.customers, seen.customers)):
        for key, rows in groups.items():
            known = [one for one in rows if one.known_at <= as_of]
            if known:
                into[key] = known
    return seen


def turns(items: ItemRows) -> list[int]:
    """Return the instants at which the state of these rows changes.

    At such an instant a row comes to count, or an outcome comes true.
    """
    found = [visible_at(row, "occurred_at") for row in items.plain.get("events", ())]
    found += [visible_at(known.row, "ordered_at") for placed in items.orders.values() for known, _ in placed]
    changes = [one for groups in (items.updates, items.returns, items.customers) for rows in groups.values() for one in rows]
    found += [one.known_at for one in changes]
    rows = [known.row for placed in items.orders.values() for known, _ in placed] + [one.row for one in changes]
    return found + [int(row[name]) for row in rows for name in _OUTCOMES if row.get(name) is not None]


def frames_of(items: ItemRows, record: OnRecord, as_of: Instant, timezone: str, attributes: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return the frames of rows that count at an instant.

    ``visible`` says which rows count. They lie over what is on record of their keys.
    """
    orders, lines, deliveries = list[Row](), list[Row](), list[Row]()
    for order_id in items.order_ids():
        states = list(order_versions(items, order_id, record))
        if not states:
            continue
        order, of_order = states[-1]
        order = {name: value for name, value in order.items() if name not in _OUTCOMES or value <= as_of}
        carried = {name: order.get(name) for name in ("customer_id", "ordered_at", "cancelled_at")}
        orders.append(order)
        lines += ({"known_at": order["known_at"]} | line | carried for line in of_order)
        if order.get("delivered_at") is not None and order.get("cancelled_at") is None:
            deliveries.append(order)
    customers = [list(customer_versions(items, customer_id, record))[-1] for customer_id in items.customers]
    return {
        "orders": _frame("orders", orders, timezone),
        "order_lines": _with_local(_plain("order_lines", lines), "ordered_at", "ordered_local", timezone),
        "deliveries": _plain("deliveries", deliveries),
        "events": _frame("events", {row["event_id"]: row for row in items.plain.get("events", ())}.values(), timezone),
        "customers": _customers(customers, attributes),
    }


def _frame(table: str, rows: Iterable[Row], timezone: str) -> pl.DataFrame:
    at, local = LOCAL[table]
    return _with_local(_plain(table, rows), at, local, timezone)


def _with_local(frame: pl.DataFrame, at: str, local: str, timezone: str) -> pl.DataFrame:
    return frame.with_columns(local_seconds(pl.col(at), timezone).alias(local))


def _plain(table: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    made, schema = list(rows), SCHEMAS[table]
    return pl.DataFrame({name: [row.get(name) for row in made] for name in schema}, schema=dict(schema))


def _customers(rows: Sequence[Row], attributes: Sequence[str]) -> pl.DataFrame:
    names = dict(zip(attributes, ATTRIBUTES, strict=False))
    stored = [{names.get(name, name): value for name, value in row.items()} for row in rows]
    for row in stored:
        for column, (source, buckets) in BUCKETS["customers"].items():
            if row.get(source) is not None:
                row[column] = bucket(str(row[source]), buckets)
    return _plain("customers", stored)
