"""Sync of consents, suppressions and contacts on record to the ledger.

It is never blocked by a row, and safe to repeat.

A row that the ledger cannot take is set aside (``SHOP/quarantine/TABLE/BATCH.ledger.parquet``) and the rest goes on; were it
to stop the batch, no later opt-out of any customer would arrive. A row that says no closes its customer all the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from adapters.files.atomic_files import publish
from adapters.ledger.ingestion.unfit_rows import CLOSED, COLUMN, FORBIDS, RULE, closing, described
from adapters.records.store.commit_log import OF_LEDGER, Commit, RecordLog
from adapters.records.store.pending_batches import LEDGER_TABLES
from adapters.records.validation.vendor_words import consent
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import OPT_OUT_TIMES, TABLES
from otokui.identity.ids import canonical_column
from otokui.observe import log
from otokui.ports.ledger import Ledger
from otokui.wording.counting import counted

_NO_ID = "not_an_id"


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows of one table that the ledger could not take, refusals counted apart.

    closed: rows whose customer was closed for it; open: rows that say no and whose customer cannot be told from the id.
    """

    table: str
    rule: str
    column: str
    rows: int
    closed: int = 0
    open: int = 0

    @property
    def says(self) -> str:
        """What happened, the refusals first."""
        where = f" in column {self.column!r}" if self.column else ""
        sentence = f"{self.table}: {counted(self.rows, 'row')} could not be taken into the ledger: {self.rule}{where}"
        if self.open:
            sentence = f"OPT-OUTS NOT APPLIED: {sentence}; {self.open:,} of them say no, and no customer can be told from their ids"
        if self.closed:
            sentence += f"; the customers of {self.closed:,} that say no were closed (suppressed) all the same"
        return sentence

    @property
    def fix(self) -> str:
        """What to do."""
        return RULES[self.rule].fix


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What the ledger took."""

    rows: int = 0
    set_aside: tuple[SetAside, ...] = field(default=())


def sync_ledger(records: RecordLog, ledger: Ledger, quarantine: Path) -> SyncReport:
    """Tell the ledger of every committed batch it has not seen.

    Safe to repeat: the ledger remembers the last batch of each table.

    Raises:
        Unavailable: the ledger or the log cannot be used; what was not told is told the next time.
    """
    bring = {
        "identities": ledger.import_identities,
        "consents": ledger.import_consents,
        "suppressions": ledger.import_suppressions,
        "contacts": ledger.import_contacts,
    }
    commits = records.commits()
    taken, aside = 0, list[SetAside]()
    for table in LEDGER_TABLES:
        last = ledger.last_batch(table)
        for commit in commits:
            if commit.sequence <= last:
                continue
            aside += _close_set_aside(ledger, table, commit, quarantine)
            paths = [records.records / file.path for file in commit.files if file.table == table]
            if paths:
                unfit: list[pl.DataFrame] = []

                def keep(rows: pl.DataFrame, table: str = table, commit: Commit = commit, unfit: list[pl.DataFrame] = unfit) -> None:
                    _keep(rows, quarantine / table, commit)
                    unfit.append(rows)

                taken += bring[table](pl.read_parquet(paths, hive_partitioning=False), batch=commit.sequence, set_aside=keep)
                aside += _counts(table, unfit)
    for each in aside:
        log.error("ledger_rows_set_aside", table=each.table, rule=each.rule, rows=each.rows, closed=each.closed, open=each.open)
    return SyncReport(taken, tuple(aside))


def rows_set_aside(quarantine: Path) -> list[SetAside]:
    """Return what the ledger could not take of all batches so far."""
    return [
        each
        for table in LEDGER_TABLES
        for each in _counts(table, (pl.read_parquet(path) for path in sorted((quarantine / table).glob(f"*{OF_LEDGER}.parquet"))))
    ]


def _keep(rows: pl.DataFrame, folder: Path, commit: Commit) -> None:
    """Write rows that were set aside before their transaction ends: nothing is lost, and a second try writes the same."""
    target = folder / f"{commit.batch}{OF_LEDGER}.parquet"
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    folder.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(part, compression="zstd")
    publish(part, target)


def _counts(table: str, parts: Iterable[pl.DataFrame]) -> list[SetAside]:
    count = (pl.len(), pl.col(CLOSED).sum().alias("closed"), (pl.col(FORBIDS) & ~pl.col(CLOSED)).sum().alias("open"))
    frames = [part.select(RULE, COLUMN, FORBIDS, CLOSED) for part in parts]
    if not frames:
        return []
    counts = pl.concat(frames).group_by(RULE, COLUMN, maintain_order=True).agg(*count)
    return [SetAside(table, *row) for row in counts.iter_rows()]


def _close_set_aside(ledger: Ledger, table: str, commit: Commit, quarantine: Path) -> list[SetAside]:
    """Close customers whose row said no and was set aside on its way in, because another of its ids is none."""
    path = quarantine / table / f"{commit.batch}.parquet"
    if table == "identities" or not path.exists():
        return []
    rows = pl.read_parquet(path).filter(pl.col(RULE) == _NO_ID)
    absent = [c.name for c in TABLES[table].columns if c.name not in rows.columns]
    rows = rows.with_columns(pl.lit("").alias(name) for name in absent)
    says = _as_typed(rows, table, commit)
    suppressions = closing(says, table)
    if len(suppressions):
        ledger.import_suppressions(suppressions)
    closed = canonical_column(suppressions["customer_id"]).to_list()
    forbids = described(says, table, closed).filter(pl.col(FORBIDS))
    return _counts(table, [forbids]) if len(forbids) else []


def _as_typed(rows: pl.DataFrame, table: str, commit: Commit) -> pl.DataFrame:
    """Return quarantined texts as far as it takes to see who says no; the time is that of the batch."""
    now = pl.lit(commit.made_at, dtype=pl.Int64)
    common = [*(pl.col(name) for name in (RULE, COLUMN, "customer_id", "channel")), now.alias("known_at")]
    match table:
        case "consents":
            opted_in = consent(pl.col("opted_in")).fill_null(value=False)
            return rows.select(*common, opted_in.alias("opted_in"), now.alias("changed_at"))
        case "suppressions":
            return rows.select(*common, now.alias("from"))
        case _:
            outs = (pl.when(pl.col(name) != "").then(now).alias(name) for name in OPT_OUT_TIMES if name in rows.columns)
            return rows.select(*common, now.alias("sent_at"), *outs)
