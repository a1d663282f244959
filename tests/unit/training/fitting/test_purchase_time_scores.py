"""The weekday and the hours, judged on who bought after the cut-off by what was known before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, HOUR, Label
from tests.unit.training import small_shop
from training.fitting.cross_fitting import alone
from training.fitting.examples import prepare
from training.fitting.held_out_fit import hold_out
from training.fitting.task import Task
from training.metrics.label_metrics import Metrics

NAMES = {"moment_rows", "weekday_log_loss", "weekday_log_loss_of_shares", "hours_log_loss", "hours_log_loss_of_shares"}


def of_habit(days: int = 400) -> pl.DataFrame:
    """Return purchases of which each customer makes all on one weekday at one hour of Tokyo: their own, evenly many of each."""
    bought = small_shop.purchases(customers=300, days=days)
    number = bought["customer_id"].str.slice(1).cast(pl.Int64).to_numpy()
    day = bought["purchased_at"].to_numpy() // DAY
    moved = day - (day + 3) % 7 + number % 7
    at = moved * DAY + (number % 5 * 3 + 9) * HOUR - 9 * HOUR
    kept = pl.Series(np.maximum(at, small_shop.START))
    return bought.with_columns(purchased_at=kept, known_at=kept)


def figures(task: Task) -> Metrics:
    """Return the next purchase's figures of weekday and hours."""
    tried = hold_out(task, alone(prepare(task, Label.NEXT_PURCHASE)), pictures=False)
    return {name: value for name, value in tried.judged.metrics.items() if name in NAMES}


@pytest.fixture(scope="module")
def task() -> Task:
    """A shop of habits, in Tokyo."""
    return replace(small_shop.task(of_habit(), 400), timezone="Asia/Tokyo")


def test_habits_beat_the_shares_of_the_shop(task: Task) -> None:
    """Who always comes on Tuesdays at noon is expected then; the shop's shares know seven days and five spans alike."""
    found = figures(task)

    assert set(found) == NAMES
    assert found["moment_rows"] > 50
    assert found["weekday_log_loss_of_shares"] == pytest.approx(np.log(7), abs=0.1)
    assert found["hours_log_loss_of_shares"] == pytest.approx(np.log(5), abs=0.1)
    assert found["weekday_log_loss"] < found["weekday_log_loss_of_shares"] - 0.3
    assert found["hours_log_loss"] < found["hours_log_loss_of_shares"] - 0.3


def test_what_comes_after_the_cutoff_is_not_learnt_from(task: Task) -> None:
    """After the cut-off everybody comes at two on Monday night: habits and shares, which know of none at night, are surprised."""
    at = prepare(task, Label.NEXT_PURCHASE).split.held_out
    bought = of_habit()
    day = bought["purchased_at"] // DAY
    night = (day - (day + 3) % 7 + 6) * DAY + 17 * HOUR  # of Sunday in UTC
    later = pl.col("purchased_at") >= at
    moved = bought.with_columns(night.alias("night")).with_columns(
        purchased_at=pl.when(later).then("night").otherwise("purchased_at"),
        known_at=pl.when(later).then("night").otherwise("known_at"),
    )

    found = figures(replace(small_shop.task(moved.drop("night"), 400), timezone="Asia/Tokyo"))

    assert found["hours_log_loss"] > 3.0
    assert found["hours_log_loss_of_shares"] > 6.0
    assert found["weekday_log_loss"] > figures(task)["weekday_log_loss"] + 0.5


def test_the_local_clock_is_the_shops(task: Task) -> None:
    """Read in UTC, the same purchases fall into other spans: whoever bought at midnight UTC bought at nine in Tokyo."""
    elsewhere = figures(replace(task, timezone="America/New_York"))

    assert elsewhere["weekday_log_loss_of_shares"] == pytest.approx(np.log(7), abs=0.1)
    assert elsewhere["hours_log_loss"] != figures(task)["hours_log_loss"]


def test_a_cutoff_seen_for_less_than_four_weeks_says_nothing() -> None:
    """In a shop of 100 days the newest whole window is of two weeks."""
    assert figures(small_shop.task(of_habit(100), 100)) == {}
