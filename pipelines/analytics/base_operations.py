"""Operations of the verbs `forecast` and `factors` on an opened shop.

Beside `pipelines.decision_run.decision_operations`, which is full.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.base_drivers import base_of
from otokui.domain import Instant
from pipelines.analytics.drivers import tell
from pipelines.analytics.sales_forecast import forecast_json, forecast_shop, keep
from pipelines.decision_run.decision_operations import live_models
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases
from training.data.purchase_history import History


def run_forecast(shop: Shop, *, as_of: Instant, out: Path, progress: Callable[[int, int], None] = lambda *_: None) -> dict[str, Any]:
    """Forecast orders and revenue of the base, and write the forecast to ``out``.

    Returns what was written.
    """
    models = shop.model_set(as_of)
    history = History.of(purchases(shop.records, as_of))
    made = forecast_shop(history, shop.chunks(shop.summaries(as_of)), models, shop.settings, as_of=as_of, progress=progress)
    report = forecast_json(made, shop.settings, models)
    keep(report, out)
    return report


def run_factors(shop: Shop, *, as_of: Instant, out: Path) -> dict[str, Any]:
    """Write drivers of loyalty, missing drivers and churn signals; return them."""
    settings = shop.settings
    models = live_models(shop, as_of)
    zone, definitions = settings.shop.timezone, settings.definitions
    base = base_of(shop.chunks(shop.summaries(as_of)), models, as_of=as_of, timezone=zone, definitions=definitions)
    return tell(base, models, settings, as_of=as_of, out=out)
