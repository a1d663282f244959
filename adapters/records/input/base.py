"""Interface of a source of records: chunks of text with line numbers, and read errors.

``csv_file``, ``parquet_file`` and ``postgres_table`` implement it; ``open_source`` chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import polars as pl

from adapters.personal.header import holds_values, shown_name
from adapters.records.findings import Finding
from otokui.data_contract.rules import RULES
from otokui.errors import BadRecords

LINE = "__line"
"""The column of a chunk that holds the source line (CSV: physical line; else the row, from 1)."""

MISSHAPEN = "__misshapen"
"""The column of a chunk with the reason why a row could not be split into columns; null for all others."""


class SourceFile(Protocol):
    """One file or table of records that can be read more than once."""

    @property
    def name(self) -> str:
        """The file's name in messages; never with a password in it."""
        ...

    @property
    def unit(self) -> str:
        """The unit of LINE: ``line`` or ``row``."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of the bytes."""
        ...

    def columns(self) -> list[str]:
        """Return the header as it is in the file."""
        ...

    def chunks(self, rows: int) -> Iterator[pl.DataFrame]:
        """Yield the rows in order, about ``rows`` at a time, with LINE and MISSHAPEN."""
        ...


class UnreadableFile(Exception):
    """A file that breaks a rule as a whole, of a table not yet known."""

    def __init__(self, file: str, rule: str, detail: str = "", line: int | None = None) -> None:
        super().__init__(f"{file}: {rule}: {detail}")
        self.file, self.rule, self.detail, self.line = file, rule, detail, line


def refused(table: str, problem: UnreadableFile) -> BadRecords:
    """Return the error for a file that cannot be read."""
    lines = () if problem.line is None else (problem.line,)
    finding = Finding(table, problem.file, problem.rule, lines=lines, detail=problem.detail)
    return BadRecords(finding.says, fix=RULES[problem.rule].fix)


def checked_header(names: list[str], file: str) -> list[str]:
    """Return column names without surrounding blanks; an empty name becomes its position.

    Raises:
        UnreadableFile: there is no header, or a name occurs twice.
    """
    plain = [name.strip().lstrip("\ufeff") or f"column_{i}" for i, name in enumerate(names, 1)]
    if not any(name.strip() for name in names):
        raise UnreadableFile(file, "unreadable_file", "it is empty; not even a header stands there")
    twice = sorted({name for name in plain if plain.count(name) > 1})
    if twice and holds_values(plain):
        raise UnreadableFile(file, "missing_header")
    if twice:
        raise UnreadableFile(file, "unreadable_file", f"the column {shown_name(twice[0])!r} stands there twice")
    return plain
