"""A model's metrics laid out for reading: those that stand once, and those that stand once per horizon."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

OF_HORIZON = re.compile(r"^(?P<name>.+)_(?P<days>\d+)d$")
_USUAL_DAYS = 30


def by_horizon(metrics: Mapping[str, float]) -> tuple[Mapping[str, float], Sequence[int], Mapping[str, Mapping[int, float]]]:
    """Return the metrics without horizon, the horizons in days, and per metric its value at each of them."""
    once: dict[str, float] = {}
    several: dict[str, dict[int, float]] = {}
    for name, value in metrics.items():
        found = OF_HORIZON.match(name)
        if found is None:
            once[name] = value
        else:
            several.setdefault(found["name"], {})[int(found["days"])] = value
    return once, sorted({days for values in several.values() for days in values}), several


def usual(metrics: Mapping[str, float], name: str) -> float | None:
    """Return a metric: the one that stands once, else that of the horizon nearest to a month; None where neither is a number."""
    once, _, several = by_horizon(metrics)
    of_horizon = several.get(name, {})
    nearest = min(of_horizon, key=lambda days: abs(days - _USUAL_DAYS), default=None)
    found = once.get(name, of_horizon.get(nearest) if nearest is not None else None)
    return found if found is not None and math.isfinite(found) else None


def ranked_right(metrics: Mapping[str, float]) -> int | None:
    """Return in how many of 100 pairs the model ranks the right customer higher (its AUC), None where it has none."""
    auc = usual(metrics, "auc")
    return None if auc is None else round(100.0 * auc)


def in_words(metrics: Mapping[str, float]) -> str:
    """Return how good a model was on customers it had not seen, for who does not know the metrics' names; "" where it has none."""
    said = []
    if (right := ranked_right(metrics)) is not None:
        said.append(f"of two customers it ranks the right one higher {right} times in 100")
    if (off := usual(metrics, "calibration_error")) is not None:
        said.append(f"its chances are off by {100.0 * off:.1f} points")
    if (held := usual(metrics, "coverage_80")) is not None:
        said.append(f"its 80% range of days held {held:.0%}")
    if (bias := usual(metrics, "bias")) is not None:
        said.append(f"its total was {abs(bias):.0%} {'above' if bias > 0.0 else 'below'} what came")
    return ", ".join(said)
