"""What the comparison on weekday and hours rests on: cells, losses on the same customers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.next_moment import peers
from benchmarks.next_moment.cells import asked_of
from benchmarks.next_moment.scores import ahead, losses
from benchmarks.purchases.rows import rows_from
from otokui.domain import parse_instant
from training.data.purchase_history import History

ZONE = "America/New_York"


def test_who_comes_again_is_asked_about_the_first_time_they_come() -> None:
    """Ann comes on Saturday evening, then on Sunday; Bob not again; Cyd is new."""
    times = {
        "ann": ("2017-09-01T10:00", "2017-10-07T20:00", "2017-10-08T09:00"),
        "bob": ("2017-09-02T10:00",),
        "cyd": ("2017-10-03T10:00",),
    }
    rows = [(who, parse_instant(at, ZONE), 1.0, parse_instant(at, ZONE)) for who, all_of in times.items() for at in all_of]
    history = History.of(pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"))
    asked = asked_of(rows_from(history, parse_instant("2017-10-02", ZONE), 28), ZONE)

    assert asked.back.tolist() == [True, False]
    assert history.customer_ids[asked.customers].tolist() == ["ann"]
    assert {name: cell.tolist() for name, cell in asked.came.items()} == {"weekday": [5], "hours": [6]}


def test_smoothing_adds_the_average_customer() -> None:
    """Two customers of three purchases; at strength 3 the share lies halfway."""
    assert peers.smoothed(np.array([[3.0, 0.0], [0.0, 3.0]]), 3.0).tolist() == [[0.75, 0.25], [0.25, 0.75]]


def test_ahead_is_of_the_peer_with_the_lowest_loss() -> None:
    """Half a nat better than the better of two, on every customer alike, so the interval has no width."""
    ours = losses(np.array([[0.5, 0.5]] * 50), np.zeros(50, dtype=np.int64))
    found = ahead(ours, {"far": ours + 1.0, "near": ours + 0.5})

    assert (found.peer, found.verdict) == ("near", "ahead")
    assert (found.ahead, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
