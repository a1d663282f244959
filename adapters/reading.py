"""Where records come from: a file, a folder of files, or a database table, all read the same way.

A source file is read in chunks that carry the line each row stood on, so that three bad rows among a million can be
named; nothing is interpreted here. Merged into the check, a new kind of source would touch every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from adapters.findings import Finding
from otokui.errors import BadRecords, Missing
from otokui.rules import RULES

LINE = "__line"
"""The column of a chunk that holds the source line (CSV: physical line; else the row, from 1)."""

MISSHAPEN = "__misshapen"
"""The column of a chunk that says why a row could not be split into columns; null for all others."""


class SourceFile(Protocol):
    """One file (or table) of records that can be read more than once."""

    @property
    def name(self) -> str:
        """How it is called in messages; never with a password in it."""
        ...

    @property
    def unit(self) -> str:
        """What LINE counts: ``line`` or ``row``."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        ...

    def columns(self) -> list[str]:
        """Return the header as it stands."""
        ...

    def chunks(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield the rows in order, at most about ``rows`` at a time, with LINE and MISSHAPEN."""
        ...


class Unreadable(Exception):
    """A file that breaks a rule as a whole; the table it was meant for is not known here."""

    def __init__(self, file: str, rule: str, detail: str = "", line: int | None = None) -> None:
        super().__init__(f"{file}: {rule}: {detail}")
        self.file, self.rule, self.detail, self.line = file, rule, detail, line


def refused(table: str, problem: Unreadable) -> BadRecords:
    """Return the error for a file that cannot be read."""
    lines = () if problem.line is None else (problem.line,)
    finding = Finding(table, problem.file, problem.rule, lines=lines, detail=problem.detail)
    return BadRecords(finding.says, fix=RULES[problem.rule].fix)


def opened(source: str, aside: Path) -> Iterable[SourceFile]:
    """Return the files behind ``source``: a path, a folder, or ``postgresql://user@host/db?table=[schema.]name``.

    aside: a folder for what must be copied before it is read (database tables).

    Raises:
        Missing: nothing lies there.
    """
    # Imported here so that a shop that brings files needs no database driver.
    from adapters.reading_csv import CsvFile
    from adapters.reading_parquet import ParquetSource

    if source.startswith(("postgresql:", "postgres:")):
        from adapters.reading_postgres import copied

        return [copied(source, aside)]
    path = Path(source)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and _kind(p) and not p.name.startswith((".", "_")))
        if not found:
            raise Missing(f"{source} holds no .csv, .csv.gz or .parquet file", fix="name a folder with records in it")
    elif path.is_file():
        found = [path]
    else:
        raise Missing(
            f"{source} does not exist", fix="name a CSV or Parquet file, a folder of them, or postgresql://user@host/db?table=NAME"
        )
    files: list[SourceFile] = []
    for each in found:
        name = str(each.relative_to(path)) if path.is_dir() else each.name
        files.append(ParquetSource(each, name) if _kind(each) == "parquet" else CsvFile(each, name))
    return files


def _kind(path: Path) -> str:
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        return "parquet"
    return "csv" if name.endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt")) else ""


def checked_header(names: list[str], file: str) -> list[str]:
    """Return column names without surrounding blanks; a name that is empty is called by its place.

    Raises:
        Unreadable: there is no header, or a name stands there twice.
    """
    plain = [name.strip().lstrip("\ufeff") or f"column_{i}" for i, name in enumerate(names, 1)]
    if not any(name.strip() for name in names):
        raise Unreadable(file, "unreadable_file", "it is empty; not even a header stands there")
    twice = sorted({name for name in plain if plain.count(name) > 1})
    if twice:
        raise Unreadable(file, "unreadable_file", f"the column {twice[0]!r} stands there twice")
    return plain
