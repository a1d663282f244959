"""A model's metrics laid out for reading: those that stand once, and those that stand once per horizon."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_OF_HORIZON = re.compile(r"^(?P<name>.+)_(?P<days>\d+)d$")
_USUAL_DAYS = 30


def by_horizon(metrics: Mapping[str, float]) -> tuple[Mapping[str, float], Sequence[int], Mapping[str, Mapping[int, float]]]:
    """Return the metrics without horizon, the horizons in days, and per metric its value at each of them."""
    once: dict[str, float] = {}
    several: dict[str, dict[int, float]] = {}
    for name, value in metrics.items():
        found = _OF_HORIZON.match(name)
        if found is None:
            once[name] = value
        else:
            several.setdefault(found["name"], {})[int(found["days"])] = value
    return once, sorted({days for values in several.values() for days in values}), several


def ranked_right(metrics: Mapping[str, float]) -> int | None:
    """Return in how many of 100 pairs the model ranks the right customer higher (its AUC), None where it has none."""
    once, _, several = by_horizon(metrics)
    of_horizon = several.get("auc", {})
    nearest = min(of_horizon, key=lambda days: abs(days - _USUAL_DAYS), default=None)
    auc = once.get("auc", of_horizon.get(nearest) if nearest is not None else None)
    return None if auc is None else round(100.0 * auc)
