"""Metrics of a model for reading: single ones, and those by horizon."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

OF_HORIZON = re.compile(r"^(?P<name>.+)_(?P<days>\d+)d$")
_USUAL_DAYS = 30


def by_horizon(metrics: Mapping[str, float]) -> tuple[Mapping[str, float], Sequence[int], Mapping[str, Mapping[int, float]]]:
    """Return metrics without horizon, the horizons in days, and metrics by horizon."""
    once: dict[str, float] = {}
    several: dict[str, dict[int, float]] = {}
    for name, value in metrics.items():
        match = OF_HORIZON.match(name)
        if match is None:
            once[name] = value
        else:
            several.setdefault(match["name"], {})[int(match["days"])] = value
    return once, sorted({days for values in several.values() for days in values}), several


def usual(metrics: Mapping[str, float], name: str) -> float | None:
    """Return a metric, at the horizon nearest to a month if it has several.

    None where it is no number.
    """
    once, _, several = by_horizon(metrics)
    of_horizon = several.get(name, {})
    nearest = min(of_horizon, key=lambda days: abs(days - _USUAL_DAYS), default=None)
    value = once.get(name, of_horizon.get(nearest) if nearest is not None else None)
    return value if value is not None and math.isfinite(value) else None


def ranked_right(metrics: Mapping[str, float]) -> int | None:
    """Return AUC as pairs ranked right out of 100; None without AUC."""
    auc = usual(metrics, "auc")
    return None if auc is None else round(100.0 * auc)


def in_words(metrics: Mapping[str, float]) -> str:
    """Return held-out metrics as a sentence without their names; "" without metrics."""
    phrases = []
    if (right := ranked_right(metrics)) is not None:
        phrases.append(f"of two customers it ranks the right one higher {right} times in 100")
    if (off := usual(metrics, "calibration_error")) is not None:
        phrases.append(f"its chances are off by {100.0 * off:.1f} points")
    if (held := usual(metrics, "coverage_80")) is not None:
        phrases.append(f"its 80% range of days held {held:.0%}")
    if (bias := usual(metrics, "bias")) is not None:
        phrases.append(f"its total was {abs(bias):.0%} {'above' if bias > 0.0 else 'below'} what came")
    return ", ".join(phrases)
