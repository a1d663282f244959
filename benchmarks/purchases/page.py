"""The tables as Markdown, for the terminal and for docs/benchmarks/purchases.md alike."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.purchases.figures import FIGURES, Difference
from benchmarks.purchases.wanted import told


def markdown(
    name: str, title: str, names: Sequence[str], values: dict[str, list[float | None]], ahead: dict[str, Difference], notes: list[str]
) -> str:
    """Return one table: figures down, methods across, lead over the best peer, target."""
    lines = [f"### {title}", "", f"| | {' | '.join(names)} | ahead of best peer | wanted |"]
    lines.append("|---" * (len(names) + 3) + "|")
    for row in FIGURES:
        own = [_shown(value, row.digits, signed=row.more_is_better is None) for value in values[row.name]]
        wanted = told(name, row.name, values[row.name][0], more_is_better=row.more_is_better, digits=row.digits)
        lines.append(f"| {row.name} | {' | '.join(own)} | {_difference(ahead.get(row.name), row.digits)} | {wanted} |")
    return "\n".join([*lines, "", *(f"- {note}" for note in notes), ""])


def _shown(value: float | None, digits: int, *, signed: bool) -> str:
    if value is None:
        return ""
    return f"{value:+.1%}" if signed else f"{value:.{digits}f}"


def _difference(found: Difference | None, digits: int) -> str:
    if found is None:
        return ""
    return f"{found.ahead:+.{digits}f} [{found.low:+.{digits}f}, {found.high:+.{digits}f}] {found.verdict} ({found.peer})"
