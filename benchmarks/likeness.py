"""Benchmark of likeness: simulated and real shops by the same figures.

``python -m benchmarks.likeness DATA [CUSTOMERS]``, where DATA holds the folders cdnow, online_retail and
complete_journey. Says where a measure of the default world leaves its band, or where a real one is not what the project
has on record (simulator/records/likeness.toml).
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl

from adapters.records.datasets import cdnow, complete_journey, online_retail
from adapters.records.datasets.reader_type import Reader
from otokui.settings.settings import load
from simulator.records.likeness import bands, likeness
from simulator.world import World
from simulator.worlds import load_world

mpl.use("svg")
from matplotlib import pyplot as plt

PAGE = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "simulated-shop.md"
READERS: dict[str, Reader] = {"cdnow": cdnow.read, "online_retail": online_retail.read, "complete_journey": complete_journey.read}
KEYS = {"orders": ["order_id"], "order_lines": ["order_id", "product_id"], "contacts": ["contact_id"], "products": ["product_id"]}
SEED, DAYS = 20_250_401, 730
Tables = dict[str, pl.DataFrame]


def real(name: str, data: Path, folder: Path) -> Tables:
    """Return the tables of a published data set, by its reader."""
    read = READERS[name](str(data / name), folder / name)
    tables = {table: pl.read_parquet(path) for table, path in read.sources.items()}
    if "transactions" in tables:
        rows = tables["transactions"].with_row_index("order_id").with_columns(
            pl.col("order_id").cast(pl.String), pl.col("ordered_at").cast(pl.Datetime), product_id=pl.lit("any")
        )  # fmt: skip
        tables = {
            "orders": rows.select("order_id", "customer_id", "ordered_at"),
            "order_lines": rows.select("order_id", "product_id", "quantity", "paid_amount"),
        }
    if "products" in tables and "category_m" not in tables["products"].columns:
        del tables["products"]
    return latest(tables)


def simulated(customers: int) -> Tables:
    """Return two years of the default world under the random policy."""
    shop = load()
    world = World.create(
        load_world("default"), customers=customers, seed=SEED, channels=shop.channels, messages=shop.messages, timezone=shop.shop.timezone
    )
    days = list(world.history(DAYS, "random"))
    return latest({table: pl.concat([day.tables[table] for day in days]) for table in KEYS})


def latest(tables: Tables) -> Tables:
    """Return the tables with only the last known row of each record."""
    return {
        name: frame.sort("known_at", nulls_last=False, maintain_order=True).unique(KEYS[name], keep="last", maintain_order=True)
        if "known_at" in frame.columns and name in KEYS
        else frame
        for name, frame in tables.items()
    }


def figures(measured: dict[str, dict[str, float]]) -> str:
    """Return the table of measures, real ones beside the simulated."""
    lines = ["| measure | CDNOW | Online Retail | Complete Journey | the trade | **simulated** | band |", "|---|---|---|---|---|---|---|"]
    for name, row in bands().items():
        cells = [_shown(measured[shop].get(name)) for shop in READERS]
        trade = f"{row['trade'][0]:g} to {row['trade'][1]:g}" if "trade" in row else ""
        low, high = row["band"]
        ours = _shown(measured["simulated"].get(name))
        lines.append(f"| {row['says']} | {' | '.join(cells)} | {trade} | **{ours}** | {low:g} to {high:g} |")
    return "\n".join(lines)


def _shown(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.3g}"


def faults(measured: dict[str, dict[str, float]]) -> list[str]:
    """Return what lies outside of its band, and what differs from the record."""
    found = []
    for name, row in bands().items():
        low, high = row["band"]
        if not low <= measured["simulated"][name] <= high:
            found.append(f"{name} is {measured['simulated'][name]:.4f}, outside of {low} to {high}")
        found += [
            f"{name} of {shop} is {measured[shop][name]:.4f}, {row[shop]} on record"
            for shop in READERS
            if shop in row and abs(measured[shop][name] - row[shop]) > 1e-3
        ]
    return found


def draw(shops: dict[str, Tables], target: Path) -> None:
    """Draw visits, gaps, spend concentration and price mix of real and simulated shops."""
    mpl.rcParams["svg.hashsalt"] = "otokui"
    figure, panels = plt.subplots(1, 3, figsize=(12, 3.6))
    for name, tables in shops.items():
        style = {"color": "black", "linewidth": 2.2} if name == "simulated" else {"linewidth": 1.2}
        lines = tables["order_lines"].join(tables["orders"].select("order_id", "customer_id", "ordered_at"), on="order_id")
        days = lines.select("customer_id", day=pl.col("ordered_at").dt.date()).unique().sort("customer_id", "day")
        visits = days.group_by("customer_id").len()["len"].to_numpy()
        gaps = days.select(g=(pl.col("day") - pl.col("day").shift(1).over("customer_id")).dt.total_days())["g"].drop_nulls().to_numpy()
        spent = np.sort(lines.group_by("customer_id").agg(pl.col("paid_amount").sum())["paid_amount"].to_numpy())
        at = np.arange(1, 21)
        panels[0].plot(at, [(visits >= k).mean() for k in at], label=name, **style)
        grid = np.geomspace(1, 365, 60)
        panels[1].plot(grid, [(gaps <= g).mean() for g in grid], label=name, **style)
        share = np.linspace(0, 1, 101)
        panels[2].plot(share, np.interp(share, np.linspace(0, 1, len(spent)), np.cumsum(spent) / spent.sum()), label=name, **style)
    for panel, title, axis in zip(
        panels,
        ("customers with at least k days of purchase", "gaps between purchases", "concentration of spend (Lorenz)"),
        ("k", "days, cumulative share", "share of customers, share of spend"),
        strict=True,
    ):
        panel.set(title=title, xlabel=axis)
        panel.grid(alpha=0.3)
    panels[1].set_xscale("log")
    panels[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


def run(data: Path, customers: int) -> int:
    """Measure, draw, write the page's table; return how many measures are off."""
    with tempfile.TemporaryDirectory() as scratch:
        shops = {name: real(name, data, Path(scratch)) for name in READERS}
    shops["simulated"] = simulated(customers)
    measured = {name: likeness(tables) for name, tables in shops.items()}
    text = figures(measured)
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(r"(<!-- figures -->\n).*(<!-- end -->)", rf"\1\n{text}\n\n\2", page, flags=re.DOTALL), encoding="utf-8")
    draw(shops, PAGE.with_suffix(".svg"))
    off = faults(measured)
    print("\n".join(off) or "every measure lies within its band, and every real one is as recorded")
    return len(off)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("which data? To fix it: python -m benchmarks.likeness FOLDER")
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6_000) > 0)
