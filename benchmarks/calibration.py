"""Benchmark of calibration: probabilities and intervals on held-out customers and days.

    python -m benchmarks.calibration --data FOLDER [--set NAME ...] [--page docs/benchmarks/calibration.md]

The data sets, origins and records are those of ``benchmarks.purchases``; the models are what `otokui train` makes of the time before.
A decile is a tenth of the customers by the chance they were given; only deciles of 200 customers count, as few tell nothing. *Beyond
chance* are those whose 95% interval lies off by more than two points as well.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.marked import put
from benchmarks.purchases import ours
from benchmarks.purchases.protocol import PROTOCOLS, Protocol
from benchmarks.purchases.rows import Rows, rows_of
from otokui.clock import now
from otokui.domain import Label
from pipelines.model_training.model_operations import run_train
from training.data.labels import Waiting
from training.metrics.label_metrics import CurveForecast, of_curve
from training.metrics.survival import chance_by, coverage

HORIZONS = (7, 14, 30, 60, 90)
DAYS = ("days_to_next_p10", "days_to_next_median", "days_to_next_p90")
SAMPLES = 500
HEADS = ("said", "came true", "expected calibration error", "widest decile, points", "deciles off by more than 2", "of them beyond chance")
SHOWN = ("said", "came_true", "calibration_error", "decile_gap", "deciles_off", "deciles_counted", "deciles_off_beyond_chance")


def forecast_of(protocol: Protocol, data: Path, work: Path) -> tuple[CurveForecast, Rows]:
    """Train on what was known before the origin; return forecasts and outcomes."""
    shop = ours.opened(protocol, data, work)
    rows = rows_of(shop, protocol.at, protocol.horizon_days)
    run_train(shop, train_through=protocol.at, now=now(), labels=(Label.NEXT_PURCHASE,))
    columns = ours.predicted(shop, protocol, rows)
    given = shop.settings.predictions.horizons_days
    horizons = tuple(d for d in given if d <= protocol.horizon_days and (d in HORIZONS or d == protocol.horizon_days))
    chance = columns([f"p_purchase_{d}d" for d in horizons])
    return CurveForecast(horizons, chance, columns(DAYS)), rows


def coverage_between(said: CurveForecast, waiting: Waiting, observed_days: float) -> tuple[float, float]:
    """Return the bootstrap interval of the 80% interval's coverage.

    95%, percentile bootstrap over customers (Efron and Tibshirani 1993).
    """
    then = chance_by(said.horizons, said.chance, said.days, np.minimum(waiting.days, observed_days))
    came, rng = waiting.bought & (waiting.days < observed_days), np.random.default_rng(0)
    drawn = (rng.integers(0, len(then), len(then)) for _ in range(SAMPLES))
    low, high = np.nanquantile([coverage(then[each], came[each]) for each in drawn], (0.025, 0.975))
    return float(low), float(high)


def table(protocol: Protocol, said: CurveForecast, rows: Rows) -> str:
    """Return the figures as Markdown."""
    waiting, observed = Waiting(rows.days, rows.bought), float(protocol.horizon_days)
    found = of_curve(said, waiting, observed)
    low, high = coverage_between(said, waiting, observed)
    lines = [f"### {protocol.title}, {len(rows):,} customers", "", f"| within | {' | '.join(HEADS)} |", "|---" * (1 + len(HEADS)) + "|"]
    for days in said.horizons:
        of = {name: found.get(f"{name}_{days}d", float("nan")) for name in SHOWN}
        off = f"{of['deciles_off']:.0f} of {of['deciles_counted']:.0f}"
        lines.append(
            f"| {days} days | {of['said']:.3f} | {of['came_true']:.3f} | {of['calibration_error']:.3f} | {100.0 * of['decile_gap']:.1f} "
            f"| {off} | {of['deciles_off_beyond_chance']:.0f} |"
        )
    whole, some = found.get("coverage_80_all", float("nan")), found.get("coverage_80", float("nan"))
    lines += [
        "",
        f"80% intervals of days to the next purchase cover {whole:.1%} [{low:.1%}, {high:.1%}] (who still waits at the end is counted by",
        f"Kaplan-Meier); of the {found['coverage_rows']:,.0f} customers whose interval ends within the {protocol.horizon_days} days,",
        f"{some:.1%}.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the data sets")
    parser.add_argument("--set", dest="chosen", nargs="+", choices=[p.name for p in PROTOCOLS], default=[p.name for p in PROTOCOLS])
    parser.add_argument("--page", type=Path, help="the page to write the tables into, e.g. docs/benchmarks/calibration.md")
    asked = parser.parse_args()
    told = []
    for protocol in (p for p in PROTOCOLS if p.name in asked.chosen):
        with tempfile.TemporaryDirectory(prefix="otokui-calibration-") as work:
            told.append(table(protocol, *forecast_of(protocol, asked.data, Path(work))))
        print(told[-1], flush=True)
    if asked.page is not None:
        put(asked.page, "calibration", "\n".join(told))


if __name__ == "__main__":
    main()
