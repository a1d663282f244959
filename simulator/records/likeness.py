"""Likeness figures of a shop's tables, to compare the simulated shop with real ones.

Both sides are measured by this one function; counted in two places, a difference of definition would pass for a
likeness or hide one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from simulator.sends import CONTROL, Floats

TOP: Final = 0.2
"""The share of customers, or of categories, whose part of the revenue is measured (Pareto's 20/80)."""


def bands() -> dict[str, dict[str, Any]]:
    """Return each likeness figure's meaning, permitted band and values of real shops."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def likeness(tables: Mapping[str, pl.DataFrame]) -> dict[str, float]:
    """Return the measures that these tables allow, by name.

    tables: orders and order_lines (of a record that came several times, the last known row), and where there are any
    products and contacts.
    """
    lines = tables["order_lines"].join(tables["orders"].select("order_id", "customer_id", "ordered_at"), on="order_id")
    figures = _purchases(lines) | _prices(lines)
    if "products" in tables:
        figures |= _categories(lines.join(tables["products"].select("product_id", "category_m", "category_l"), on="product_id"))
    if "contacts" in tables:
        figures |= _contacts(_made(tables["contacts"]))
    return figures


def gini(amounts: Floats) -> float:
    """Return the Gini coefficient of amounts >= 0 (Gini 1912).

    0 = all alike, 1 = one has everything.
    """
    ordered = np.sort(amounts)
    n = len(ordered)
    return float((2.0 * np.arange(1, n + 1) - n - 1.0) @ ordered / (n * ordered.sum()))


def top_share(amounts: Floats, share: float = TOP) -> float:
    """Return which part of the sum the largest ``share`` of the amounts holds."""
    ordered = np.sort(amounts)[::-1]
    return float(ordered[: max(1, round(share * len(ordered)))].sum() / ordered.sum())


def _purchases(lines: pl.DataFrame) -> dict[str, float]:
    orders = lines.group_by("customer_id", "order_id").agg(pl.col("ordered_at").min(), pl.col("paid_amount").sum())
    customers = orders.group_by("customer_id").agg(bought=pl.len(), spent=pl.col("paid_amount").sum())
    # Purchases of one day are one visit: CDNOW knows no time of day, and a gap of hours is no rhythm.
    days = orders.select("customer_id", day=pl.col("ordered_at").dt.date()).unique().sort("customer_id", "day")
    gaps = days.select(gap=(pl.col("day") - pl.col("day").shift(1).over("customer_id")).dt.total_days())["gap"].drop_nulls().to_numpy()
    visits = days.group_by("customer_id").len()["len"].to_numpy()
    quarter, median, three, late = np.percentile(gaps, [25, 50, 75, 90]) if len(gaps) else (np.nan,) * 4
    spent = customers["spent"].to_numpy()
    return {
        "one_time_share": float((visits == 1).mean()),
        "visits_per_customer": float(visits.mean()),
        "gap_p25_days": float(quarter),
        "gap_p50_days": float(median),
        "gap_p75_days": float(three),
        "gap_p90_days": float(late),
        "spend_gini": gini(spent),
        "spend_top20_share": top_share(spent),
    }


def _prices(lines: pl.DataFrame) -> dict[str, float]:
    figures: dict[str, float] = {}
    if "list_amount" in lines.columns:
        priced = lines.filter(pl.col("list_amount") > 0)
        below = priced.filter(pl.col("paid_amount") < 0.99 * pl.col("list_amount"))
        figures["sale_line_share"] = len(below) / len(priced)
        figures["sale_discount"] = 1.0 - _sum(below["paid_amount"]) / _sum(below["list_amount"])
    if "returned_quantity" in lines.columns:
        figures["return_share"] = _sum(lines["returned_quantity"].fill_null(0.0)) / _sum(lines["quantity"])
    figures["lines_per_order"] = len(lines) / lines["order_id"].n_unique()
    return figures


def _categories(lines: pl.DataFrame) -> dict[str, float]:
    category = "category_m" if lines["category_m"].drop_nulls().n_unique() > 1 else "category_l"
    known = lines.drop_nulls(category)
    if known[category].n_unique() < 3:
        return {}
    revenue = known.group_by(category).agg(pl.col("paid_amount").sum())["paid_amount"].to_numpy()
    spend = known.group_by("customer_id", category).agg(pl.col("paid_amount").sum())
    first = spend.group_by("customer_id").agg(share=pl.col("paid_amount").max() / pl.col("paid_amount").sum())
    return {"category_top20_share": top_share(revenue), "own_first_category_share": _mean(first["share"].fill_nan(None))}


def _made(contacts: pl.DataFrame) -> pl.DataFrame:
    """Return the contacts that were made: who was held back got none."""
    return contacts if "group" not in contacts.columns else contacts.filter((pl.col("group") != CONTROL).fill_null(value=True))


def _contacts(contacts: pl.DataFrame) -> dict[str, float]:
    figures: dict[str, float] = {}
    email = contacts.filter(pl.col("channel") == "email")
    if len(email) and "opened_at" in email.columns:
        arrived = email.filter(pl.col("delivered_at").is_not_null())
        person = arrived.filter(pl.col("opened_at").is_not_null() & ~pl.col("machine_open").fill_null(value=False))
        figures["email_open_rate"] = len(person) / len(arrived)
        figures["email_click_to_open"] = _mean(person["clicked_at"].is_not_null())
        figures["email_click_rate"] = figures["email_open_rate"] * figures["email_click_to_open"]
        figures["email_unsubscribe_rate"] = _mean(arrived["unsubscribed_at"].is_not_null())
        figures["email_bounce_rate"] = 1.0 - len(arrived) / len(email)
    if "converted_at" in contacts.columns:
        figures["redemption_rate"] = _mean(contacts["converted_at"].is_not_null())
    return figures


def _sum(values: pl.Series) -> float:
    return float(values.cast(pl.Float64).to_numpy().sum())


def _mean(values: pl.Series) -> float:
    counted = values.drop_nulls().cast(pl.Float64).to_numpy()
    return float(counted.mean()) if len(counted) else float("nan")
