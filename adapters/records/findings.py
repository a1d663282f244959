"""Findings of the validation: table, file, lines, column, rule, examples, fix.

They are apart from the check, so that a finding has the same text on the screen, in an error and in the
quarantine report. ``adapters.personal`` masks values and column names before they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.personal.header import shown_name
from adapters.personal.masking import echoed
from otokui.data_contract.rules import RULES, RecordRule

EXAMPLES = 3
"""How many lines and values a message names."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule in one column of one file.

    ``count`` of ``rows`` rows; ``lines`` are 1-based source lines (rows, for Parquet and databases) and
    ``examples`` values, at most three each and masked.
    """

    table: str
    file: str
    rule: str
    column: str = ""
    count: int = 0
    rows: int = 0
    lines: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()
    detail: str = ""
    unit: str = "line"

    @property
    def broken(self) -> RecordRule:
        """The rule, with its severity and the fix that holds of any table."""
        return RULES[self.rule]

    @property
    def fix(self) -> str:
        """The fix, with the name of the table."""
        return self.broken.fix.replace("TABLE", self.table)

    @property
    def says(self) -> str:
        """The finding as text, without the fix."""
        where = f"{self.table}: {self.file}"
        if self.lines:
            more = " …" if self.count > len(self.lines) else ""
            where += f", {self.unit}{'s' if self.count > 1 else ''} {', '.join(map(str, self.lines))}{more}"
        column = f": column {shown_name(self.column)!r}" if self.column else ""
        many = f", {self.count:,} of {self.rows:,} rows" if self.count else ""
        examples = f", e.g. {', '.join(repr(e) for e in self.examples)}" if self.examples else ""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{where}{column}: {self.rule}: {self.broken.says}{detail}{many}{examples}"

    def __str__(self) -> str:
        return f"{self.says}. To fix it: {self.fix}"


def shown(values: Sequence[object]) -> tuple[str, ...]:
    """Return the first few values as masked text."""
    return tuple(echoed("" if v is None else str(v)) for v in list(values)[:EXAMPLES])
