"""Held-out metrics of the models by label and by slice of customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from otokui.domain import Instant
from otokui.frames import Batch, Bools, Floats
from otokui.settings.definitions import LoyalRule
from scoring.customer_state import loyal_now
from training.data.labels import Waiting
from training.metrics import scores, survival

Metrics = dict[str, float]
HORIZONS = (7, 14, 30, 60, 90)
BANDS = (("never", 0.0, 0.5), ("once", 0.5, 1.5), ("2_to_3", 1.5, 3.5), ("4_to_9", 3.5, 9.5), ("10_or_more", 9.5, np.inf))
LEAST_SLICE = 30


@dataclass(frozen=True, slots=True)
class CurveForecast:
    """Forecast of the next purchase: chances (n, H) by horizon, quantile days (n, 3).

    horizons (H,); the quantiles are 10, 50 and 90%.
    """

    horizons: tuple[int, ...]
    chance: Floats
    days: Floats

    def rows(self, selected: Bools) -> CurveForecast:
        """Return the forecast of some rows."""
        return CurveForecast(self.horizons, self.chance[selected], self.days[selected])


def finite(metrics: Mapping[str, float]) -> Metrics:
    """Return the metrics that are finite.

    One that cannot be computed, with a single outcome say, is left out and not 0.
    """
    return {name: float(value) for name, value in metrics.items() if np.isfinite(value)}


def of_chance(chance: Floats, outcome: Floats) -> Metrics:
    """Return the metrics of a chance against 0 or 1."""
    top = scores.top_share(chance, outcome)
    return finite(
        {
            "auc": scores.auc(chance, outcome),
            "lift_top_10_percent": top / 0.1,
            "log_loss": scores.log_loss(chance, outcome),
            "brier": scores.brier(chance, outcome),
            "calibration_error": scores.calibration_error(chance, outcome),
            "said": float(chance.mean()),
            "came_true": float(outcome.mean()),
        }
    )


def of_not_yet_loyal(rule: LoyalRule | None, vectors: Batch, chance: Floats, outcome: Floats) -> Metrics:
    """Return AUC and lift among customers who are not loyal yet.

    Only of them a forecast of loyalty says something.

    Nothing without a rule, or under a trailing one, which vectors alone cannot decide.
    """
    if rule is None or rule.within_days is not None:
        return {}
    yet = ~loyal_now(rule, vectors, as_of=Instant(0))
    metrics = of_chance(chance[yet], outcome[yet]) if int(yet.sum()) >= LEAST_SLICE else {}
    return {f"{name}_not_yet_loyal": metrics[name] for name in ("auc", "lift_top_10_percent") if name in metrics}


def of_mean(mean: Floats, amount: Floats) -> Metrics:
    """Return the metrics of a mean (counts, money) against what was bought."""
    return finite(
        {
            "rmse": scores.rmse(mean, amount),
            "mae": scores.mae(mean, amount),
            "bias": scores.bias(mean, amount),
            "gini": scores.gini(mean, amount),
            "top_10_percent_share": scores.top_share(mean, amount),
            "said": float(mean.mean()),
            "came_true": float(amount.mean()),
        }
    )


def of_curve(forecast: CurveForecast, waiting: Waiting, observed_days: float) -> Metrics:
    """Return metrics of survival curves against waits observed for ``observed_days``.

    ``coverage_80`` is over the customers whose interval ends within what was observed, ``coverage_80_all`` over everybody, with customers
    who still wait counted by Kaplan-Meier; ``days_mae`` caps both at it.
    """
    out: Metrics = {}
    for k, horizon in enumerate(forecast.horizons):
        if horizon <= observed_days:
            came = (waiting.bought & (waiting.days < horizon)).astype(np.float64)
            out |= {f"{name}_{horizon}d": value for name, value in of_chance(forecast.chance[:, k], came).items()}
            out |= {f"{name}_{horizon}d": value for name, value in survival.decile_check(forecast.chance[:, k], came).items()}
    p10, median, p90 = forecast.days.T
    decided = p90 <= observed_days
    inside = waiting.bought & (waiting.days >= p10) & (waiting.days <= p90)
    actual = np.minimum(waiting.days, observed_days)
    seen = tuple(h for h in forecast.horizons if h <= observed_days)
    by_then = survival.chance_by(forecast.horizons, forecast.chance, forecast.days, actual)
    return finite(
        out
        | {
            "concordance": scores.concordance(waiting.days, waiting.bought, median),
            "coverage_80": float(inside[decided].mean()) if decided.sum() >= LEAST_SLICE else float("nan"),
            "coverage_rows": float(decided.sum()),
            "coverage_80_all": survival.coverage(by_then, waiting.bought & (waiting.days < observed_days)),
            "integrated_brier": survival.integrated_brier(seen, forecast.chance[:, : len(seen)], waiting.days, waiting.bought),
            "before_p10": float((waiting.bought & (waiting.days < p10)).mean()),
            "days_mae": float(np.abs(actual - np.minimum(median, observed_days)).mean()),
        }
    )


def slices(vectors: Batch) -> dict[str, Bools]:
    """Return the rows of each slice, by number of purchases and overdue or not.

    (n,) each.
    """
    count = np.nan_to_num(vectors.column("purchase_count"), nan=0.0)
    out = {f"bought_{name}": (count >= low) & (count < high) for name, low, high in BANDS}
    if "overdue_ratio" in vectors.names:
        overdue = vectors.column("overdue_ratio")
        out |= {"on_time": overdue <= 1.0, "overdue": overdue > 1.0}
    return {name: rows for name, rows in out.items() if int(rows.sum()) >= LEAST_SLICE}


def by_slice(vectors: Batch, measure: Callable[[Bools], Metrics]) -> dict[str, Metrics]:
    """Return the metrics of each slice of at least LEAST_SLICE rows."""
    return {name: measure(rows) | {"rows": float(rows.sum())} for name, rows in slices(vectors).items()}
