"""The picture: how incremental profit grows day by day, every policy, mean over the matches of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

_STYLE = {"ours": ("#c2410c", 2.6), "best_possible": ("#111827", 2.2)}


def draw(frame: pl.DataFrame, rows: Sequence[Mapping[str, Any]], policies: Sequence[str], path: Path) -> None:
    """Write the picture as SVG."""
    scenarios = frame["scenario"].unique(maintain_order=True).to_list()
    figure = Figure(figsize=(6 * len(scenarios), 4.2), layout="constrained")
    axes = figure.subplots(1, len(scenarios), squeeze=False)
    for axis, scenario in zip(axes[0], scenarios, strict=True):
        for number, policy in enumerate(policies):
            curves = [np.cumsum(row["curve"]) for row in rows if row["scenario"] == scenario and row["policy"] == policy]
            if not curves:
                continue
            shortest = min(map(len, curves))
            mean = np.mean([curve[:shortest] for curve in curves], axis=0)
            colour, width = _STYLE.get(policy, (f"C{number}", 1.2))
            axis.plot(np.arange(1, shortest + 1), mean, label=policy, color=colour, linewidth=width)
        axis.axhline(0.0, color="#9ca3af", linewidth=0.8)
        axis.set(title=f"{scenario}: profit above the silent twin, running total", xlabel="day", ylabel="yen")
    axes[0][0].legend(fontsize=8, frameon=False)
    with mpl.rc_context({"svg.hashsalt": "otokui"}):  # the same figures give the same file
        figure.savefig(path, format="svg", metadata={"Date": None})
