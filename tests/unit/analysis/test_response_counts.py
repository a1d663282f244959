"""Customers contacted and held back, and who of them bought in time, counted by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from analysis.response_counts import count_responses
from decisions.candidates.uplift_prior import ResponseCount
from otokui.domain import DAY, Instant
from otokui.settings.contacts.messages import Message
from otokui.settings.settings import load
from tests.builders import contact, frame
from tests.fakes import FakeRecords

CUTOFF = Instant(1_700_000_000)
NO_PURCHASE = pl.DataFrame([], schema={"customer_id": pl.String, "purchased_at": pl.Int64}, orient="row")


@pytest.fixture(scope="module")
def message() -> Message:
    """A message of the presets."""
    return load().messages[0]


def contacts(*rows: dict[str, Any]) -> FakeRecords:
    """A shop with these contacts over e-mail."""
    return FakeRecords({"contacts": frame("contacts", [contact(row["sent_at"], contact_id=str(i), **row) for i, row in enumerate(rows)])})


def bought(*rows: tuple[str, int]) -> pl.DataFrame:
    """Purchases as (customer, instant)."""
    return pl.DataFrame(list(rows), schema={"customer_id": pl.String, "purchased_at": pl.Int64}, orient="row")


def sent(who: str, at: int, message: Message, **more: Any) -> dict[str, Any]:
    """A contact of the message."""
    return {"customer_id": who, "sent_at": at, "message_id": message.message_id, "channel": "email", **more}


def test_a_purchase_counts_from_the_contact_until_its_response_days_are_over(message: Message) -> None:
    """Ada buys at once, bob a second too late, cyd a second before; dan is held back and buys, eve is held back and does not."""
    at, window = CUTOFF - 100 * DAY, round(message.response_days * DAY)
    control = {"group": "control"}
    records = contacts(*(sent(w, at, message) for w in ("ada", "bob", "cyd")), *(sent(w, at, message, **control) for w in ("dan", "eve")))
    purchases = bought(("ada", at), ("bob", at + window), ("cyd", at - 1), ("dan", at + window - 1))

    assert count_responses(records, purchases, [message], CUTOFF) == [
        ResponseCount(message.scenario, "email", sent=3, converted=1, control=2, control_converted=1)
    ]


def test_contacts_that_are_not_over_or_a_year_old_are_passed_over(message: Message) -> None:
    """Who has not had the whole time would count as silent; last year's customers are not today's."""
    window = round(message.response_days * DAY)
    ages = (window - 1, window, 365 * DAY, 365 * DAY + 1)
    records = contacts(*(sent(f"sent {age}", CUTOFF - age, message) for age in ages))

    assert [count.sent for count in count_responses(records, NO_PURCHASE, [message], CUTOFF)] == [2]


def test_a_message_that_is_no_longer_configured_is_passed_over(message: Message) -> None:
    """Nothing is known of how long its answers take."""
    one = sent("ada", CUTOFF - 100 * DAY, message)
    records = contacts(one, one | {"message_id": "gone"})

    assert [count.sent for count in count_responses(records, NO_PURCHASE, [message], CUTOFF)] == [1]


def test_without_contacts_nothing_is_counted(message: Message) -> None:
    """A shop of purchases only."""
    assert count_responses(FakeRecords({"orders": pl.DataFrame()}), NO_PURCHASE, [message], CUTOFF) == []
