"""What the verbs that look over the whole base do to an opened shop; beside `pipelines.decision_run.decision_operations`, which is full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.base_drivers import base_of
from otokui.domain import Instant
from pipelines.analytics.drivers import tell
from pipelines.analytics.sales_forecast import forecast_shop, keep, told
from pipelines.decision_run.decision_operations import live_models
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases
from training.data.purchase_history import History


def run_forecast(shop: Shop, *, as_of: Instant, out: Path, progress: Callable[[int, int], None] = lambda *_: None) -> dict[str, Any]:
    """Forecast the base's orders and revenue as of an instant, write it to ``out``, and return what was written."""
    models = shop.model_set(as_of)
    history = History.of(purchases(shop.records, as_of))
    made = forecast_shop(history, shop.chunks(shop.summaries(as_of)), models, shop.settings, as_of=as_of, progress=progress)
    said = told(made, shop.settings, models)
    keep(said, out)
    return said


def run_factors(shop: Shop, *, as_of: Instant, out: Path) -> dict[str, Any]:
    """Write what loyal customers share, who lacks one thing of it, and the omens of leaving; return what was found."""
    settings = shop.settings
    models = live_models(shop, as_of)
    zone, definitions = settings.shop.timezone, settings.definitions
    base = base_of(shop.chunks(shop.summaries(as_of)), models, as_of=as_of, timezone=zone, definitions=definitions)
    return tell(base, models, settings, as_of=as_of, out=out)
