"""What the comparison on contracts rests on: a snapshot as records that tell nothing of who will leave, and figures by fold."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from benchmarks.contracts.__main__ import ahead, figures
from benchmarks.contracts.records import ATTRIBUTES, MONTH_DAYS, ORIGIN, SNAPSHOT, tables
from otokui.domain import DAY


def snapshot(*rows: tuple[str, int, str, str]) -> pl.DataFrame:
    """Return subscribers as (id, months, kind of contract, left); the rest is dull."""
    told = pl.DataFrame(rows, schema=["customerID", "tenure", "Contract", "Churn"], orient="row")
    return told.with_columns(
        *(pl.lit("No").alias(name) for name in ATTRIBUTES),
        gender=pl.lit("Female"),
        MonthlyCharges=pl.lit(50.0),
        TotalCharges=pl.when(pl.col("tenure") > 0).then(pl.col("tenure") * 48.0),
    )


FOUR = snapshot(
    ("ada", 3, "Month-to-month", "Yes"), ("bob", 3, "Month-to-month", "No"), ("eve", 11, "One year", "No"), ("gus", 0, "Two year", "No")
)


def seconds(frame: pl.DataFrame, name: str) -> list[int | None]:
    return frame[name].dt.epoch("s").to_list()


def test_months_are_counted_back_from_the_origin_whoever_left() -> None:
    """Ada, who left, and Bob, who did not, have been there equally long; everybody, Gus too, is on record before the origin."""
    contracts = tables(FOUR)["contracts"]
    began = dict(zip(contracts["customer_id"], seconds(contracts, "started_at"), strict=True))

    assert began["ada"] == began["bob"] == ORIGIN - 3 * MONTH_DAYS * DAY - 3_600
    assert all(at is not None and at < ORIGIN for at in seconds(tables(FOUR)["customers"], "known_at"))


def test_before_the_origin_nothing_depends_on_who_will_leave() -> None:
    """Turn every outcome round: what is known at the origin stays the same, row for row."""
    turned = FOUR.with_columns(Churn=pl.when(pl.col("Churn") == "Yes").then(pl.lit("No")).otherwise(pl.lit("Yes")))
    origin = datetime.fromtimestamp(ORIGIN, UTC)

    for name in ("customers", "contracts"):
        then = [
            made[name].filter(pl.col("known_at") < origin).drop("cancelled_at", strict=False) for made in (tables(FOUR), tables(turned))
        ]
        assert then[0].equals(then[1])
    for name in ("orders", "order_lines"):
        assert tables(FOUR)[name].equals(tables(turned)[name])
    assert all(at is None or at >= ORIGIN for at in seconds(tables(FOUR)["contracts"], "cancelled_at"))


def test_who_stayed_has_a_contract_at_the_snapshot_and_who_left_has_none() -> None:
    """Eve's year runs out in the month between and is renewed then; Ada's contract is cancelled in the middle of it."""
    contracts = tables(FOUR)["contracts"].with_columns(end=pl.min_horizontal("term_ends_at", "cancelled_at"))
    at = datetime.fromtimestamp(SNAPSHOT, UTC)
    running = contracts.filter((pl.col("started_at") <= at) & (pl.col("end").is_null() | (pl.col("end") > at)))

    assert sorted(running["customer_id"].to_list()) == ["bob", "eve", "gus"]
    assert contracts.filter(pl.col("customer_id") == "eve").height == 2


def test_bills_add_up_to_the_total() -> None:
    """Three months of Ada's come to 144; Gus, who has no month yet, has no bill."""
    lines = tables(FOUR)["order_lines"].with_columns(customer=pl.col("order_id").str.slice(0, 3))
    paid = dict(lines.group_by("customer").agg(pl.col("paid_amount").sum()).iter_rows())

    assert paid["ada"] == pytest.approx(144.0)
    assert "gus" not in paid


def test_figures_are_means_over_folds_and_a_copy_is_a_tie() -> None:
    """Right in one fold and upside down in the other is one half; against itself nobody is ahead."""
    left = np.array([0.0, 1.0] * 100)
    folds = np.repeat(np.arange(5), 40)[None, :]
    said = np.where(folds == 4, 0.9 - 0.8 * left, 0.1 + 0.8 * left)

    assert figures(said, left, folds)["AUC"] == pytest.approx(0.8)
    assert ahead(said, said, left, folds, "log loss") == (0.0, 0.0)
