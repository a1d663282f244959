"""Sales forecast of a shop: existing customers, newcomers and the last period.

Uses only what was known before the date, models included. The report shows the file that the command keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adapters.files.atomic_files import replace_text
from otokui.domain import Instant, Label, show_instant
from otokui.frames import Batch
from otokui.settings.definitions import Definitions
from otokui.settings.settings import Settings
from otokui.wording.counting import counted
from pipelines.report.wording.numbers import Formats
from scoring.model_files.loader import ModelSet
from scoring.score import predict_summaries
from training.data.purchase_history import History
from training.sales_forecast.bottom_up import SALES_HORIZONS, Sum
from training.sales_forecast.forecast import SalesForecast, forecast_sales

FILE_NAME = "forecast.json"


def add_up(
    summaries: Iterable[Batch], models: ModelSet, *, as_of: Instant, timezone: str, definitions: Definitions, days: Sequence[int]
) -> Sum | None:
    """Return the summed expected orders and money of existing customers.

    None unless models of both are live.

    Who has not bought yet belongs to the newcomers, of whom the arrivals speak.
    """
    if not {Label.PURCHASE_COUNT, Label.SPEND} <= set(models.models):
        return None
    totals = np.zeros((2, len(days)))
    for chunk in summaries:
        vectors, predictions = predict_summaries(
            chunk, models, as_of=as_of, timezone=timezone, horizons_days=tuple(days), definitions=definitions
        )
        bought = vectors.column("purchase_count") >= 1.0
        totals += np.stack([predictions.expected_purchases[bought].sum(axis=0), predictions.expected_spend[bought].sum(axis=0)])
    return Sum(totals[0], totals[1])


def forecast_shop(
    history: History,
    summaries: Iterable[Batch],
    models: ModelSet,
    settings: Settings,
    *,
    as_of: Instant,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> SalesForecast:
    """Return the forecast of the base for the next 30, 60 and 90 days.

    Raises:
        NotEnoughData: the purchases span less than eight weeks.
    """
    zone, definitions = settings.shop.timezone, settings.definitions
    modelled = add_up(summaries, models, as_of=as_of, timezone=zone, definitions=definitions, days=SALES_HORIZONS)
    return forecast_sales(history, as_of, seed=settings.training.seed, modelled=modelled, progress=progress)


def forecast_json(forecast: SalesForecast, settings: Settings, models: ModelSet) -> dict[str, Any]:
    """Return a forecast for programs: what ``--json`` prints and the file holds."""
    return {
        "as_of": show_instant(forecast.as_of, settings.shop.timezone),
        "as_of_seconds": int(forecast.as_of),
        "currency": settings.shop.currency,
        "cover": forecast.cover,
        "by_models": forecast.by_models,
        "models": {str(label): model.digest for label, model in models.models.items()} if forecast.by_models else {},
        "forecast": forecast.rows(),
        "notes": [{"en": note.in_language("en"), "ja": note.in_language("ja")} for note in forecast.notes],
    }


def keep(report: Mapping[str, Any], path: Path) -> None:
    """Write a forecast; the file appears whole or not at all."""
    replace_text(path, json.dumps(report, ensure_ascii=False, indent=1))


def text(report: Mapping[str, Any]) -> str:
    """Return the sales forecast as text, one line per horizon and unit.

    Notes follow.
    """
    formats = Formats("en", str(report["currency"]), "UTC")
    share = f"{100 * report['cover']:.0f}%"
    lines = [f"sales forecast as of {report['as_of']}", f"{'':>8} {'':<8} {'expected':>14}   {share} interval"]
    for row in report["forecast"]:
        show = formats.money if row["unit"] == "revenue" else formats.number
        parts = f"new customers bring {show(row['of_new_customers'])}"
        windows = counted(row["backtests"], "earlier window") if row["backtests"] else "no earlier window"
        if row["last_period"] is not None:
            parts += f"; the last {row['days']} days brought {show(row['last_period'])}"
        lines.append(
            f"{row['days']:>3} days {row['unit']:<8} {show(row['expected']):>14}   {show(row['low'])} to {show(row['high'])}"
            f"   ({parts}; tested on {windows})"
        )
    return "\n".join([*lines, *(f"note: {note['en']}" for note in report["notes"])])
