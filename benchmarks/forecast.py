"""Benchmark of the sales forecast at many instants of real shops, beside naive peers.

At each instant models are trained on what was known before it and nothing else, exactly as `otokui train` and `otokui forecast`
do; the same orders and revenue are then forecast by the simple rules that a shop would use.

    python -m benchmarks.forecast --data FOLDER [--shops online_retail complete_journey] [--step-days 15]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import forecast_table
from benchmarks.marked import put
from benchmarks.real_shops import arguments, datasets, open_shop
from features import fingerprint
from otokui.domain import DAY, Instant, Label, show_instant
from pipelines.analytics.sales_forecast import add_up
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases
from scoring import ModelSet, load_all
from training.data.purchase_history import History
from training.data.time_splits import plan
from training.sales_forecast.backtest import back_test, last_period, placed_before, say
from training.sales_forecast.bottom_up import SALES_HORIZONS, sold
from training.sales_forecast.forecast import ForecastParts, compose
from training.sales_forecast.interval import chance_alone
from training.train import TrainingBasis, train

FIRST_DAYS = 120
"""Days of history before the first forecast."""
LABELS = (Label.NEXT_PURCHASE, Label.PURCHASE_COUNT, Label.SPEND)


def models_at(shop: Shop, at: Instant) -> ModelSet:
    """Return models trained on what was known before ``at``."""
    settings = shop.settings
    bought = purchases(shop.records, at)
    first = Instant(int(bought["purchased_at"].min()))  # type: ignore[arg-type]
    planned = plan(first, at, settings.training, settings.predictions.horizons_days)
    done = train(
        TrainingBasis(
            datasets(shop, planned.cutoffs),
            History.of(bought),
            settings.training,
            definitions=settings.definitions,
            train_through=at,
            fingerprint=fingerprint(),
            reference_days=planned.reference_days,
        ),
        labels=LABELS,
    )
    return load_all({label: model.files for label, model in done.models.items()}, threads=settings.training.threads)


def one(shop: Shop, whole: History, at: Instant) -> dict[str, Any]:
    """Return forecasts and outcome at one instant, as plain numbers (horizons, units)."""
    settings = shop.settings
    zone, definitions, seed = settings.shop.timezone, settings.definitions, settings.training.seed
    chunks = shop.chunks(shop.summaries(at))
    modelled = add_up(chunks, models_at(shop, at), as_of=at, timezone=zone, definitions=definitions, days=SALES_HORIZONS)
    known = placed_before(History.of(purchases(shop.records, at)), at)
    tests, noise = back_test(known, at, SALES_HORIZONS, seed=seed), chance_alone(known, at, SALES_HORIZONS)
    by_rhythm, newcomers, came = say(known, at, SALES_HORIZONS, seed=seed)
    last = last_period(known, at, SALES_HORIZONS)
    observed = (at - int(known.purchased_at.min())) / DAY
    out: dict[str, Any] = {"at": int(at), "done": sold(whole, at, SALES_HORIZONS).columns().tolist()}
    for name, own in (("ours", modelled), ("rhythm", None)):
        said = own if own is not None else by_rhythm
        told = compose(tests, noise, at, observed, ForecastParts(said, newcomers, came, last, own is not None))
        out[name], out[f"{name}_added_up"] = told.expected.tolist(), (said + newcomers).columns().tolist()
        out[f"{name}_low"], out[f"{name}_high"] = told.low.tolist(), told.high.tolist()
    return out | {name: value.tolist() for name, value in forecast_table.naive(known, at, SALES_HORIZONS).items()}


def main() -> None:
    """Run missing instants, print the table, and write it into the page."""
    parser = arguments(__doc__)
    parser.add_argument("--shops", nargs="+", default=["online_retail", "complete_journey"])
    parser.add_argument("--step-days", type=int, default=15)
    parser.add_argument("--page", type=Path, default=Path("docs/benchmarks/forecast.md"))
    asked = parser.parse_args()
    sections = []
    for name in asked.shops:
        shop = open_shop(name, asked.data, asked.work)
        whole = History.of(purchases(shop.records, Instant(2**40)))
        first, last = int(whole.purchased_at.min()), int(whole.purchased_at.max()) + 1
        kept = asked.work / f"forecast-{name}.json"
        rows = json.loads(kept.read_text()) if kept.exists() else []
        there = {row["at"] for row in rows}
        at = last - min(SALES_HORIZONS) * DAY
        while at >= first + FIRST_DAYS * DAY:
            if at not in there:
                rows.append(one(shop, whole, Instant(at)))
                kept.write_text(json.dumps(rows))
                print(f"{name}: {show_instant(Instant(at))[:10]} done", flush=True)
            at -= asked.step_days * DAY
        sections.append(forecast_table.section(name, rows, Instant(last), shop.settings.shop.currency))
    text = "\n\n".join(sections)
    print(text)
    put(asked.page, "forecast", text)


if __name__ == "__main__":
    main()
