"""Health check of a shop's records, and its data dictionary.

Nothing here is written down twice: tables, fields and rules come from the contract, everything else is counted.
Values that could name a person are never shown: of ids, only how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from adapters.files.atomic_files import publish
from adapters.files.private_files import private
from adapters.records.query.duckdb_records import DuckDbRecords
from adapters.records.store.commit_log import RecordLog
from adapters.records.store.layout import LAYOUTS
from adapters.records.store.pending_batches import PendingBatches
from adapters.records.store.sql import connect
from adapters.records.validation.forbidding_rows import TABLES as FORBIDDING
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import TABLES, ColumnKind
from otokui.domain import DAY, Instant, show_instant
from otokui.errors import Unavailable
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from pipelines.ingestion.data_dictionary import Field, TableFacts, field_facts, render_dictionary
from pipelines.ingestion.ledger_sync import rows_set_aside

DICTIONARY = "data-dictionary.md"
STALE_DAYS = 3.0
"""Records older than this are called stale."""


@dataclass(frozen=True, slots=True)
class Join:
    """How many rows of a table find their partner in another."""

    table: str
    column: str
    target: str
    rows: int
    matched: int

    @property
    def share(self) -> float:
        """Share of rows that match, 1.0 where there are none."""
        return self.matched / self.rows if self.rows else 1.0


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What the check-up found.

    quarantined: rows by (table, rule). refused: by channel and rule, the customers whose refusals close it. advice: what to do,
    most pressing first.
    """

    as_of: Instant
    timezone: str
    tables: tuple[TableFacts, ...]
    joins: tuple[Join, ...]
    quarantined: dict[tuple[str, str], int] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    dictionary: Path | None = None
    refused: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "as_of": show_instant(self.as_of, self.timezone),
            "tables": [asdict(t) for t in self.tables],
            "joins": [asdict(j) | {"share": j.share} for j in self.joins],
            "quarantined": [{"table": t, "rule": r, "rows": n, "fix": RULES[r].fix} for (t, r), n in self.quarantined.items()],
            "refused": {channel: dict(rules) for channel, rules in self.refused.items()},
            "advice": list(self.advice),
            "dictionary": str(self.dictionary) if self.dictionary else None,
        }

    def render(self) -> str:
        """Return the report as tables for people."""
        lines = [f"{'table':<14}{'rows':>12}{'customers':>12}{'batches':>9}  {'first happened':<18}{'last happened':<18}{'last known':<18}"]
        for t in self.tables:
            days = [
                show_instant(at, self.timezone)[:16] if at is not None else "–" for at in (t.first_happened, t.last_happened, t.last_known)
            ]
            lines.append(f"{t.table:<14}{t.rows:>12,}{t.customers:>12,}{t.batches:>9}  " + "".join(f"{d:<18}" for d in days))
        lines += [f"{j.table}.{j.column} → {j.target}: {j.share:.1%} of {j.rows:,} rows match" for j in self.joins]
        lines += [
            f"set aside: {t}: {n:,} rows: {rule}: {RULES[rule].says}. Fix: {RULES[rule].fix}" for (t, rule), n in self.quarantined.items()
        ]
        for channel, rules in self.refused.items():
            closed = ", ".join(f"{rule} to {counted(number, 'customer')}" for rule, number in rules.items())
            lines += [f"closed by refusals: {channel}: {closed}"] if closed else []
        lines += [f"advice: {a}" for a in self.advice]
        if self.dictionary:
            lines.append(f"data dictionary: {self.dictionary}")
        return "\n".join(lines)


def doctor(
    shop: Path,
    settings: Settings,
    now: Instant,
    last_batch: Callable[[str], int] | None = None,
    refused: Callable[[Instant], Mapping[str, Mapping[str, int]]] = lambda _: {},
) -> DoctorReport:
    """Look a shop's records over and write its data dictionary to ``SHOP/data-dictionary.md``.

    last_batch: returns the last batch of a table that the ledger has taken; where given, what it lacks is named in the advice.
    refused: counts by channel and rule whom refusals close it to (``SqlLedger.refused``).
    """
    log = RecordLog(shop / "records")
    commits = log.commits()
    with closing(
        connect(memory_limit=settings.stores.memory_limit, threads=settings.stores.threads, spill_folder=shop / "records" / "_spill")
    ) as db:
        source = DuckDbRecords(log.records, db)
        stored = [t for t in source.tables() if t in LAYOUTS]
        for table in stored:
            db.execute(f"CREATE TEMP VIEW now_{table} AS {source.query(table, now)}")
        tables = []
        for table in stored:
            arrivals = [c.made_at for c in commits if any(f.table == table for f in c.files)]
            tables.append(_facts(db, table, arrivals, settings))
        joins = _joins(db, stored)
    quarantined = _quarantined(shop / "quarantine")
    advice = (*_ledger_advice(log, last_batch, shop / "quarantine"), *_advice(tables, joins, quarantined, now))
    report = DoctorReport(now, settings.shop.timezone, tuple(tables), joins, quarantined, advice)
    target = shop / DICTIONARY
    aside = target.with_name(f".{target.name}.part")
    aside.write_text(
        render_dictionary(report.tables, [(j.table, j.column, j.target, j.share) for j in joins], now, report.timezone), encoding="utf-8"
    )
    private(aside)
    publish(aside, target)
    return replace(report, dictionary=target, refused=refused(now))


def _facts(db: Any, table: str, arrivals: Sequence[int], settings: Settings) -> TableFacts:
    happened = TABLES[table].happened or "ordered_at"
    layout = LAYOUTS[table]
    people = 'count(DISTINCT "customer_id")' if "customer_id" in layout.visible else "0"
    rows, customers, first, last, known = db.execute(
        f'SELECT count(*), {people}, min("{happened}"), max("{happened}"), max(known_at) FROM now_{table}'
    ).fetchone()
    fields = tuple(_field(db, table, column, rows, settings) for column in (*layout.key, *layout.values))
    return TableFacts(
        table, int(rows), int(customers), len(arrivals), first, last, known or None, max(arrivals, default=None),
        tuple(f for f in fields if f is not None),
    )  # fmt: skip


def _field(db: Any, table: str, column: str, rows: int, settings: Settings) -> Field | None:
    contract = TABLES[table].column(column)
    attributes = settings.records.attributes
    if contract is None:
        at = int(column.rsplit("_", 1)[1]) - 1
        if at >= len(attributes):
            return None
        return field_facts(db, table, column, attributes[at], ColumnKind.TEXT, "attribute of the shop's own", rows, settings)
    return field_facts(db, table, column, column, contract.kind, contract.says, rows, settings)


def _joins(db: Any, stored: Sequence[str]) -> tuple[Join, ...]:
    joins = []
    for table in stored:
        for column, target in TABLES[table].references.items():
            if target in stored:
                rows, matched = db.execute(
                    f"SELECT count(*), count(*) FILTER ({column} IN (SELECT {column} FROM now_{target})) "
                    f"FROM now_{table} WHERE {column} IS NOT NULL"
                ).fetchone()
                joins.append(Join(table, column, target, int(rows), int(matched)))
    return tuple(joins)


def _quarantined(folder: Path) -> dict[tuple[str, str], int]:
    counted: dict[tuple[str, str], int] = {}
    for path in sorted(folder.glob("*/*.parquet")):
        for rule, rows in pl.scan_parquet(path).group_by("rule").len().sort("rule").collect().iter_rows():
            counted[path.parent.name, rule] = counted.get((path.parent.name, rule), 0) + rows
    return counted


def _ledger_advice(log: RecordLog, last_batch: Callable[[str], int] | None, quarantine: Path) -> list[str]:
    """Say what stands between an opt-out on record and the ledger."""
    advice = []
    if last_batch is not None:
        try:
            lacking = PendingBatches(log).find(last_batch)
        except Unavailable as error:
            lacking = f"the ledger cannot be compared with the records: {error.detail}"
        advice = [f"{lacking}; until it has, the service contacts nobody: `otokui sync --shop SHOP`"] if lacking else []
    return advice + [f"{each.says}: {each.fix}" for each in rows_set_aside(quarantine) if each.open or each.closed]


def _advice(tables: Sequence[TableFacts], joins: Sequence[Join], quarantined: dict[tuple[str, str], int], now: Instant) -> tuple[str, ...]:
    held = {t.table: t for t in tables}
    advice = [] if "orders" in held else ["there are no purchases yet: `otokui ingest --shop SHOP transactions=FILE`"]
    ages = {t.table: (now - t.last_happened) / DAY for t in tables if t.last_happened is not None}
    advice += [
        f"{table}: the last record happened {counted(ages[table], 'day')} ago; bring what came since"
        for table in ("orders", "events", "contacts")
        if ages.get(table, 0.0) > STALE_DAYS
    ]
    advice += [
        f"{j.table}: {1 - j.share:.1%} of rows name a {j.column} that is not in {j.target}; bring a complete {j.target} table"
        for j in joins
        if j.share < 1
    ]
    advice += [f"{t}: {n:,} rows were set aside ({r}): {RULES[r].fix}" for (t, r), n in quarantined.items()]
    advice += [
        f"{table}: some rows were set aside, and refusals may be among them: bring the files again, for what says no is kept now"
        for table in FORBIDDING
        if any(t == table for t, _ in quarantined)
    ]
    if "orders" in held and "consents" not in held:
        advice.append("no consents are known, so nobody may be contacted: bring `consents=FILE`")
    return tuple(advice)
