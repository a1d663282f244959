"""Table of the sales forecast and naive peers: bias, error and coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from otokui.domain import DAY, Instant
from otokui.frames import Floats
from training.data.purchase_history import History
from training.sales_forecast.bottom_up import SALES_HORIZONS, UNITS, sold

MOVING_DAYS = 90
PEERS = (
    ("ours", "**ours**: customers added up by models, combined with the last period"),
    ("rhythm", "ours without models: added up by rhythm, combined"),
    ("ours_added_up", "models summed + newcomers alone"),
    ("rhythm_added_up", "rhythm summed + newcomers alone"),
    ("last_period", "last period again"),
    ("trend", "last period × (last period / the one before)"),
    ("moving_average", f"average day of the last {MOVING_DAYS} days"),
)
COVER = 0.8


def naive(history: History, at: Instant, days: Sequence[int]) -> dict[str, Floats]:
    """Return naive sales forecasts by simple rules, (H, 2) each."""
    last = np.concatenate([sold(history, Instant(at - day * DAY), (day,)).columns() for day in days])
    before = np.concatenate([sold(history, Instant(at - 2 * day * DAY), (day,)).columns() for day in days])
    # A history shorter than two periods has no trend to speak of.
    first = int(history.purchased_at.min())
    whole = np.array([at - 2 * day * DAY >= first for day in days])[:, None]
    seen = min(MOVING_DAYS, (at - first) / DAY)
    average = sold(history, Instant(round(at - seen * DAY)), (seen,)).columns() / seen  # type: ignore[arg-type]
    return {
        "last_period": last,
        "trend": np.where(whole & (before > 0), last * last / np.maximum(before, 1e-9), last),
        "moving_average": average * np.array(days)[:, None],
    }


def section(name: str, rows: Sequence[Mapping[str, Any]], last: Instant, currency: str) -> str:
    """Return one shop's tables in Markdown: one of errors, one of intervals."""
    head = "| forecast of | " + " | ".join(f"{unit}, {day} d" for unit in UNITS for day in SALES_HORIZONS) + " |"
    rule = "|---|" + "---|" * (len(UNITS) * len(SALES_HORIZONS))
    lines = [
        f"**{name}** ({len(rows)} instants, revenue in {currency}): mean absolute error in percent of what came, and bias",
        "",
        head,
        rule,
    ]
    lines += [f"| {says} | " + " | ".join(_error(rows, peer, *cell, last) for cell in _cells()) + " |" for peer, says in PEERS]
    lines += ["", head.replace("forecast of", "80% interval"), rule]
    for peer, says in PEERS[:2]:
        lines.append(f"| {says}: covers | " + " | ".join(_covered(rows, peer, *cell, last) for cell in _cells()) + " |")
    return "\n".join(lines)


def _cells() -> list[tuple[int, int]]:
    return [(h, u) for u in range(len(UNITS)) for h in range(len(SALES_HORIZONS))]


def _seen(rows: Sequence[Mapping[str, Any]], h: int, last: Instant) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["at"] + SALES_HORIZONS[h] * DAY <= last]


def _error(rows: Sequence[Mapping[str, Any]], peer: str, h: int, u: int, last: Instant) -> str:
    seen = _seen(rows, h, last)
    said, done = (np.array([row[key][h][u] for row in seen]) for key in (peer, "done"))
    return f"{100 * np.mean(np.abs(said / done - 1)):.1f} ({100 * (said.sum() / done.sum() - 1):+.1f})"


def _covered(rows: Sequence[Mapping[str, Any]], peer: str, h: int, u: int, last: Instant) -> str:
    seen = _seen(rows, h, last)
    low, high, done = (np.array([row[key][h][u] for row in seen]) for key in (f"{peer}_low", f"{peer}_high", "done"))
    width = np.mean((high - low) / np.sqrt(high * low))
    return f"{int(((done >= low) & (done <= high)).sum())} of {len(seen)} (±{50 * width:.0f}%)"
