"""Tables of match outcomes by world: means with 95% intervals over seeds.

Each match is a pair with itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import t as student

BEST, EVERYBODY = "best_possible", "everybody"


def with_shares(outcomes: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Return one row per match and policy, with its share of the oracle's profit."""
    frame = pl.DataFrame([{k: v for k, v in row.items() if k != "broken"} for row in outcomes], infer_schema_length=None)
    match = ["world", "seed", "scenario"]
    best = frame.filter(pl.col("policy") == BEST).select(*match, *(pl.col(c).alias(f"best_{c}") for c in _SHARED))
    crowd = frame.filter(pl.col("policy") == EVERYBODY).select(*match, crowd=pl.col("unsubscribed"))
    joined = frame.join(best, on=match, how="left").join(crowd, on=match, how="left")
    # Where the best possible is to be silent there is nothing to have a share of.
    shares = [pl.when(pl.col(f"best_{c}") > 0).then(pl.col(c) / pl.col(f"best_{c}")).alias(f"share_{c}") for c in _SHARED]
    return joined.with_columns(*shares, unsubscribed_of_crowd=pl.when(pl.col("crowd") > 0).then(pl.col("unsubscribed") / pl.col("crowd")))


_SHARED = ("profit", "profit_kept", "profit_last_kept", "expected", "expected_kept")


def interval(values: Sequence[float | None]) -> tuple[float, float]:
    """Return mean and half width of the 95% interval (Student's t).

    The width is NaN for fewer than two values.
    """
    there = np.array([v for v in values if v is not None and math.isfinite(v)])
    if not len(there):
        return math.nan, math.nan
    if len(there) == 1:
        return float(there[0]), math.nan
    return float(there.mean()), float(student.ppf(0.975, len(there) - 1) * there.std(ddof=1) / math.sqrt(len(there)))


def markdown(frame: pl.DataFrame, policies: Sequence[str]) -> str:
    """Return the tables, one for each scenario and world, policies in the order given."""
    lines = []
    for scenario, world in frame.select("scenario", "world").unique(maintain_order=True).rows():
        some = frame.filter((pl.col("scenario") == scenario) & (pl.col("world") == world))
        seeds = some["seed"].n_unique()
        lines += [f"### {world}, {scenario} ({seeds} {'seed' if seeds == 1 else 'seeds'})", ""]
        lines += [
            "| policy | incremental profit | share of best possible | outside our control group | the last days of it "
            "| expected profit | share of best possible | outside our control group "
            "| contacts | unsubscribed | against everybody | complaints | rules broken |",
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        ]
        for policy in policies:
            row = some.filter(pl.col("policy") == policy)
            if row.is_empty():
                continue
            cells = [
                _money(*interval(row["profit"].to_list())),
                *(_share(*interval(row[f"share_{c}"].to_list())) for c in _SHARED[:3]),
                _money(*interval(row["expected"].to_list())),
                *(_share(*interval(row[f"share_{c}"].to_list())) for c in _SHARED[3:]),
                f"{row['contacts'].mean():,.0f}",
                f"{row['unsubscribed'].mean():,.1f}",
                _times(*interval(row["unsubscribed_of_crowd"].to_list())),
                f"{row['complaints'].mean():,.1f}",
                f"{row['violations'].sum():,.0f}",
            ]
            lines.append(f"| {policy} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _money(mean: float, half: float) -> str:
    return f"{mean:,.0f}" + ("" if math.isnan(half) else f" ± {half:,.0f}")


def _share(mean: float, half: float) -> str:
    return "–" if math.isnan(mean) else f"{mean:.0%}" + ("" if math.isnan(half) else f" ± {half:.0%}")


def _times(mean: float, half: float) -> str:
    return "–" if math.isnan(mean) else f"{mean:.2f}" + ("" if math.isnan(half) else f" ± {half:.2f}")
