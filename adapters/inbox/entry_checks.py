"""Checks of inbox entries by the rules of the data contract.

They are the checks of files, on rows of many callers at once. An entry is refused alone, with the rule and the fix. A row that forbids
contacts is kept in its most forbidding reading, as in a file. Personal data is judged value by value: what other callers send changes
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from adapters.inbox.entry_columns import chunk_of
from adapters.records.input.base import LINE
from adapters.records.validation.check import ValidatedChunk, check, columns_of
from adapters.records.validation.forbidding_rows import BROKEN_COLUMN, RULE
from adapters.records.validation.forbidding_rows import TABLES as FORBIDDING
from adapters.records.validation.personal_data import PersonalDataFilter, named_personal
from adapters.records.validation.personal_data_removal import OnRecord, PersonalDataRemover
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import OPT_OUT_TIMES, TABLES
from otokui.domain import DAY, Instant
from otokui.events.rows import CUSTOMER_CHANGES, ORDER_UPDATES, RETURNS, Row
from otokui.ports.inbox import InboxEntry, ItemResult, ItemStatus
from otokui.settings.records import RecordSettings

_AS: Final = {ORDER_UPDATES: "orders", RETURNS: "order_lines", CUSTOMER_CHANGES: "customers"}
"""Tables of items that are checked by the rules of another."""

_UNNAMED: Final = "unnamed"
_OUTCOMES: Final = ("delivered_at", "cancelled_at")
_MOST_AHEAD: Final = 2 * DAY


@dataclass(slots=True)
class CheckedEntry:
    """Entry with its rows in the contract's types.

    refusal: why it is not to be stored. doubt: how it was read.
    forbids: whether a row says no.
    """

    entry: InboxEntry
    customer_id: str = ""
    visible_at: int = 0
    rows: dict[str, list[Row]] = field(default_factory=dict)
    refusal: ItemResult | None = None
    doubt: ItemResult | None = None
    forbids: bool = False


def refused(rule: str, table: str, column: str = "") -> ItemResult:
    """Return the result of an item that broke a rule of records."""
    broken = RULES[rule]
    return ItemResult(ItemStatus.REFUSED, rule, column, broken.says, broken.fix.replace("TABLE", table))


def _doubt(rule: str, table: str, column: str) -> ItemResult:
    """Return the result of an item that was kept although it broke a rule."""
    return replace(refused(rule, table, column), status=ItemStatus.ACCEPTED)


class EntryChecks:
    """Checks of entries under a shop's settings.

    on_record: returns, of some customer ids, those that the shop knows.
    """

    def __init__(self, settings: RecordSettings, timezone: str, on_record: OnRecord = lambda _: ()) -> None:
        self._settings, self._timezone, self._on_record = settings, timezone, on_record

    def check(self, entries: Sequence[InboxEntry], received_at: Instant) -> list[CheckedEntry]:
        """Return the checked entries, in order."""
        checked = [CheckedEntry(entry) for entry in entries]
        owners: dict[str, list[tuple[int, Row]]] = defaultdict(list)
        for position, entry in enumerate(entries):
            for table, rows in entry.rows.items():
                owners[table] += ((position, row) for row in rows)
        for table, owned in owners.items():
            self._check_table(table, owned, checked, received_at)
        for one in checked:
            _settle(one, received_at)
        return checked

    def _check_table(self, name: str, owned: Sequence[tuple[int, Row]], checked: list[CheckedEntry], now: Instant) -> None:
        table = _AS.get(name, name)
        columns = columns_of(table, self._settings.attributes)
        allowed = {column.name for column in columns}
        lines, rows = [], list[Row]()
        for line, (position, row) in enumerate(owned):
            one = checked[position]
            plain = _as_table(name, row)
            strange = sorted(set(plain) - allowed)
            if strange and table not in FORBIDDING:
                personal = any(named_personal(column, table) for column in strange)
                one.refusal = refused("personal_data" if personal else "unknown_column", table, "" if personal else strange[0])
            else:
                known_at = one.entry.known_at
                rows.append({column: value for column, value in plain.items() if column in allowed} | {"known_at": _time(known_at, now)})
                lines.append(line)
        if not rows:
            return
        done = self._validated(table, chunk_of(rows, lines, columns), now)
        for line, rule, column in done.bad.select(LINE, RULE, BROKEN_COLUMN).iter_rows():
            one = checked[owned[line][0]]
            one.refusal = one.refusal or refused(rule, table, column)
        for line, rule, column in done.doubtful.select(LINE, RULE, BROKEN_COLUMN).iter_rows():
            checked[owned[line][0]].doubt = _doubt(rule, table, column)
        for row in done.good.iter_rows(named=True):
            position, original = owned[row.pop(LINE)]
            filled = {column: value for column, value in row.items() if value is not None}
            checked[position].rows.setdefault(name, []).append(_as_item(name, filled, original))
        for row in done.rescued.iter_rows(named=True):
            one = checked[owned[row.pop(LINE)][0]]
            one.rows.setdefault("consents", []).append({column: value for column, value in row.items() if value is not None})

    def _validated(self, table: str, chunk: pl.DataFrame, now: Instant) -> ValidatedChunk:
        settings = self._settings
        hashed = PersonalDataFilter(table, settings.hash_columns, settings.hash_key_env).pass_through(chunk, chunk.columns)
        trusted = {name.removeprefix(f"{table}.") for name in settings.trusted_columns if name.startswith(f"{table}.")}
        attributes = settings.attributes if table == "customers" else ()
        stripper = PersonalDataRemover(table, attributes, trusted | set(settings.hash_columns), self._on_record, alone=True)
        clean, _ = stripper.strip(hashed)
        return check(table, clean, timezone=self._timezone, now=now, attributes=settings.attributes)


def _settle(one: CheckedEntry, now: Instant) -> None:
    """Conclude an entry: whom it concerns, from when its rows count, and whether they say no."""
    known = one.entry.known_at if one.entry.known_at is not None else now
    if one.refusal is not None:
        # Of a refused contact the opt-out stays, as a consent; of anything else nothing does.
        one.rows = {"consents": one.rows["consents"]} if "consents" in one.rows and "consents" not in one.entry.rows else {}
        if one.rows:
            one.refusal = None
    every = [row for rows in one.rows.values() for row in rows]
    one.customer_id = next((row["customer_id"] for row in every if row.get("customer_id")), "")
    one.forbids = "suppressions" in one.rows or any(
        row.get("opted_in") is False or any(name in row for name in OPT_OUT_TIMES) for row in every
    )
    if one.entry.unreadable and one.refusal is None:
        if one.forbids:
            one.doubt = _doubt("read_as_forbidding", next(iter(one.rows)), one.entry.unreadable)
        else:
            one.refusal = refused("unreadable_item", "", one.entry.unreadable)
    happened = [row[name] for table, rows in one.rows.items() for row in rows if (name := _happened(table)) in row]
    outcomes = [row[name] for row in every for name in _OUTCOMES if name in row and row[name] <= known + _MOST_AHEAD]
    one.visible_at = max([int(known), *happened, *outcomes])


def _happened(table: str) -> str:
    if table in _AS:
        return "occurred_at"
    return "" if table in ("customers", "suppressions") else TABLES[table].happened


def _as_table(name: str, row: Row) -> Row:
    """Return a row of an item's own table under the columns of the table whose rules it is checked by."""
    if name == ORDER_UPDATES:
        return {k: v for k, v in row.items() if k != "occurred_at"} | {
            "ordered_at": row["occurred_at"], "customer_id": row.get("customer_id") or _UNNAMED,
        }  # fmt: skip
    if name == RETURNS:
        return {k: v for k, v in row.items() if k != "occurred_at"} | {"quantity": 0.0, "paid_amount": 0.0}
    return {k: v for k, v in row.items() if k != "occurred_at"} if name == CUSTOMER_CHANGES else row


def _as_item(name: str, row: Row, original: Mapping[str, Any]) -> Row:
    """Return a checked row under the columns of the item's own table."""
    if name == ORDER_UPDATES:
        row["occurred_at"] = row.pop("ordered_at")
        if not original.get("customer_id"):
            del row["customer_id"]
    elif name in (RETURNS, CUSTOMER_CHANGES):
        if name == RETURNS:
            del row["quantity"], row["paid_amount"]
        row["occurred_at"] = int(original["occurred_at"].timestamp())
    return row


def _time(known_at: Instant | None, now: Instant) -> datetime:
    return datetime.fromtimestamp(now if known_at is None else known_at, UTC)
