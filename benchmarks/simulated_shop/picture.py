"""Picture of incremental profit by day and policy, mean over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.figure import Figure

_ACROSS = 3
_STYLE = {"ours": ("#c2410c", 2.6), "best_possible": ("#111827", 2.2)}


def draw(frame: pl.DataFrame, rows: Sequence[Mapping[str, Any]], policies: Sequence[str], path: Path) -> None:
    """Write the picture as SVG."""
    shown = frame.select("scenario", "world").unique(maintain_order=True).rows()
    across = min(len(shown), _ACROSS)
    down = -(-len(shown) // across)
    figure = Figure(figsize=(5 * across, 3.6 * down), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_axis_off()
    for axis, (scenario, world) in zip(axes.flat, shown, strict=False):
        for number, policy in enumerate(policies):
            wanted = (scenario, world, policy)
            curves = [np.cumsum(row["curve"]) for row in rows if (row["scenario"], row["world"], row["policy"]) == wanted]
            if not curves:
                continue
            shortest = min(map(len, curves))
            mean = np.mean([curve[:shortest] for curve in curves], axis=0)
            colour, width = _STYLE.get(policy, (f"C{number}", 1.2))
            axis.plot(np.arange(1, shortest + 1), mean, label=policy, color=colour, linewidth=width)
        axis.axhline(0.0, color="#9ca3af", linewidth=0.8)
        axis.set(title=f"{world}, {scenario}", xlabel="day", ylabel="yen above the silent twin")
    # Below the pictures, where it covers no curve; the first world was played by every policy.
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    with mpl.rc_context({"svg.hashsalt": "otokui"}):  # the same figures give the same file
        figure.savefig(path, format="svg", metadata={"Date": None})
