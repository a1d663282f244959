"""Contacts as rows to learn answers from: the window is over, the control group is no contact, nothing known later than the sending."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from adapters.summary_files import read_batches
from otokui.domain import DAY, Instant
from otokui.errors import NotEnoughData
from pipelines.answer_rows import ANSWER_DAYS, answer_rows, at_sending, contacts
from tests.builders import contact, frame, line
from tests.fakes import FakeRecords
from tests.unit.pipelines.test_response_rows import PolarsEngine

BEGAN = 1_700_000_000
THROUGH = Instant(BEGAN + 100 * DAY)


def records(sent: list[dict[str, object]]) -> FakeRecords:
    lines = [line(BEGAN - 9 * DAY, customer_id="ada"), line(BEGAN + 5 * DAY, customer_id="ada")]
    return FakeRecords({"order_lines": frame("order_lines", lines), "contacts": frame("contacts", sent)})


def test_those_held_back_were_not_contacted() -> None:
    """A control group's row is in the records, but nobody could answer it."""
    source = records([contact(BEGAN, contact_id="1"), contact(BEGAN, contact_id="2", group="control")])

    assert contacts(source, THROUGH)["contact_id"].to_list() == ["1"]


def test_a_customer_is_taken_as_they_stood_when_the_contact_was_sent() -> None:
    """Ada's second purchase lies between two contacts: one purchase was known at the first, two at the second."""
    due = pl.DataFrame({"customer_id": ["ada", "ada", "eve"], "at": [BEGAN, BEGAN + 10 * DAY, BEGAN]})

    found = at_sending(records([contact(BEGAN)]), PolarsEngine(), read_batches, due, "UTC")

    assert found.column("purchase_count")[:2].tolist() == [1.0, 2.0]
    assert np.isnan(found.values[2]).all()


def test_what_is_not_over_or_came_too_late_is_no_answer() -> None:
    """Of 300 contacts 20 were answered in time and 40 after the window; twenty more contacts are not over yet."""
    day = (ANSWER_DAYS + 1) * DAY
    sent = [contact(BEGAN, contact_id=f"a{k}", converted_at=BEGAN + DAY if k < 20 else BEGAN + day if k < 60 else None) for k in range(300)]
    late = [contact(THROUGH - DAY, contact_id=f"b{k}", converted_at=THROUGH - 3600) for k in range(20)]

    with pytest.raises(NotEnoughData, match="20 of 300"):
        answer_rows(records(sent + late), PolarsEngine(), read_batches, THROUGH, "UTC")


def test_of_many_instants_the_one_before_is_taken() -> None:
    """Summaries at days 0 and 4 for four sendings: Ada's purchase of day 5 is not known to those of days 8 and 10."""
    due = pl.DataFrame({"customer_id": ["ada"] * 4, "at": [BEGAN, BEGAN + 4 * DAY, BEGAN + 8 * DAY, BEGAN + 10 * DAY]})
    source = records([contact(BEGAN)])

    exact = at_sending(source, PolarsEngine(), read_batches, due, "UTC")
    few = at_sending(source, PolarsEngine(), read_batches, due, "UTC", most=2)

    assert exact.column("purchase_count").tolist() == [1.0, 1.0, 2.0, 2.0]
    assert few.column("purchase_count").tolist() == [1.0, 1.0, 1.0, 1.0]
