"""Lift of messages: the first decision of a customer and scenario counts, with the purchases of its response days."""

from __future__ import annotations

from typing import Any

import polars as pl

from measurement.results.customer_lift import Frame, Period
from measurement.results.lift_interval import UNITS
from measurement.results.message_lift import first_assignments, message_moments, ripe
from otokui.domain import DAY, Instant
from tests.unit.measurement.results.small_results import bought, frame

SINCE = 1_700_000_000
PERIOD = Period(Instant(SINCE), Instant(SINCE + 30 * DAY))
COLUMNS = {
    "customer_id": pl.String, "message_id": pl.String, "channel": pl.String, "scenario": pl.String, "at": pl.Int64, "window": pl.Int64,
    "group": pl.String,
}  # fmt: skip


def assigned(*rows: tuple[Any, ...]) -> Frame:
    return frame([dict(zip(COLUMNS, row, strict=True)) for row in rows], COLUMNS)


def test_the_first_decision_of_a_scenario_in_the_period_counts() -> None:
    """The first decision of a scenario in the period counts."""
    rows = assigned(
        ("a", "m", "email", "s", SINCE - 1, DAY, "treatment"),
        ("a", "m", "line", "s", SINCE + 5, DAY, "treatment"),
        ("a", "n", "email", "s", SINCE + 9, DAY, "treatment"),
        ("a", "o", "email", "t", SINCE + 9, DAY, "treatment"),
        ("b", "m", "email", "s", int(PERIOD.until), DAY, "treatment"),
    )
    made = first_assignments(rows, PERIOD, "scenario").collect().to_native()
    assert sorted(made.select("customer_id", "scenario", "at").rows()) == [("a", "s", SINCE + 5), ("a", "t", SINCE + 9)]


def test_of_two_at_one_time_the_held_back_one_counts() -> None:
    """What was not sent over one channel may not be counted as sent."""
    rows = assigned(
        ("a", "m", "email", "s", SINCE, DAY, "treatment"),
        ("a", "n", "email", "t", SINCE, 2 * DAY, "scenario_control"),
    )
    assert first_assignments(rows, PERIOD, "channel").collect().to_native()["group"].to_list() == ["scenario_control"]


def test_what_is_not_ripe_is_left_out() -> None:
    """What is not ripe is left out."""
    rows = assigned(
        ("a", "m", "email", "s", int(PERIOD.until) - DAY, DAY, "treatment"),
        ("b", "m", "email", "s", int(PERIOD.until) - DAY + 1, DAY, "treatment"),
    )
    assert ripe(rows, PERIOD).collect().to_native()["customer_id"].to_list() == ["a"]


def test_purchases_of_the_response_days_count_for_both_groups_alike() -> None:
    """Purchases of the response days count for both groups alike."""
    rows = assigned(("a", "m", "email", "s", SINCE, 2 * DAY, "treatment"), ("b", "m", "email", "s", SINCE, 2 * DAY, "scenario_control"))
    paid = bought(
        ("a", SINCE - 1, 7.0), ("a", SINCE, 1.0), ("a", SINCE + 2 * DAY - 1, 2.0), ("a", SINCE + 2 * DAY, 4.0), ("b", SINCE + DAY, 8.0),
        ("b", SINCE - 91 * DAY, 16.0),
    )  # fmt: skip
    made = message_moments(rows, paid, "message_id")
    treated, held = made["treatment", "m"], made["scenario_control", "m"]
    assert (treated["money"].y, treated["money"].x, treated["orders"].y, treated["buyers"].y) == (3 * UNITS, 7 * UNITS, 2, 1)
    assert (held["money"].y, held["money"].x, held["orders"].y, held["buyers"].n) == (8 * UNITS, 0, 1, 1)
