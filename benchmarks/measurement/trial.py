"""A randomised e-mail trial (Hillstrom): our contrasts beside statsmodels on the same customers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from measurement.results.lift_interval import Contrast, GroupMoments, contrast

CONTROL = "No E-Mail"
SCALE = {"visit": 1, "conversion": 1, "spend": 10_000}


@dataclass(frozen=True, slots=True)
class TrialLine:
    """One arm and outcome: our contrast, and statsmodels' difference, low, high and p-value."""

    arm: str
    outcome: str
    ours: Contrast
    peer: tuple[float, float, float, float]

    @property
    def apart(self) -> float:
        """Largest relative difference of the four numbers."""
        ours = (self.ours.difference, self.ours.low, self.ours.high, self.ours.p_value)
        return max(abs((a or 0.0) - b) / max(abs(b), 1e-300) for a, b in zip(ours, self.peer, strict=True))


def run(path: Path) -> list[TrialLine]:
    """Return every arm and outcome."""
    rows = pl.read_csv(path, infer_schema_length=None)
    lines = []
    for arm in ("Mens E-Mail", "Womens E-Mail"):
        for outcome, scale in SCALE.items():
            treated, control = (rows.filter(pl.col("segment") == name)[outcome].to_numpy() for name in (arm, CONTROL))
            compared = CompareMeans(DescrStatsW(treated.astype(float)), DescrStatsW(control.astype(float)))
            low, high = compared.tconfint_diff(usevar="unequal")
            peer = (float(treated.mean() - control.mean()), float(low), float(high), float(compared.ttest_ind(usevar="unequal")[1]))
            lines.append(TrialLine(arm, outcome, contrast(_moments(treated, scale), _moments(control, scale), minimum=50), peer))
    return lines


def text(lines: list[TrialLine]) -> str:
    """Return the table."""
    out = [
        "### Hillstrom: lift of two e-mails against no e-mail, beside statsmodels",
        "",
        "| arm | outcome | difference | 95% interval | largest relative difference from statsmodels |",
        "|---|---|---|---|---|",
    ]
    for line in lines:
        made = line.ours
        out.append(f"| {line.arm} | {line.outcome} | {made.difference:.6f} | {made.low:.6f} to {made.high:.6f} | {line.apart:.0e} |")
    return "\n".join(out)


def _moments(values: np.ndarray, scale: int) -> GroupMoments:
    whole = [round(float(value) * scale) for value in values]
    return GroupMoments(len(whole), sum(whole), sum(value * value for value in whole), scale=scale)
