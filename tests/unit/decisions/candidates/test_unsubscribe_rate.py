"""What contacts cost in customers: stated, then seen."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analysis.response_counts import count_unsubscribes
from decisions.candidates.unsubscribe_rate import UnsubscribeCount, rates
from decisions.compiler.evidence import Evidence
from otokui.domain import DAY, Instant
from otokui.errors import BadInput
from tests.builders import contact, frame
from tests.fakes import FakeRecords

NOW = Instant(1_700_000_000)


class TestRates:
    def test_what_was_seen_moves_what_was_stated(self) -> None:
        """Two in a thousand were assumed; 96 were lost of 8,000: nearly one in a hundred."""
        found = rates(
            np.array([0.002, 0.004]), ("email", "push"), [UnsubscribeCount("email", 8_000.0, 96), UnsubscribeCount("fax", 9.0, 9)]
        )

        assert found.tolist() == pytest.approx([0.01, 0.004])

    def test_more_lost_than_contacted_is_refused(self) -> None:
        """Somebody counted twice."""
        with pytest.raises(BadInput, match="do not add up"):
            UnsubscribeCount("email", 3.0, 4)

    def test_the_counts_travel_with_the_evidence(self) -> None:
        """The service reads what the nightly run counted."""
        told = Evidence(NOW, unsubscribes=(UnsubscribeCount("email", 3.5, 1),))

        assert Evidence.from_json(told.to_json()) == told


class TestCount:
    def test_a_contact_counts_as_the_nth_of_its_period(self) -> None:
        """Ada got three within a week and left at the third; bob was held back; cyd's second came after a silence."""
        rows = [
            *({"customer_id": "ada", "sent_at": NOW - d * DAY, "unsubscribed_at": NOW - DAY if d == 2 else None} for d in (6, 4, 2)),
            {"customer_id": "bob", "sent_at": NOW - 3 * DAY, "group": "control"},
            *({"customer_id": "cyd", "sent_at": NOW - d * DAY} for d in (30, 3)),
        ]
        told = [contact(NOW - 9 * DAY, **{**row, "contact_id": str(i)}) for i, row in enumerate(rows)]

        (found,) = count_unsubscribes(FakeRecords({"contacts": frame("contacts", told)}), 7, NOW)

        assert (found.channel, found.pressure, found.unsubscribed) == ("email", 8.0, 1)

    def test_without_contacts_nothing_is_counted(self) -> None:
        """A shop of purchases only."""
        assert count_unsubscribes(FakeRecords({"orders": pl.DataFrame()}), 7, NOW) == []
