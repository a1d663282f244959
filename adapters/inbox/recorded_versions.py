"""Newest versions in the record store of what inbox rows name.

Inbox rows name orders with lines, customers and contacts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import duckdb
import polars as pl

from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.store.layout import ATTRIBUTES, LAYOUTS
from otokui.data_contract.tables import TABLES
from otokui.domain import Instant
from otokui.events.row_states import ItemRows, OnRecord
from otokui.events.rows import Row

EVER = Instant(1 << 61)


def on_record(records: DuckDbRecords, connection: duckdb.DuckDBPyConnection, items: ItemRows, attributes: Sequence[str]) -> OnRecord:
    """Return what is on record of the keys that rows name.

    connection: of ``records``. attributes: the shop's names of further columns of customers, in order.
    """
    orders = _newest(records, connection, "orders", "order_id", items.order_ids())
    lines: dict[str, dict[str, Row]] = defaultdict(dict)
    for line in _newest(records, connection, "order_lines", "order_id", [order["order_id"] for order in orders]):
        lines[line["order_id"]][line["product_id"]] = line
    customers = _newest(records, connection, "customers", "customer_id", items.customers)
    names = dict(zip(ATTRIBUTES, attributes, strict=False))
    contacts = _newest(records, connection, "contacts", "contact_id", items.contacts)
    return OnRecord(
        {row["order_id"]: row for row in orders},
        lines,
        {row["customer_id"]: {names.get(name, name): value for name, value in row.items()} for row in customers},
        {row["contact_id"]: row for row in contacts},
    )


def _newest(
    records: DuckDbRecords, connection: duckdb.DuckDBPyConnection, table: str, key: str, values: Collection[str]
) -> list[dict[str, Any]]:
    if not values or table not in records.tables():
        return []
    layout = LAYOUTS[table]
    keep = [c.name for c in TABLES[table].columns] + [name for name in layout.values if name in ATTRIBUTES]
    relation = records.frame(table, EVER).to_native()
    asked = pl.DataFrame({key: sorted(values)}, schema={key: pl.String}).to_arrow()
    connection.register("asked_keys", asked)
    try:
        columns = ", ".join(f'r."{name}"' for name in keep)
        rows = relation.query("recorded", f"SELECT {columns} FROM recorded r SEMI JOIN asked_keys a ON r.{key} = a.{key}").pl()
    finally:
        connection.unregister("asked_keys")
    return [{name: value for name, value in row.items() if value is not None} for row in rows.iter_rows(named=True)]
