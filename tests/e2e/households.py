"""Half a year of 500 real households as a shop, and the verbs by which tests ask for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
from typer.testing import CliRunner

from adapters.records.datasets import complete_journey
from pipelines.cli import app

HOUSEHOLDS = 500
CUTOFF = "2017-06-01"
SETTINGS = """
[shop]
name = "e2e"
timezone = "America/New_York"
currency = "USD"

[definitions]
churn_days = 28
loyal_horizon_days = 30
loyal = { spend_at_least = 200.0, within_days = 30 }

[predictions]
horizons_days = [7, 400]

[training]
cutoffs = 5
rounds = 30
bags = 1
backtests = 1

[decisions]
cost_scale = 0.0067
exploration_share = 0.0
exploration_most = 0.0
"""


def run(*arguments: str | Path, fails: int = 0) -> str:
    """Run one verb and return what it printed to stdout."""
    result = CliRunner().invoke(app, ["--quiet", *map(str, arguments)])
    assert result.exit_code == fails, (result.output, result.exception)
    return result.stdout if fails == 0 else result.output


def exported(folder: Path, until: str) -> Path:
    """Write what the first 500 households did before a date, as the files a shop would export."""
    prepared = complete_journey.read(None, folder / "all")
    tables = {name: pl.read_parquet(path) for name, path in prepared.sources.items()}
    ids = tables["customers"]["customer_id"].unique().sort().head(HOUSEHOLDS)
    orders = tables["orders"].filter(pl.col("customer_id").is_in(ids.implode()) & (pl.col("ordered_at").cast(pl.String) < until))
    kept: dict[str, pl.DataFrame] = {
        "customers": tables["customers"].filter(pl.col("customer_id").is_in(ids.implode())),
        "orders": orders,
        "order_lines": tables["order_lines"].join(orders.select("order_id"), on="order_id", how="semi"),
        "products": tables["products"],
        "contacts": tables["contacts"].filter(pl.col("customer_id").is_in(ids.implode()) & (pl.col("sent_at").cast(pl.String) < until)),
        "consents": tables["consents"].filter(pl.col("customer_id").is_in(ids.implode()) & (pl.col("changed_at").cast(pl.String) < until)),
    }
    # The mailing programme is the only consent in these records; the same households are taken to read e-mail too.
    kept["consents"] = pl.concat([kept["consents"], kept["consents"].with_columns(channel=pl.lit("email"))])
    out = folder / until
    out.mkdir()
    for name, frame in kept.items():
        frame.write_parquet(out / f"{name}.parquet")
    shutil.rmtree(folder / "all")
    return out


def sources(folder: Path) -> list[str]:
    """Return the arguments that ingest every exported file."""
    return [f"{path.stem}={path}" for path in sorted(folder.glob("*.parquet"))]


def make(folder: Path, until: str = "2017-08-01") -> Path:
    """Make the shop, trained on the first five months of its records, which end at a date; return its folder."""
    folder.mkdir()
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    run("init", folder / "shop", "--settings", folder / "settings.toml")
    run("ingest", "--shop", folder / "shop", *sources(exported(folder, until)))
    run("train", "--shop", folder / "shop", "--cutoff", CUTOFF)
    return folder / "shop"


def copied(shop: Path, to: Path, settings: str = SETTINGS) -> Path:
    """Return a copy of the shop that a test may change, under other settings; they must train the same models."""
    shutil.copytree(shop, to)
    (to / "otokui.toml").write_text(settings, encoding="utf-8")
    return to
