"""Benchmark of small shops: 30 to 3,000 customers of real shops, beside simple rules.

Several draws of each size.

A drawn shop is trained by the same code as any other, on its own customers alone, and asked who buys within 90 days and how
often. The rules know what ours knows: recency, frequency, the RFM sum, and the average.

    python -m benchmarks.small_shops --data FOLDER [--draws 5] [--sizes 30 60 99 300 500 1000 3000]
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata
from scipy.stats import t as student

from benchmarks.marked import put
from benchmarks.real_shops import arguments, datasets, open_shop, vectors
from features import fingerprint
from otokui.domain import DAY, Instant, Label, parse_instant
from otokui.frames import Batch, Bools, Floats
from pipelines.shop.shop import Shop
from pipelines.summaries.purchase_table import purchases
from scoring import load_all, predict
from training.data.dataset import Dataset
from training.data.labels import purchase_count
from training.data.purchase_history import History
from training.data.time_splits import plan
from training.metrics import scores
from training.sales_forecast.backtest import placed_before
from training.train import TrainingBasis, train

HORIZON = 90
ORIGINS = {"cdnow": "1997-10-01", "online_retail": "2011-09-10"}
LABELS = (Label.NEXT_PURCHASE, Label.PURCHASE_COUNT)
FIGURES = ("auc", "log_loss", "rmse")
RISING = {"auc": 1.0, "log_loss": -1.0, "rmse": -1.0}
"""Whether more is better (1) or less (-1)."""


def rfm_sum(now: Batch) -> Floats:
    """Return the RFM sum of scores from 1 to 5, (n,).

    Fifths of recency, frequency and money.
    """
    columns = (-now.column("recency_days"), now.column("purchase_count"), now.column("paid_sum"))
    return np.sum([np.ceil(5.0 * rankdata(column) / len(column)) for column in columns], axis=0)


def rules(now: Batch, past: tuple[Floats, Floats]) -> dict[str, dict[str, Floats]]:
    """Return scores, probabilities and counts of each simple rule, (n,) each.

    past: who bought, and how often, in the 90 days before now, of customers on record then.
    """
    n = len(now)
    rate = now.column("purchases_per_year") * HORIZON / 365.25
    return {
        "recency": {"auc": -now.column("recency_days")},
        "frequency": {"auc": now.column("purchase_count"), "rmse": rate},
        "RFM sum": {"auc": rfm_sum(now)},
        "average": {"auc": np.zeros(n), "log_loss": np.full(n, past[0].mean()), "rmse": np.full(n, past[1].mean())},
    }


def figure(name: str, said: Floats, bought: Floats, count: Floats) -> float:
    """Return one figure of one forecast."""
    if name == "auc":
        return scores.auc(said, bought)
    if name == "log_loss":
        return scores.log_loss(said, bought)
    return scores.rmse(said, count)


def one(shop: Shop, whole: History, known: History, seen: Sequence[Dataset], now: Batch, at: Instant, kept: Bools) -> dict[str, Any]:
    """Return the figures of one drawn shop, ours and the rules'."""
    drawn = {str(c) for c in now.customer_ids[kept]}
    mine = now.rows(kept)
    parts = [Dataset(d.cutoff, d.vectors.rows(np.array([str(c) in drawn for c in d.vectors.customer_ids]))) for d in seen]
    there = np.isin(known.customer, known.index_of(mine.customer_ids))
    own = History(known.customer_ids, known.customer[there], known.purchased_at[there], known.paid[there], known.known_at[there])
    settings = shop.settings
    planned = plan(Instant(int(known.purchased_at.min())), at, settings.training, settings.predictions.horizons_days)
    done = train(
        TrainingBasis(
            parts,
            own,
            settings.training,
            definitions=settings.definitions,
            train_through=at,
            fingerprint=fingerprint(),
            reference_days=planned.reference_days,
        ),
        labels=LABELS,
    )
    models = load_all({label: model.files for label, model in done.models.items()})
    said = predict(mine, models, as_of=at, horizons_days=(HORIZON,), definitions=settings.definitions)

    index = whole.index_of(mine.customer_ids)
    count = purchase_count(whole, index, at, HORIZON)
    bought = (count > 0.0).astype(np.float64)
    before = Instant(at - HORIZON * DAY)
    then = whole.before(index, before) > whole.start_of(index)
    past = purchase_count(whole, index[then], before, HORIZON)
    ours = {"auc": said.p_purchase[:, 0], "log_loss": said.p_purchase[:, 0], "rmse": said.expected_purchases[:, 0]}
    told = {"ours": ours} | rules(mine, ((past > 0.0).astype(np.float64), past))
    out: dict[str, Any] = {name: {each: figure(each, values, bought, count) for each, values in by.items()} for name, by in told.items()}
    out["trees"] = {str(label): model.metrics["rounds"] for label, model in done.models.items()}
    out["refused"] = {str(label): why for label, why in done.refused.items()}
    return out


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a shop's learning curve in Markdown, with the best rule and difference.

    Means over draws; the difference with its 95% interval.
    """
    lines = [
        f"**{name}**, {HORIZON} days from {ORIGINS[name]}",
        "",
        "| customers (draws) | figure | ours | best simple rule | ahead by (95%) |",
        "|---|---|---|---|---|",
    ]
    for size in sorted({row["size"] for row in rows}):
        drawn = [row for row in rows if row["size"] == size]
        for each in FIGURES:
            means = {rule: float(np.mean([row[rule][each] for row in drawn])) for rule in drawn[0] if each in _figures(drawn[0][rule])}
            ours = means.pop("ours")
            best = max(means, key=lambda rule: RISING[each] * means[rule])
            apart = np.array([RISING[each] * (row["ours"][each] - row[best][each]) for row in drawn])
            half = float(student.ppf(0.975, max(len(apart) - 1, 1)) * apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else np.inf
            worse = " **worse**" if apart.mean() + half < 0 else ""
            ends = f"{apart.mean():+.4f} ({apart.mean() - half:+.4f} to {apart.mean() + half:+.4f}){worse}"
            lines.append(f"| {size:,} ({len(drawn)}) | {each.replace('_', ' ')} | {ours:.4f} | {means[best]:.4f} {best} | {ends} |")
    return "\n".join(lines)


def _figures(of: object) -> Mapping[str, float]:
    return of if isinstance(of, dict) else {}


def main() -> None:
    """Run missing draws, print the tables, and write them into the page."""
    parser = arguments(__doc__)
    parser.add_argument("--shops", nargs="+", default=list(ORIGINS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[30, 60, 99, 300, 500, 1_000, 3_000])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--page", type=Path, default=Path("docs/benchmarks/small-shops.md"))
    asked = parser.parse_args()
    sections = []
    for name in asked.shops:
        shop = open_shop(name, asked.data, asked.work)
        zone, settings = shop.settings.shop.timezone, shop.settings
        at = parse_instant(ORIGINS[name], zone)
        whole = History.of(purchases(shop.records, Instant(2**40)))
        known = placed_before(History.of(purchases(shop.records, at)), at)
        planned = plan(Instant(int(known.purchased_at.min())), at, settings.training, settings.predictions.horizons_days)
        seen, now = datasets(shop, planned.cutoffs), vectors(shop.chunks(shop.summaries(at)), at, zone)
        now = now.rows(now.column("purchase_count") >= 1.0)
        kept = asked.work / f"small-{name}.json"
        rows = json.loads(kept.read_text()) if kept.exists() else []
        for size in asked.sizes:
            for draw in range(asked.draws):
                if size > len(now) or any((row["size"], row["draw"]) == (size, draw) for row in rows):
                    continue
                chosen = np.zeros(len(now), dtype=np.bool_)
                chosen[np.random.default_rng([size, draw]).choice(len(now), size, replace=False)] = True
                rows.append({"size": size, "draw": draw} | one(shop, whole, known, seen, now, at, chosen))
                kept.write_text(json.dumps(rows))
                print(name, size, draw, rows[-1]["ours"], rows[-1]["trees"], flush=True)
        sections.append(table(name, rows))
    text = "\n\n".join(sections)
    print(text)
    put(asked.page, "small-shops", text)


if __name__ == "__main__":
    main()
