"""Purchases that are missing after enquiries, from a shop's records."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from analysis.churn_signals import count_omens
from decisions.candidates.retention import ChurnSignalCount
from otokui.domain import DAY, Instant
from tests.builders import event, frame
from tests.fakes import FakeRecords

CUTOFF = Instant(400 * DAY)
ASKED_AT, BOUGHT_AT = 305 * DAY, 300 * DAY


def bought(customers: dict[str, list[int]]) -> pl.DataFrame:
    """Return purchases by customer, on days."""
    rows = [(customer, day * DAY) for customer, days in customers.items() for day in days]
    return pl.DataFrame(rows, schema=["customer_id", "purchased_at"], orient="row")


def shop(**events: list[Any]) -> FakeRecords:
    """Return a shop with these events."""
    return FakeRecords({name: frame(name, rows) for name, rows in events.items()})


def test_enquirers_are_held_against_customers_like_them() -> None:
    """Of two who enquired one came again, of four who did not all did: one purchase where two were to be expected."""
    buyers = {f"quiet-{k}": [300, 350] for k in range(4)} | {"stays": [300, 350], "leaves": [300]}
    asked = [event(ASKED_AT, type="enquiry", customer_id=who, event_id=who) for who in ("stays", "leaves")]

    assert count_omens(shop(events=asked), bought(buyers), 14, CUTOFF) == ChurnSignalCount(1.0, 2.0)


def test_only_an_enquiry_is_an_omen() -> None:
    """A visit is none, nor is an enquiry of somebody like whom there is nobody."""
    buyers = {f"quiet-{k}": [300, 350] for k in range(4)} | {"ada": [300, 350], "often": [290, 295, 298, 300]}

    assert count_omens(shop(events=[event(ASKED_AT, customer_id="ada")]), bought(buyers), 14, CUTOFF) == ChurnSignalCount()
    lonely = [event(ASKED_AT, type="enquiry", customer_id="often")]
    assert count_omens(shop(events=lonely), bought(buyers), 14, CUTOFF) == ChurnSignalCount()


def test_a_shop_without_events_has_no_omens() -> None:
    """Nothing is counted."""
    assert count_omens(shop(), bought({"ada": [300]}), 14, CUTOFF) == ChurnSignalCount()


@pytest.mark.parametrize("late", [pytest.param(399, id="last night"), pytest.param(320, id="not a whole window ago")])
def test_what_is_too_young_to_tell_waits(late: int) -> None:
    """What becomes of them within ninety days is not known yet."""
    buyers = {f"quiet-{k}": [late - 3] for k in range(4)} | {"ada": [late - 3]}
    asked = [event(late * DAY, type="enquiry", customer_id="ada")]

    assert count_omens(shop(events=asked), bought(buyers), 14, CUTOFF) == ChurnSignalCount()
