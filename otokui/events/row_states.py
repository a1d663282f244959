"""Versions of records from the rows of items, independent of their order of arrival.

An update names only what has changed, so the version is the record (from earlier rows or from the record store) with the changes over it.
The state at an instant depends on the set of rows known by then, never on the order of their arrival: of updates the latest by its own
time counts, outcomes are never erased, and a returned quantity is the largest said so far. An update whose order is not known yet waits.

The nightly takeover writes every version; the service needs the last one. Both get it here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from otokui.data_contract.tables import TABLES
from otokui.events.rows import CUSTOMER_CHANGES, ORDER_UPDATES, RETURNS, Row

_OUTCOMES: Final = ("delivered_at", "cancelled_at")
_PLAIN: Final = ("events", "consents", "suppressions", "identities")
"""Tables whose rows are versions as they are."""


@dataclass(frozen=True, slots=True)
class Known:
    """A row of an item, with the sequence number of its entry.

    The number breaks ties of time.
    """

    sequence: int
    row: Row

    @property
    def known_at(self) -> int:
        """When the row became known."""
        return int(self.row["known_at"])


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Newest versions on record of orders, customers and contacts that items name.

    They are by key; lines: by order id, and in it by product id.
    """

    orders: Mapping[str, Row] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    customers: Mapping[str, Row] = field(default_factory=dict)
    contacts: Mapping[str, Row] = field(default_factory=dict)


@dataclass(slots=True)
class ItemRows:
    """Rows of many entries, grouped by what they are about."""

    plain: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[str, list[tuple[Known, list[Row]]]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    returns: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    customers: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))
    contacts: dict[str, list[Known]] = field(default_factory=lambda: defaultdict(list))

    def add(self, sequence: int, rows: Mapping[str, Sequence[Row]]) -> None:
        """Add the rows of one entry."""
        for table in _PLAIN:
            if table in rows:
                self.plain[table] += rows[table]
        for row in rows.get("orders", ()):
            self.orders[row["order_id"]].append((Known(sequence, row), list(rows.get("order_lines", ()))))
        for table, groups, key in (
            (ORDER_UPDATES, self.updates, "order_id"),
            (RETURNS, self.returns, "order_id"),
            (CUSTOMER_CHANGES, self.customers, "customer_id"),
            ("contacts", self.contacts, "contact_id"),
        ):
            for row in rows.get(table, ()):
                groups[row[key]].append(Known(sequence, row))

    def order_ids(self) -> set[str]:
        """Return the orders that any row names."""
        return {*self.orders, *self.updates, *self.returns}

    def waiting(self, record: OnRecord) -> list[int]:
        """Return the entries of updates whose order is neither among the rows nor on record."""
        unknown = (self.updates.keys() | self.returns.keys()) - self.orders.keys() - record.orders.keys()
        return sorted({known.sequence for order in unknown for known in (*self.updates[order], *self.returns[order])})


def order_versions(items: ItemRows, order_id: str, record: OnRecord) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the versions of an order with its lines.

    There is one for each instant at which something of it became known. Nothing is yielded before the order itself is known.
    """
    placed = items.orders.get(order_id, [])
    updates, returned = items.updates.get(order_id, []), items.returns.get(order_id, [])
    for instant in _instants([*(known for known, _ in placed), *updates, *returned]):
        order = dict(record.orders.get(order_id, ()))
        lines = {product: dict(line) for product, line in record.lines.get(order_id, {}).items()}
        for known, own_lines in sorted((p for p in placed if p[0].known_at <= instant), key=lambda p: (p[0].known_at, p[0].sequence)):
            order = known.row | {name: order[name] for name in _OUTCOMES if known.row.get(name) is None and order.get(name) is not None}
            for line in own_lines:
                so_far = lines.get(line["product_id"], {}).get("returned_quantity")
                lines[line["product_id"]] = line | _most(line.get("returned_quantity"), so_far)
        if not order:
            continue
        for update in _in_order(updates, instant, "occurred_at"):
            order |= {name: update[name] for name in _OUTCOMES if update.get(name) is not None}
        for back in _in_order(returned, instant, "occurred_at"):
            if back["product_id"] in lines:
                lines[back["product_id"]] |= _most(back.get("returned_quantity"), lines[back["product_id"]].get("returned_quantity"))
        yield order | {"known_at": instant}, [line | {"known_at": instant} for line in lines.values()]


def customer_versions(items: ItemRows, customer_id: str, record: OnRecord) -> Iterator[Row]:
    """Yield the versions of a customer.

    Of each column the latest change by its own time counts, over what is on record.
    """
    changes = items.customers[customer_id]
    for instant in _instants(changes):
        customer = dict(record.customers.get(customer_id, ()))
        for change in _in_order(changes, instant, "occurred_at"):
            customer |= {name: value for name, value in change.items() if name != "occurred_at"}
        yield customer | {"known_at": instant}


def contact_versions(items: ItemRows, contact_id: str, record: OnRecord) -> Iterator[Row]:
    """Yield the versions of a contact: outcomes accumulate, and an empty column erases nothing."""
    rows = items.contacts[contact_id]
    for instant in _instants(rows):
        contact = dict(record.contacts.get(contact_id, ()))
        for row in _in_order(rows, instant, "known_at"):
            contact |= row
        yield contact | {"known_at": instant}


def versions(items: ItemRows, record: OnRecord) -> dict[str, list[Row]]:
    """Return every version of every record by table, with its ``known_at``."""
    found: dict[str, list[Row]] = {table: list(rows) for table, rows in items.plain.items()}
    for order_id in sorted(items.order_ids()):
        for order, lines in order_versions(items, order_id, record):
            found.setdefault("orders", []).append(order)
            found.setdefault("order_lines", []).extend(lines)
    kinds: tuple[tuple[str, Iterable[str], Callable[[ItemRows, str, OnRecord], Iterator[Row]]], ...] = (
        ("customers", items.customers, customer_versions),
        ("contacts", items.contacts, contact_versions),
    )
    for table, keys, of_key in kinds:
        rows = [row for key in sorted(keys) for row in of_key(items, key, record)]
        if rows:
            found[table] = rows
    return {table: rows for table, rows in found.items() if rows and table in TABLES}


def _instants(rows: Iterable[Known]) -> list[int]:
    return sorted({known.known_at for known in rows})


def _in_order(rows: Iterable[Known], instant: int, time: str) -> Iterator[Row]:
    """Yield the rows known by an instant, the latest by its own time last."""
    known = [one for one in rows if one.known_at <= instant]
    return (one.row for one in sorted(known, key=lambda one: (one.row[time], one.known_at, one.sequence)))


def _most(*quantities: Any) -> Row:
    said = [quantity for quantity in quantities if quantity is not None]
    return {"returned_quantity": max(said)} if said else {}
