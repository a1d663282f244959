"""What `otokui forecast` and `otokui factors` kept, read back for the page; a part that was not made yet is None."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.drivers import ThresholdSide
from otokui.domain import Instant, Label
from otokui.settings.settings import Settings
from otokui.wording.i18n import Sayable, Text
from otokui.wording.stored_text import StoredText
from pipelines.report.wording.column_names import Columns
from pipelines.report.wording.driver_names import factor_in_words
from pipelines.report.wording.numbers import Formats

ASK = "ask"
"""The context in the catalogues of what a contact could ask for."""


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
    """A sales forecast; notes: what to know before believing it."""

    as_of: Instant
    cover: float
    lines: Sequence[SalesLine]
    notes: Sequence[Sayable | str]


@dataclass(frozen=True, slots=True)
class SharedDrivers:
    """What customers of a kind share: (what, share among them, share elsewhere), and where none, why.

    asks: (what, customers) of what is to be asked for; customers: rows in ``file``.
    """

    factors: Sequence[tuple[Sayable | str, float, float]]
    why_none: str = ""
    asks: Sequence[tuple[Sayable | str, int]] = ()
    customers: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class ForecastSection:
    """The part of the page that looks ahead."""

    sales: Sales | None = None
    loyal: SharedDrivers | None = None
    churn: SharedDrivers | None = None


@dataclass(frozen=True, slots=True)
class KeptFactor:
    """A factor as its file keeps it: a sentence in some languages, and what it was made from."""

    row: Mapping[str, Any]
    settings: Settings

    def said(self, language: str) -> str:
        """Return it in a language: as it was kept, else anew."""
        kept: str | None = self.row.get(language)
        if kept is not None:
            return kept
        threshold = math.nan if self.row["threshold"] is None else float(self.row["threshold"])
        shop, side = self.settings.shop, ThresholdSide(self.row["side"])
        return factor_in_words(
            self.row["feature"], side, threshold, Formats(language, shop.currency, shop.timezone), Columns(self.settings.records.attributes)
        )


def outlook_of(forecast: Path, factors: Path, as_of: Instant, settings: Settings) -> ForecastSection:
    """Return what the two files hold that was made by ``as_of``; a later one is of another page."""
    said, shared = _read(forecast, as_of), _read(factors, as_of)
    return ForecastSection(
        _sales(said) if said else None,
        _shared(shared[Label.FUTURE_LOYAL], settings) if shared else None,
        _shared(shared[Label.CHURN], settings) if shared else None,
    )


def _sales(said: Mapping[str, Any]) -> Sales:
    lines = [
        SalesLine(row["days"], row["unit"], row["expected"], row["low"], row["high"], row["of_new_customers"], row["backtests"])
        for row in said["forecast"]
    ]
    return Sales(Instant(said["as_of_seconds"]), said["cover"], lines, [StoredText(note) for note in said["notes"]])


def _shared(said: Mapping[str, Any], settings: Settings) -> SharedDrivers:
    return SharedDrivers(
        [(KeptFactor(row, settings), row["among"], row["elsewhere"]) for row in said["factors"]],
        said["why_none"],
        [(Text(row["ask"], ASK, own={"ja": row["ask_ja"]}), row["customers"]) for row in said.get("asks", [])],
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
