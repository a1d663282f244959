"""Rows of today: looked up by calls, made by a thread, and unknown where they could not be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from features import summary_names
from otokui.domain import Instant
from otokui.errors import Unavailable
from otokui.frames import Batch, texts
from otokui.ports.inbox import TodaysRow
from serving.live.todays_rows import TodaysRows

NOW = Instant(1_000)


@dataclass
class Made:
    """Summaries that are full of one number: the second they were made for."""

    arrived: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    down: bool = False
    holds: tuple[int, int] = (0, 1 << 62)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def news(self) -> list[str]:
        arrived, self.arrived = self.arrived, []
        return arrived

    def rows(self, customer_ids: Sequence[str], as_of: Instant) -> list[TodaysRow]:
        self.asked.append(tuple(customer_ids))
        if self.down:
            raise Unavailable("the database is gone", fix="bring it back")
        if self.broken & set(customer_ids):
            raise ZeroDivisionError
        return [TodaysRow(one, np.full(len(summary_names()), float(as_of)), *self.holds) for one in customer_ids]


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def night(*customer_ids: str) -> Batch:
    """Last night's summaries: nothing but zeros."""
    return Batch(texts(customer_ids), summary_names(), np.zeros((len(customer_ids), len(summary_names()))))


@pytest.fixture
def today() -> tuple[TodaysRows, Made, Clock]:
    source, timer = Made(), Clock()
    return TodaysRows(source, lambda: NOW, timer), source, timer


Today = tuple[TodaysRows, Made, Clock]


class TestOver:
    def test_without_news_the_summaries_pass_untouched(self, today: Today) -> None:
        """The very object: customers without items cost nothing."""
        rows, _, _ = today
        batch = night("ada", "bob")

        assert rows.over(batch, NOW) == (batch, None)

    def test_a_customer_with_news_has_the_row_of_today(self, today: Today) -> None:
        """The others keep last night's, and last night's batch is not written to."""
        rows, source, _ = today
        source.arrived = ["bob"]
        rows.refresh()
        batch = night("ada", "bob", "bob")
        found, unknown = rows.over(batch, NOW)

        assert found.values[:, 0].tolist() == [0.0, 1_000.0, 1_000.0]
        assert batch.values[:, 0].tolist() == [0.0, 0.0, 0.0]
        assert unknown is None

    def test_another_instant_is_made_on_the_spot(self, today: Today) -> None:
        """A row holds from the last thing that counts to the next that will; elsewhere the call waits for its own."""
        rows, source, _ = today
        source.arrived, source.holds = ["bob"], (900, 2_000)
        rows.refresh()

        assert rows.over(night("bob"), Instant(899))[0].values[0, 0] == 899.0
        assert rows.over(night("bob"), Instant(2_000))[0].values[0, 0] == 2_000.0
        assert rows.over(night("bob"), Instant(1_999))[0].values[0, 0] == 1_000.0

    def test_what_waits_longer_than_a_second_is_unknown(self, today: Today) -> None:
        """A customer whose rows cannot be made is decided for as if nobody knew; the others are not."""
        rows, source, timer = today
        source.arrived, source.broken = ["bob", "ada"], {"bob"}
        rows.refresh()
        assert rows.over(night("ada", "bob"), NOW)[1] is None
        timer.seconds = 1.5
        unknown = rows.over(night("ada", "bob"), NOW)[1]

        assert unknown is not None
        assert unknown.tolist() == [False, True]
        assert rows.over(night("ada"), NOW)[0].values[0, 0] == 1_000.0

    def test_a_database_that_is_down_on_the_spot_is_unknown(self, today: Today) -> None:
        """The call is answered; nobody is contacted on half the truth."""
        rows, source, _ = today
        source.arrived, source.holds = ["bob"], (900, 2_000)
        rows.refresh()
        source.down = True
        unknown = rows.over(night("ada", "bob"), Instant(5_000))[1]

        assert unknown is not None
        assert unknown.tolist() == [False, True]


class TestRefresh:
    def test_a_row_is_made_again_when_something_comes_true(self, today: Today) -> None:
        """Not before, and not without need."""
        rows, source, _ = today
        source.arrived, source.holds = ["bob"], (0, 1_000)
        rows.refresh()
        source.holds = (1_000, 1 << 62)
        rows.refresh()
        rows.refresh()

        assert source.asked == [("bob",), ("bob",)]

    def test_a_failing_customer_is_tried_again_later(self, today: Today) -> None:
        """Not four times a second."""
        rows, source, timer = today
        source.arrived, source.broken = ["bob"], {"bob"}
        rows.refresh()
        rows.refresh()
        assert len(source.asked) == 1
        timer.seconds, source.broken = 6.0, set()
        rows.refresh()

        assert rows.over(night("bob"), NOW)[1] is None

    def test_an_outage_leaves_the_customers_waiting(self, today: Today) -> None:
        """And the next look makes their rows."""
        rows, source, timer = today
        source.arrived, source.down = ["bob"], True
        rows.refresh()
        timer.seconds = 2.0
        assert rows.over(night("bob"), NOW)[1] is not None
        source.down = False
        rows.refresh()

        assert rows.over(night("bob"), NOW)[1] is None
