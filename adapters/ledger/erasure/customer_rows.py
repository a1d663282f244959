"""Rows of one customer in every table of the ledger, found by the metadata.

A table that is added later is erased and disclosed from its first day: what counts is a column that ends in ``customer_id``. A
contract test refuses a table that has none and does not say why (``adapters.ledger.storage.tables.NOBODY``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select, text

from adapters.ledger.storage.columns import METADATA, NOBODY
from adapters.ledger.storage.database import Backend
from adapters.ledger.storage.tables import CUSTOMER_KEYS, IDENTITIES, INBOX, TOMBSTONES
from otokui.ports.identities import MERGE

_NEVER_SHOWN = {CUSTOMER_KEYS.name, TOMBSTONES.name}


def tables_of_customers() -> list[Table]:
    """Return the tables in which customer ids stand, in alphabetical order.

    Tombstones are not among them.
    """
    return [table for name, table in sorted(METADATA.tables.items()) if NOBODY not in table.info and name != TOMBSTONES.name]


def is_of(table: Table, customer_id: str) -> ColumnElement[bool]:
    """Return the condition that a row names the customer.

    Any of its columns of customer ids may name them.
    """
    named = [column == customer_id for column in table.columns if column.name.endswith("customer_id")]
    if table is IDENTITIES:
        named.append((IDENTITIES.c.alias_id == customer_id) & (IDENTITIES.c.source == MERGE))
    return or_(*named)


def person_of(connection: Connection, customer_id: str) -> list[str]:
    """Return every customer id that was ever merged with this one, itself first."""
    ids, new = [customer_id], {customer_id}
    merges = select(IDENTITIES.c.alias_id, IDENTITIES.c.customer_id).where(IDENTITIES.c.source == MERGE)
    while new:
        rows = connection.execute(merges.where(or_(IDENTITIES.c.alias_id.in_(new), IDENTITIES.c.customer_id.in_(new)))).all()
        new = {customer for row in rows for customer in row} - set(ids)
        ids += sorted(new)
    return ids


def delete_rows(connection: Connection, backend: Backend, customer_id: str, mark: str) -> dict[str, int]:
    """Delete the customer's rows and stored replies, and return the rows by table.

    Every row that names the customer goes, and every stored reply about them.
    """
    orders = select(INBOX.c.order_id).where(INBOX.c.customer_id == customer_id, INBOX.c.order_id != "")
    updates = connection.execute(delete(INBOX).where(INBOX.c.customer_id == "", INBOX.c.order_id.in_(orders))).rowcount
    counts = {table.name: connection.execute(delete(table).where(is_of(table, customer_id))).rowcount for table in tables_of_customers()}
    replies = text(f"DELETE FROM answers WHERE {backend.position}(customer_ids, :mark) > 0")
    counts["inbox"] += updates
    counts["answers"] = connection.execute(replies, {"mark": f'"{mark}"'}).rowcount
    return {name: rows for name, rows in counts.items() if rows > 0}


def delete_orders(connection: Connection, backend: Backend, order_ids: Sequence[str]) -> None:
    """Delete the items of the inbox about orders, which name no customer."""
    statement = text(f"DELETE FROM inbox WHERE customer_id = '' AND order_id IN (SELECT j.value FROM {backend.ids})")
    connection.execute(statement, {"ids": backend.bind(list(order_ids))})


def rows_of(connection: Connection, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that name the customer, by table; keys are not among them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables_of_customers():
        if table.name not in _NEVER_SHOWN:
            query = select(table).where(is_of(table, customer_id)).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    return {name: rows for name, rows in found.items() if rows}
