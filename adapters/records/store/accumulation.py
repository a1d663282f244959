"""Accumulation of outcomes over the versions of a contact, in SQL.

A row of a contact adds what became of it, so a version carries the outcomes that earlier versions told and it does not. The rule is that
of the ledger (``adapters.ledger.ingestion.contact_versions``): each outcome counts as told last, and of rows known at one time the earliest
outcome, the last refusal, a person's opening before a machine's, a hard bounce before a soft one. Without it, rows that each bring one
outcome would erase each other's, or be set aside as duplicates.
"""

from __future__ import annotations

from typing import Final

from adapters.records.input.base import LINE
from adapters.records.store.layout import BESIDES, OUTCOME_LOCAL, TableLayout
from adapters.records.store.sql import name, names
from adapters.records.store.staging import FILE

_NAMED_BY: Final = {"contacts": ("customer_id", "message_id", "channel")}
"""Tables whose versions accumulate, with the columns that two rows of one record must share."""

_BASE: Final = ("sent_at", "sent_local")
_NOTES: Final = ("decision_id", "action_probability", "group")
_RANKS: Final = {
    "opened_at": "coalesce(machine_open, false), opened_at, machine_open IS NULL",
    "converted_at": "converted_at, -coalesce(converted_amount, -1)",
    "unsubscribed_at": "-unsubscribed_at",
    "bounced_at": "coalesce(bounce_type, 'hard') = 'soft', -bounced_at, bounce_type IS NULL",
    "complained_at": "-complained_at",
}


def accumulates(layout: TableLayout) -> bool:
    """Return whether the versions of a table accumulate outcomes."""
    return layout.table in _NAMED_BY


def merged_rows(layout: TableLayout, rows: str) -> str:
    """Return the query that merges the rows of one record known at one time.

    They become one row. ``rows`` holds key, values, known, given, FILE and LINE. Rows of a file that do not say since when they are known
    merge within their file. Rows that name another customer, message or channel stay apart.
    """
    shared, outcomes = (*layout.key, *_NAMED_BY[layout.table]), _groups(layout)
    told = ", ".join(
        f"arg_min({_packed(columns)}, ROW({_RANKS.get(outcome, name(outcome))})) "
        f"FILTER (WHERE {name(outcome)} IS NOT NULL) AS told_{outcome}"
        for outcome, columns in outcomes.items()
    )
    notes = ", ".join(f"min({name(note)}) AS {name(note)}" for note in _NOTES)
    unpacked = ", ".join(f"told_{outcome}.{name(column)} AS {name(column)}" for outcome, columns in outcomes.items() for column in columns)
    merged = (
        f"SELECT {names(shared)}, min(sent_at) AS sent_at, arg_min(sent_local, sent_at) AS sent_local, {notes}, {told}, "
        f"min(known) AS known, given, min({FILE}) AS {FILE}, arg_min({LINE}, ROW({FILE}, {LINE})) AS {LINE} FROM {rows} "
        f"GROUP BY {names(shared)}, given, CASE WHEN given THEN known END, CASE WHEN NOT given THEN {FILE} END"
    )
    return f"SELECT {names((*shared, *_BASE, *_NOTES))}, known, given, {FILE}, {LINE}, {unpacked} FROM ({merged})"


def carried_on(layout: TableLayout, chain: str, window: str) -> str:
    """Return the query for versions with the outcomes of earlier ones.

    The versions are those of ``chain``, in the order of ``window``.
    """
    groups = _groups(layout) | {note: (note,) for note in _NOTES}
    told = ", ".join(
        f"last_value(CASE WHEN {name(outcome)} IS NOT NULL THEN {_packed(columns)} END IGNORE NULLS) OVER w AS told_{outcome}"
        for outcome, columns in groups.items()
    )
    replaced = ", ".join(f"told_{outcome}.{name(column)} AS {name(column)}" for outcome, columns in groups.items() for column in columns)
    told_columns = names(f"told_{outcome}" for outcome in groups)
    rows = f"SELECT *, {told} FROM {chain} WINDOW w AS ({window} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    return f"SELECT * EXCLUDE ({told_columns}) REPLACE ({replaced}) FROM ({rows})"


def _groups(layout: TableLayout) -> dict[str, tuple[str, ...]]:
    """Return by outcome the columns that are told with it, itself first."""
    local, beside = dict(OUTCOME_LOCAL.get(layout.table, ())), BESIDES.get(layout.table, {})
    return {
        outcome: (outcome, *((local[outcome],) if outcome in local else ()), *(column for column, of in beside.items() if of == outcome))
        for outcome in layout.outcomes
    }


def _packed(columns: tuple[str, ...]) -> str:
    return f"struct_pack({', '.join(f'{name(column)} := {name(column)}' for column in columns)})"
