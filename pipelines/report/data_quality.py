"""Data quality for the report: counts of records on record and set aside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from adapters.records.validation.forbidding_rows import RULE
from otokui.data_contract.rules import RULES
from otokui.data_contract.tables import STORED, TABLES
from otokui.domain import Instant
from otokui.ports.stores import RecordSource
from pipelines.report.view_model import DataQualityIssue, TableLine


def tables_of(source: RecordSource, before: Instant, quarantine: Path) -> list[TableLine]:
    """Return a line per table of the contract that holds records known before ``before``."""
    return [_line(source, table, before, quarantine) for table in STORED if table in set(source.tables())]


def findings_of(quarantine: Path) -> list[DataQualityIssue]:
    """Return how many rows were set aside by table and rule, the most first."""
    issues = []
    for table in sorted(path.name for path in quarantine.glob("*") if path.is_dir()):
        for rule, rows in _set_aside(quarantine / table):
            known = RULES.get(rule)
            issues.append(DataQualityIssue(table, rule, rows, known.says if known else "", known.fix if known else ""))
    return sorted(issues, key=lambda finding: (-finding.rows, finding.table, finding.rule))


def _line(source: RecordSource, table: str, before: Instant, quarantine: Path) -> TableLine:
    happened = TABLES[table].happened
    figures = [nw.len().alias("rows"), nw.col("known_at").max().alias("known")]
    if happened:
        figures += [nw.col(happened).min().alias("first"), nw.col(happened).max().alias("last")]
    row: dict[str, Any] = source.frame(table, before).select(*figures).collect(backend="polars").rows(named=True)[0]
    aside = sum(rows for _, rows in _set_aside(quarantine / table))
    return TableLine(
        table,
        int(row["rows"]),
        _instant(row.get("first")),
        _instant(row.get("last")),
        _instant(row["known"]),
        aside,
    )


def _set_aside(folder: Path) -> Sequence[tuple[str, int]]:
    parts = sorted(folder.glob("*.parquet"))
    if not parts:
        return []
    counted = pl.concat([pl.scan_parquet(part).select(RULE) for part in parts]).group_by(RULE).len().sort(RULE).collect()
    return [(str(rule), int(rows)) for rule, rows in counted.rows()]


def _instant(value: int | None) -> Instant | None:
    """Return an instant; None where there is none, or where a record was known from the beginning of time (0)."""
    return Instant(int(value)) if value else None
