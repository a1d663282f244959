"""What `otokui forecast` and `otokui factors` kept, read back for the page; a part that was not made yet is None."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otokui.domain import Instant, Label


@dataclass(frozen=True, slots=True)
class SalesLine:
    """Orders or revenue within so many days: expected, low and high, what newcomers bring of it, and on how many windows it was tested."""

    days: int
    unit: str
    expected: float
    low: float
    high: float
    newcomers: float
    tests: int


@dataclass(frozen=True, slots=True)
class Sales:
    """A sales forecast; notes: (English, Japanese)."""

    as_of: Instant
    cover: float
    lines: Sequence[SalesLine]
    notes: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Shared:
    """What customers of a kind share: (English, Japanese, share among them, share elsewhere), and where none, why.

    asks: (English, Japanese, customers) of what is to be asked for; customers: rows in ``file``.
    """

    factors: Sequence[tuple[str, str, float, float]]
    why_none: str = ""
    asks: Sequence[tuple[str, str, int]] = ()
    customers: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The part of the page that looks ahead."""

    sales: Sales | None = None
    loyal: Shared | None = None
    churn: Shared | None = None


def outlook_of(forecast: Path, factors: Path, as_of: Instant) -> Outlook:
    """Return what the two files hold that was made by ``as_of``; a later one is of another page."""
    said, shared = _read(forecast, as_of), _read(factors, as_of)
    return Outlook(
        _sales(said) if said else None,
        _shared(shared[Label.FUTURE_LOYAL]) if shared else None,
        _shared(shared[Label.CHURN]) if shared else None,
    )


def _sales(said: Mapping[str, Any]) -> Sales:
    lines = [
        SalesLine(row["days"], row["unit"], row["expected"], row["low"], row["high"], row["of_new_customers"], row["backtests"])
        for row in said["forecast"]
    ]
    return Sales(Instant(said["as_of_seconds"]), said["cover"], lines, [(note["en"], note["ja"]) for note in said["notes"]])


def _shared(said: Mapping[str, Any]) -> Shared:
    return Shared(
        [(row["en"], row["ja"], row["among"], row["elsewhere"]) for row in said["factors"]],
        said["why_none"],
        [(row["ask"], row["ask_ja"], row["customers"]) for row in said.get("asks", [])],
        said["customers"],
        said.get("file", ""),
    )


def _read(path: Path, as_of: Instant) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        # The page does without, and says what to run.
        return {}
    return said if said.get("as_of_seconds", as_of + 1) <= as_of else {}
