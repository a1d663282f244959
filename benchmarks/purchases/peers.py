"""Peers: simple rules, and pymc-marketing's probability models by maximum a posteriori.

Time is in weeks, which keeps its default priors in their range. What a model of theirs cannot say is computed from its
fitted parameters where the papers give a closed form, and left out otherwise.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.purchases.forecast import Forecast
from benchmarks.purchases.rows import Rows
from otokui.frames import Floats
from scoring.next_purchase.horizon_counts import median_counts

WEEK_DAYS = 7.0
MODELS = ("BetaGeoModel", "ModifiedBetaGeoModel", "ParetoNBDModel")
NAMES = {"BetaGeoModel": "BG/NBD", "ModifiedBetaGeoModel": "MBG/NBD", "ParetoNBDModel": "Pareto/NBD"}


def simple(rows: Rows) -> list[Forecast]:
    """Return rankings by frequency, recency and RFM sum (quintiles of each, added)."""
    frequency = rows.repeats + 1.0
    fifths = [np.ceil(5.0 * _places(value)) for value in (-rows.recency_days, frequency, rows.paid)]
    return [
        Forecast("frequency", frequency, money=frequency),
        Forecast("recency", -rows.recency_days, money=-rows.recency_days),
        Forecast("RFM sum", np.sum(fifths, axis=0), money=np.sum(fifths, axis=0)),
    ]


def _places(values: Floats) -> Floats:
    ordered: Floats = pd.Series(values).rank(method="average", pct=True).to_numpy(dtype=np.float64)
    return ordered


def probability_models(rows: Rows, grid: tuple[int, ...]) -> tuple[list[Forecast], list[str]]:
    """Return BG/NBD, MBG/NBD and Pareto/NBD with Gamma-Gamma, and notes on failures.

    What could not be used, and why.
    """
    logging.getLogger("pymc").setLevel(logging.ERROR)
    value = _order_value(rows)
    told, notes = [], []
    for model in MODELS:
        try:
            told.append(_btyd(model, rows, grid, value))
        except (ArithmeticError, ValueError, RuntimeError, NotImplementedError) as error:
            notes.append(f"{NAMES[model]} of pymc-marketing could not be used: {type(error).__name__}: {str(error)[:200]}")
    return told, notes


def _frame(rows: Rows) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": np.arange(len(rows)),
            "frequency": rows.repeats,
            "recency": rows.last_days / WEEK_DAYS,
            "T": np.maximum(rows.age_days, rows.last_days + 1e-6) / WEEK_DAYS,
        }
    )


def _btyd(model: str, rows: Rows, grid: tuple[int, ...], value: Floats | None) -> Forecast:
    from pymc_marketing import clv  # its import takes half a minute, and --help should not

    data = _frame(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = getattr(clv, model)()
        fitted.fit(data=data, method="map", progressbar=False)
        weeks = rows.horizon_days / WEEK_DAYS
        mean = _values(fitted.expected_purchases(future_t=weeks))
        curve = np.stack([_chance(model, fitted, data, day / WEEK_DAYS) for day in grid], axis=1)
        found = {name: float(fitted.fit_result[name].mean()) for name in ("r",)}
    if not np.isfinite(mean).all() or not np.isfinite(curve).all():
        bad = int((~np.isfinite(mean) | ~np.isfinite(curve).all(axis=1)).sum())
        raise ArithmeticError(f"its forecast is not finite for {bad} of {len(rows)} customers")
    chance = curve[:, -1]
    return Forecast(
        NAMES[model],
        rank=chance,
        chance=chance,
        mean=mean,
        median=median_counts(mean[:, None], chance[:, None], (found["r"] + rows.repeats)[:, None])[:, 0],
        money=None if value is None else mean * value,
        days=_median_days(curve, grid),
        curve=curve,
    )


def _chance(model: str, fitted: Any, data: pd.DataFrame, weeks: float) -> Floats:
    """Return the chance of a purchase within so many weeks."""
    if model == "BetaGeoModel":
        return 1.0 - _values(fitted.expected_probability_no_purchase(weeks))
    if model == "ParetoNBDModel":
        return 1.0 - _values(fitted.expected_purchase_probability(n_purchases=0, future_t=weeks))
    # MBG/NBD: who is alive buys at a rate from gamma(r + x, alpha + T) (Batislam, Denizel and Filiztekin 2007).
    alive = _values(fitted.expected_probability_alive())
    r, alpha = (float(fitted.fit_result[name].mean()) for name in ("r", "alpha"))
    left = (alpha + data["T"]) / (alpha + data["T"] + weeks)
    return np.asarray(alive * (1.0 - left.to_numpy() ** (r + data["frequency"].to_numpy())), dtype=np.float64)


def _values(array: Any) -> Floats:
    return np.asarray(array.mean(("chain", "draw")).to_numpy(), dtype=np.float64)


def _median_days(curve: Floats, grid: tuple[int, ...]) -> Floats:
    """Return where each curve passes one half, the last day of the grid where it does not."""
    days = np.array([0.0, *grid])
    whole = np.maximum.accumulate(np.concatenate([np.zeros((len(curve), 1)), curve], axis=1), axis=1)
    return np.array([np.interp(0.5, row + 1e-12 * np.arange(len(row)), days) for row in whole])


def _order_value(rows: Rows) -> Floats | None:
    """Return the money of one purchase by Gamma-Gamma, from those who came back; the others get its population mean."""
    from pymc_marketing import clv

    mean = rows.paid / (rows.repeats + 1.0)
    several = (rows.repeats > 0) & (mean > 0)
    data = pd.DataFrame({"customer_id": np.arange(len(rows)), "frequency": rows.repeats, "monetary_value": mean})[several]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = clv.GammaGammaModel()
        fitted.fit(data=data, method="map", progressbar=False)
        own = _values(fitted.expected_customer_spend(data))
        other = float(_values(fitted.expected_new_customer_spend()))
    value = np.full(len(rows), other)
    value[several] = own
    return value if np.isfinite(value).all() else None
