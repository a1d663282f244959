"""Data dictionary (mission I6): meaning, fill rate and last arrival of each field.

Made from the contract and the data at hand, as Markdown for a person to read; the check-up in ``pipelines.ingestion.health_check``
gathers the facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.personal.kinds import FREE, evidence_for
from adapters.personal.masking import masked
from otokui.data_contract.tables import TABLES, ColumnKind
from otokui.domain import Instant, show_instant
from otokui.settings.settings import Settings

_FREQUENT = 5
"""A text is shown as an example only if so many rows carry it: rarer ones could point to a person."""


@dataclass(frozen=True, slots=True)
class Field:
    """Field of the data dictionary: kind, unit, meaning, fill rate, range of values."""

    name: str
    kind: str
    unit: str
    says: str
    fill_rate: float
    distinct: int
    shows: str


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Table of the data dictionary as it stands now.

    Instants in UTC seconds, None where nothing is on record.
    """

    table: str
    rows: int
    customers: int
    batches: int
    first_happened: int | None
    last_happened: int | None
    last_known: int | None
    last_arrival: int | None
    fields: tuple[Field, ...] = ()


def field_facts(db: Any, table: str, column: str, called: str, kind: ColumnKind, says: str, rows: int, settings: Settings) -> Field:
    """Count one column of the view ``now_<table>``."""
    quoted = '"' + column + '"'
    filled, distinct, least, most = db.execute(
        f"SELECT count({quoted}), approx_count_distinct({quoted}), min({quoted}), max({quoted}) FROM now_{table}"
    ).fetchone()
    return Field(
        called, str(kind), _unit(kind, settings), says, filled / rows if rows else 0.0, int(distinct),
        _shows(db, table, quoted, kind, least, most, distinct, settings.shop.timezone),
    )  # fmt: skip


def _unit(kind: ColumnKind, settings: Settings) -> str:
    return {ColumnKind.MONEY: settings.shop.currency, ColumnKind.TIME: settings.shop.timezone}.get(kind, "")


def _shows(db: Any, table: str, quoted: str, kind: ColumnKind, least: Any, most: Any, distinct: int, timezone: str) -> str:
    if least is None:
        return ""
    if kind is ColumnKind.ID:
        return f"about {distinct:,} different"
    if kind is ColumnKind.TIME:
        return f"{show_instant(least, timezone)[:16]} to {show_instant(most, timezone)[:16]}"
    if kind in (ColumnKind.TEXT, ColumnKind.BOOLEAN, ColumnKind.CONSENT, ColumnKind.BOUNCE):
        evidence = evidence_for(table, quoted.strip('"')) or FREE
        common = db.execute(
            f"SELECT CAST({quoted} AS VARCHAR), count(*) AS n FROM now_{table} WHERE {quoted} IS NOT NULL "
            f"GROUP BY 1 HAVING n >= {_FREQUENT} ORDER BY n DESC, 1 LIMIT 3"
        ).fetchall()
        return ", ".join(masked(str(value), evidence) for value, _ in common) or f"about {distinct:,} different"
    return f"{least:,} to {most:,}"


def render_dictionary(tables: Sequence[TableFacts], joins: Sequence[tuple[str, str, str, float]], now: Instant, timezone: str) -> str:
    """Return the dictionary as Markdown. joins: (table, column, target, share of rows that match)."""
    lines = ["# Data dictionary", "", f"Made from the records and the data contract, as of {show_instant(now, timezone)}.", ""]
    if joins:
        lines += ["## How tables join", "", "| table | key | table | rows that match |", "|---|---|---|---|"]
        lines += [f"| {table} | {column} | {target} | {share:.1%} |" for table, column, target, share in joins]
        lines.append("")
    for facts in tables:
        contract = TABLES[facts.table]
        arrival = show_instant(facts.last_arrival, timezone) if facts.last_arrival is not None else "never"
        last = show_instant(facts.last_happened, timezone) if facts.last_happened is not None else "not known"
        lines += [
            f"## {facts.table}",
            "",
            f"{contract.says}. Key: {', '.join(contract.key)}. {facts.rows:,} rows of {facts.customers:,} customers in "
            f"{facts.batches} batch{'es' if facts.batches != 1 else ''}; last arrival {arrival}; last happened {last}.",
            "",
            "| field | kind | unit | filled | range or most common | meaning |",
            "|---|---|---|---|---|---|",
        ]
        lines += [f"| {f.name} | {f.kind} | {f.unit} | {f.fill_rate:.1%} | {_cell(f.shows)} | {_cell(f.says)} |" for f in facts.fields]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
