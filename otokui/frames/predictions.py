"""Predictions for customers as of one instant, and the columns of the predictions file."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from otokui.domain import CustomerState, Instant
from otokui.frames.arrays import Bools, Floats, Ints, Texts, texts


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions for ``n`` customers as of one instant; ``H`` = len(horizons_days).

    A prediction that cannot be made is NaN throughout, never a guess; ``missing`` has the reason, by label.
    """

    customer_ids: Texts
    as_of: Instant
    horizons_days: tuple[int, ...]
    p_purchase: Floats  # (n, H) chance of at least one purchase within the horizon
    days_to_next_p10: Floats  # (n,) days
    days_to_next_median: Floats  # (n,)
    days_to_next_p90: Floats  # (n,)
    expected_purchases: Floats  # (n, H) mean count
    median_purchases: Floats  # (n, H) median count
    expected_spend: Floats  # (n, H) money
    churn_probability: Floats  # (n,)
    future_loyal_probability: Floats  # (n,)
    state: npt.NDArray[np.int8]  # (n,) index into list(State)
    known: Bools  # (n,) False = no record; the average prediction was used
    missing: dict[str, str]  # label -> why it could not be predicted
    models: dict[str, str]  # label -> digest of the model used
    weekday: Floats | None = None  # (n, 7) chance of each local weekday, Monday first, given a next purchase within four weeks
    hours: Floats | None = None  # (n, 8) the same of each three hours of the local day; None = not predicted

    def at(self, horizon_days: float) -> int:
        """Return the index of the shortest horizon of at least ``horizon_days`` (else the longest)."""
        longer = [i for i, h in enumerate(self.horizons_days) if h >= horizon_days]
        return longer[0] if longer else len(self.horizons_days) - 1

    def rows(self, index: slice | Ints | Bools) -> Predictions:
        """Return the predictions of some of the customers, in the order of ``index``."""
        cut: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                cut[field.name] = value[index]
        return replace(self, **cut)

    def moments(self) -> tuple[Floats, Floats]:
        """Return next-purchase chances by weekday (n, 7) and by three hours (n, 8).

        NaN if they were not predicted.
        """
        weekday = np.full((len(self), 7), np.nan) if self.weekday is None else self.weekday
        return weekday, np.full((len(self), 8), np.nan) if self.hours is None else self.hours

    def __len__(self) -> int:
        return len(self.customer_ids)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of the predictions file, in its order."""
        states = texts([str(s) for s in CustomerState])
        named: dict[str, npt.NDArray[Any]] = {
            "customer_id": self.customer_ids,
            "as_of": np.full(len(self), self.as_of, dtype=np.int64),
        }
        for prefix, matrix in (
            ("p_purchase", self.p_purchase),
            ("expected_purchases", self.expected_purchases),
            ("median_purchases", self.median_purchases),
            ("expected_spend", self.expected_spend),
        ):
            named |= {f"{prefix}_{h}d": matrix[:, i] for i, h in enumerate(self.horizons_days)}
        weekday, hours = self.moments()
        return named | {
            "days_to_next_median": self.days_to_next_median,
            "days_to_next_p10": self.days_to_next_p10,
            "days_to_next_p90": self.days_to_next_p90,
            **{f"p_next_purchase_weekday_{day + 1}": weekday[:, day] for day in range(7)},
            **{f"p_next_purchase_hours_{3 * span:02}": hours[:, span] for span in range(8)},
            "churn_probability": self.churn_probability,
            "future_loyal_probability": self.future_loyal_probability,
            "state": states[self.state],
            "known": self.known,
        }
