"""Forecast section of the report, read from what `otokui forecast` and `factors` wrote.

A part that was not made yet is None.
"""

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
from otokui.wording.i18n import Text, Translatable
from otokui.wording.stored_text import StoredText
from pipelines.report.wording.column_names import Columns
from pipelines.report.wording.driver_names import factor_in_words
from pipelines.report.wording.numbers import Formats

ASK = "ask"
"""The context in the catalogues of what a contact could ask for."""


@dataclass(frozen=True, slots=True)
class SalesLine:
    """Sales forecast line: expected, interval, newcomers' part, number of back-test windows.

    Of orders or revenue within so many days.
    """

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
    notes: Sequence[Translatable | str]


@dataclass(frozen=True, slots=True)
class SharedDrivers:
    """Shared drivers of a kind of customer with shares, or the reason for none.

    asks: (what, customers) of what is to be asked for; customers: rows in ``file``.
    """

    factors: Sequence[tuple[Translatable | str, float, float]]
    why_none: str = ""
    asks: Sequence[tuple[Translatable | str, int]] = ()
    customers: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class ForecastSection:
    """The part of the page that looks ahead."""

    sales: Sales | None = None
    loyal: SharedDrivers | None = None
    churn: SharedDrivers | None = None


@dataclass(frozen=True, slots=True)
class StoredFactor:
    """Driver as stored in its file: a sentence in some languages, and its parts."""

    row: Mapping[str, Any]
    settings: Settings

    def in_language(self, language: str) -> str:
        """Return it in a language: as it was kept, else anew."""
        text: str | None = self.row.get(language)
        if text is not None:
            return text
        threshold = math.nan if self.row["threshold"] is None else float(self.row["threshold"])
        shop, side = self.settings.shop, ThresholdSide(self.row["side"])
        return factor_in_words(
            self.row["feature"], side, threshold, Formats(language, shop.currency, shop.timezone), Columns(self.settings.records.attributes)
        )


def outlook_of(forecast: Path, factors: Path, as_of: Instant, settings: Settings) -> ForecastSection:
    """Return the forecast section from both files, as made by ``as_of``.

    A later one belongs to another page.
    """
    sales, shared = _read(forecast, as_of), _read(factors, as_of)
    return ForecastSection(
        _sales(sales) if sales else None,
        _shared(shared[Label.FUTURE_LOYAL], settings) if shared else None,
        _shared(shared[Label.CHURN], settings) if shared else None,
    )


def _sales(report: Mapping[str, Any]) -> Sales:
    lines = [
        SalesLine(row["days"], row["unit"], row["expected"], row["low"], row["high"], row["of_new_customers"], row["backtests"])
        for row in report["forecast"]
    ]
    return Sales(Instant(report["as_of_seconds"]), report["cover"], lines, [StoredText(note) for note in report["notes"]])


def _shared(report: Mapping[str, Any], settings: Settings) -> SharedDrivers:
    return SharedDrivers(
        [(StoredFactor(row, settings), row["among"], row["elsewhere"]) for row in report["factors"]],
        report["why_none"],
        [(Text(row["ask"], ASK, own={"ja": row["ask_ja"]}), row["customers"]) for row in report.get("asks", [])],
        report["customers"],
        report.get("file", ""),
    )


def _read(path: Path, as_of: Instant) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        # The page does without, and says what to run.
        return {}
    return report if report.get("as_of_seconds", as_of + 1) <= as_of else {}
