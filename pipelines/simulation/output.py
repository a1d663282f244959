"""Output of a game: table by week, CSV by day, picture of the learning curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.simulation.season import Season

_SUMMED = ("contacts", "withdrawn", "orders", "orders_of_twin", "incremental_profit", "unsubscribed", "complaints", "violations")


def days_csv(season: Season) -> pl.DataFrame:
    """Return one row a day; rules broken are season_json as ``rule:count``."""
    rows = [{**row, "broken": " ".join(f"{rule}:{count}" for rule, count in row["broken"].items())} for row in season.rows]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame.with_columns(running_profit=pl.col("incremental_profit").cum_sum())


def season_json(season: Season) -> dict[str, Any]:
    """Return totals for programs."""
    broken: dict[str, int] = {}
    for row in season.rows:
        for rule, count in row["broken"].items():
            broken[rule] = broken.get(rule, 0) + count
    totals = {name: season.total(name) for name in _SUMMED}
    played = [row["seconds_policy"] for row in season.rows if row["playing"] and not row.get("trained")]
    return {
        "policy": season.policy,
        "days": len(season.rows),
        **totals,
        "broken": broken,
        "processor_seconds_of_a_day": round(float(np.median(played)), 2) if played else None,
        "processor_seconds_training": round(season.total("seconds_train"), 1),
    }


def rendered(season: Season, currency: str, folder: Path) -> str:
    """Return the game as a table by week, and where the rest lies."""
    lines = [
        f"{'week':>4}{'contacts':>10}{'orders':>9}{'of twin':>9}{f'profit, {currency}':>16}{'running':>14}{'unsubscr.':>11}{'broken':>8}"
    ]
    running = 0.0
    for start in range(0, len(season.rows), 7):
        week = season.rows[start : start + 7]
        of = {name: sum(row[name] for row in week) for name in _SUMMED}
        running += of["incremental_profit"]
        lines.append(
            f"{start // 7 + 1:>4}{of['contacts']:>10,}{of['orders']:>9,}{of['orders_of_twin']:>9,}{of['incremental_profit']:>16,.0f}"
            f"{running:>14,.0f}{of['unsubscribed']:>11,}{of['violations']:>8,}"
        )
    totals = season_json(season)
    lines.append(
        f"incremental profit {totals['incremental_profit']:,.0f} {currency} above the twin in which nobody was contacted; "
        f"{totals['unsubscribed']:,.0f} unsubscriptions, {totals['complaints']:,.0f} complaints, "
        f"{totals['violations']:,.0f} rules broken {totals['broken'] or ''}".rstrip()
    )
    silent = {row["silent"] for row in season.rows if row.get("silent")}
    lines += [f"some nights nothing could be decided: {reason}" for reason in sorted(silent)]
    lines.append(f"by day: {folder / 'days.csv'}; the curve: {folder / 'curve.svg'}")
    return "\n".join(lines)


def picture(season: Season, currency: str, path: Path) -> None:
    """Draw the running incremental profit, and contacts a day below it."""
    import matplotlib as mpl  # heavy, and only a picture needs it
    from matplotlib.figure import Figure

    days = np.arange(1, len(season.rows) + 1)
    with mpl.rc_context({"svg.hashsalt": "otokui"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        above.plot(days, np.cumsum([row["incremental_profit"] for row in season.rows]), color="#c2410c", linewidth=2)
        above.axhline(0.0, color="#9ca3af", linewidth=0.8)
        above.set(title=f"{season.policy}: profit above the silent twin, running total", ylabel=currency)
        below.bar(days, [row["contacts"] for row in season.rows], color="#6b7280")
        below.set(xlabel="day", ylabel="contacts")
        figure.savefig(path, format="svg", metadata={"Date": None})
