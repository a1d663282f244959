"""Summaries of today: last night's summary of a customer with the rows that arrived since.

Rows that happened after last night's cut-off are summarised and merged into last night's row, by the merge law. Where a row touches the
past (an update of an older order, an event that comes late) the customer is summarised anew from the records and the inbox. Both give what
a takeover and a fresh summary would give. Contacts are no part of it: the ledger has them at once.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from adapters.inbox.item_frames import Frames, frames_of, turns, visible
from adapters.inbox.records_of_customers import RecordsOfCustomers
from adapters.inbox.served_mark import ServedMark
from adapters.inbox.summary_plan import plan_of
from features.summary_merge import merge_rows
from otokui.domain import Instant
from otokui.events.row_states import ItemRows, OnRecord
from otokui.frames import Floats
from otokui.ports.inbox import Inbox, StoredEntry, TodaysRow
from otokui.ports.stores import SummaryStore

_EVER = 1 << 62


@dataclass(slots=True)
class InboxSummaries:
    """Implements ``otokui.ports.inbox.TodaysSummaries`` over one version of the served summaries; one computation at a time.

    mark: how far those summaries include the inbox.
    """

    inbox: Inbox
    store: SummaryStore
    records: RecordsOfCustomers
    mark: ServedMark
    timezone: str
    attributes: Sequence[str] = ()
    _seen: int = 0
    _orders_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _turn: threading.RLock = field(default_factory=threading.RLock)

    def news(self) -> list[str]:
        """Return the customers of entries that arrived since the last call.

        An update that names its order only is of the order's customer; while nobody knows the order, of nobody.
        """
        with self._turn:
            found = self.inbox.touched(self._seen, self.mark.through, self.mark.cutoff)
            customers = dict.fromkeys(customer_id for _, customer_id, _ in found if customer_id)
            nameless = {order_id for _, customer_id, order_id in found if not customer_id and order_id}
            if nameless:
                for order_id, customer_id in self._owners(nameless).items():
                    self._orders_of[customer_id].add(order_id)
                    customers[customer_id] = None
            if found:
                self._seen = found[-1][0]
            return list(customers)

    def rows(self, customer_ids: Sequence[str], as_of: Instant) -> list[TodaysRow]:
        """Return the summary of each customer as of an instant.

        With each comes the time in which it holds.
        """
        with self._turn:
            return self._rows(customer_ids, as_of)

    def _rows(self, customer_ids: Sequence[str], as_of: Instant) -> list[TodaysRow]:
        orders = sorted({order for customer_id in customer_ids for order in self._orders_of.get(customer_id, ())})
        by_customer = self._by_customer(self.inbox.of_customers(customer_ids, orders))
        merged, anew, spans = list[str](), list[str](), dict[str, tuple[int, int]]()
        for customer_id in customer_ids:
            entries = by_customer.get(customer_id, [])
            fresh = _items(entry for entry in entries if not self.mark.includes(entry.sequence, entry.visible_at))
            instants = turns(fresh)
            spans[customer_id] = (
                max((at for at in instants if at <= as_of), default=0), min((at for at in instants if at > as_of), default=_EVER),
            )  # fmt: skip
            seen = visible(fresh, as_of)
            if not (seen.plain["events"] or seen.orders or seen.updates or seen.returns or seen.customers):
                continue
            (merged if _only_adds(seen, self.mark.cutoff) else anew).append(customer_id)
        values: dict[str, Floats] = {}
        if merged:
            live = (e for c in merged for e in by_customer[c] if not self.mark.includes(e.sequence, e.visible_at))
            values |= zip(merged, self._merged(merged, _items(live), as_of), strict=True)
        if anew:
            values |= zip(anew, self._anew(anew, _items(e for c in anew for e in by_customer[c]), as_of), strict=True)
        return [TodaysRow(customer_id, values.get(customer_id), *spans[customer_id]) for customer_id in customer_ids]

    def _merged(self, customer_ids: Sequence[str], items: ItemRows, as_of: Instant) -> Floats:
        frames = frames_of(visible(items, as_of), OnRecord(), as_of, self.timezone, self.attributes)
        newer = self._summarised(frames, customer_ids)
        return merge_rows(self.store.fetch(customer_ids).values, newer)

    def _anew(self, customer_ids: Sequence[str], items: ItemRows, as_of: Instant) -> Floats:
        recorded = self.records.frames(customer_ids, as_of)
        record = self.records.newest(recorded, self.attributes)
        frames = frames_of(visible(items, as_of), record, as_of, self.timezone, self.attributes)
        return self._summarised(_over(recorded, frames), customer_ids)

    def _summarised(self, frames: Frames, customer_ids: Sequence[str]) -> Floats:
        tables = set(self.records.tables()) | {table for table, frame in frames.items() if len(frame)}
        if "orders" in tables:
            tables.add("deliveries")
        everything = dict(frames) | ({"products": self.records.products()} if "products" in tables else {})
        return plan_of(tuple(sorted(tables))).run(everything, customer_ids)

    def _by_customer(self, entries: Sequence[StoredEntry]) -> dict[str, list[StoredEntry]]:
        """Return the entries of each customer; one that names an order only belongs to the order's customer."""
        owner = {row["order_id"]: row["customer_id"] for entry in entries for row in entry.rows.get("orders", ())}
        owner |= {order_id: customer_id for customer_id, orders in self._orders_of.items() for order_id in orders if order_id not in owner}
        found: dict[str, list[StoredEntry]] = defaultdict(list)
        for entry in entries:
            of_order = next((row["order_id"] for row in entry.rows.get("order_updates", ())), "")
            customer_id = entry.customer_id or owner.get(of_order, "")
            found[customer_id].append(entry)
        return found

    def _owners(self, order_ids: Iterable[str]) -> dict[str, str]:
        """Return the customers of orders in the inbox or on record."""
        asked = set(order_ids)
        entries = self.inbox.of_customers([], sorted(asked))
        placed = {row["order_id"]: row["customer_id"] for entry in entries for row in entry.rows.get("orders", ())}
        return self.records.owners(asked - placed.keys()) | {order: customer for order, customer in placed.items() if order in asked}


def _items(entries: Iterable[StoredEntry]) -> ItemRows:
    items = ItemRows()
    for entry in entries:
        items.add(entry.sequence, entry.rows)
    return items


def _only_adds(items: ItemRows, cutoff: Instant) -> bool:
    """Return whether rows touch nothing before the cut-off, so that the merge law holds."""
    placed = [known.row for rows in items.orders.values() for known, _ in rows]
    return (
        (items.updates.keys() | items.returns.keys()) <= items.orders.keys()
        and all(row["ordered_at"] >= cutoff for row in placed)
        and all(row["occurred_at"] >= cutoff for row in items.plain["events"])
        and all(known.known_at >= cutoff for rows in items.customers.values() for known in rows)
    )


def _over(recorded: Mapping[str, pl.DataFrame], frames: Frames) -> dict[str, pl.DataFrame]:
    """Return frames on record with the rows of items in place of those with the same keys."""
    keys = {"orders": "order_id", "order_lines": "order_id", "deliveries": "order_id", "events": "event_id", "customers": "customer_id"}
    found = dict(recorded)
    for table, key in keys.items():
        newer = frames[table]
        replaced = frames["orders"][key] if table in ("order_lines", "deliveries") else newer[key]
        older = found.get(table)
        found[table] = newer if older is None else pl.concat([older.filter(~pl.col(key).is_in(replaced.implode())), newer])
    return found
