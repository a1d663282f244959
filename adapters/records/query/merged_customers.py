"""Merged customers in the records, whose rows are read as the surviving customer's.

The stored rows stay as they came. A merge counts in what is read before an instant only if it had happened and was known by then, so a
cut-off before it reads what it always read. Two profiles of one person become one: the survivor's own, else the newest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from adapters.records.query.queries import Quote
from adapters.records.store.layout import LAYOUTS
from otokui.identity.merges import survivor

_DERIVED_COLUMNS = {
    "deliveries": ("order_id", "customer_id", "ordered_at", "delivered_at", "place", "known_at"),
    "contact_outcomes": (
        "contact_id", "customer_id", "channel", "message_id", "kind", "sent_at", "at", "local", "amount", "known_at",
    ),
}  # fmt: skip


def survivors(rows: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Return the surviving customer of each merged id.

    rows: merges known by then, (alias_id, from, customer_id).
    """
    newest: dict[str, tuple[int, str]] = {}
    for alias_id, begins_at, customer_id in rows:
        if alias_id not in newest or (begins_at, customer_id) > newest[alias_id]:
            newest[alias_id] = (begins_at, customer_id)
    into = {alias_id: customer_id for alias_id, (_, customer_id) in newest.items()}
    last = {alias_id: survivor(into, alias_id) for alias_id in into}
    return {alias_id: customer_id for alias_id, customer_id in last.items() if customer_id != alias_id}


def followed(query: str, table: str, merged: Mapping[str, str], quote: Quote, literal: Quote) -> str:
    """Return the query of a table with merged ids replaced by the surviving customers.

    quote, literal: how the engine writes a name and a text.
    """
    columns = columns_of(table)
    if not merged or "customer_id" not in columns or table == "identities":
        return query
    pairs = ", ".join(f"({literal(alias_id)}, {literal(customer_id)})" for alias_id, customer_id in sorted(merged.items()))
    named = ", ".join(
        "COALESCE(m.survivor, f.customer_id) AS customer_id" if name == "customer_id" else f"f.{quote(name)}" for name in columns
    )
    joined = f"FROM ({query}) f LEFT JOIN (VALUES {pairs}) AS m(merged, survivor) ON f.customer_id = m.merged"
    if table != "customers":
        return f"SELECT {named} {joined}"
    rank = (
        "row_number() OVER (PARTITION BY COALESCE(m.survivor, f.customer_id) "
        "ORDER BY CASE WHEN m.survivor IS NULL THEN 0 ELSE 1 END, f.known_at DESC, f.customer_id) AS nth"
    )
    every = ", ".join(map(quote, columns))
    return f"SELECT {every} FROM (SELECT {named}, {rank} {joined}) ranked WHERE nth = 1"


def restated(raw: Iterable[str], before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[str]:
    """Return the customers whose summaries are made anew, survivors in place of merged ids.

    raw: by the stored ids; before, after: surviving customers at both ends of the period. The survivor of a merge is always among them,
    for a late record of one id may lie before those of another.
    """
    changed = {alias_id for alias_id in {*before, *after} if before.get(alias_id) != after.get(alias_id)}
    involved = changed | {before[alias_id] for alias_id in changed & set(before)} | set(after.values())
    return sorted({after.get(customer_id, customer_id) for customer_id in raw} | involved)


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns that a reader of a table or derived stream gets."""
    return _DERIVED_COLUMNS[table] if table in _DERIVED_COLUMNS else LAYOUTS[table].visible
