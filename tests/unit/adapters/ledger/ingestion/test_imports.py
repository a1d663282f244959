"""Bringing records into the ledger: again, in pieces, out of order; and what responses are counted from them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest

from adapters.ledger import SqlLedger
from otokui.domain import DAY, HOUR, Instant
from otokui.errors import BadInput
from tests.unit.adapters.ledger.small_ledger import NOW, contacts


class TestImports:
    def test_a_batch_that_is_in_is_not_brought_again(self, ledger: SqlLedger) -> None:
        """Batches are numbered per table."""
        frame = contacts({"sent_at": NOW - DAY})

        assert (ledger.import_contacts(frame, batch=3), ledger.import_contacts(frame, batch=3), ledger.import_contacts(frame, batch=2)) == (
            1,
            0,
            0,
        )
        assert (ledger.last_batch("contacts"), ledger.last_batch("consents")) == (3, -1)

    def test_a_batch_that_failed_leaves_nothing_and_can_be_redone(self, ledger: SqlLedger) -> None:
        """The batch number is written with the rows, or not at all."""
        broken = contacts({"sent_at": NOW - DAY}, {"sent_at": NOW - DAY, "message_id": None})

        with pytest.raises(BadInput, match="missing_value in column 'message_id'"):
            ledger.import_contacts(broken, batch=1)

        assert ledger.last_batch("contacts") == -1
        assert ledger.contact_state(["ada"], NOW).contacts_in_period.tolist() == [0]

    def test_arrow_comes_in_as_polars_does(self, ledger: SqlLedger) -> None:
        """Whatever speaks the Arrow stream interface."""
        table = pa.table({"customer_id": ["ada"], "channel": ["email"], "opted_in": [True], "changed_at": [5]})

        assert ledger.import_consents(table) == 1
        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[1, -1]]

    def test_versions_of_one_contact_in_one_frame_add_up(self, ledger: SqlLedger) -> None:
        """The later row knows of the click and has no word of the opening."""
        sent, clicked = NOW - 5 * DAY, NOW - 4 * DAY
        frame = contacts(
            {"contact_id": "k", "sent_at": sent, "clicked_at": clicked, "known_at": clicked}, {"contact_id": "k", "sent_at": sent}
        )

        ledger.import_contacts(frame)

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 0]]
        assert ledger.contact_state(["ada"], Instant(sent + 1)).contacts_in_period.tolist() == [1]

    def test_a_suppression_is_ended_by_a_later_row_and_not_by_an_earlier(self, ledger: SqlLedger) -> None:
        """The row known last counts, whatever the order of import."""
        rows = [{"known_at": 30, "until": NOW - 5}, {"known_at": 10, "until": None}]
        for row in rows:
            frame = pl.DataFrame(
                [{"customer_id": "ada", "channel": None, "reason": "asked", "from": 5, **row}], schema_overrides={"until": pl.Int64}
            )
            ledger.import_suppressions(frame)

        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == [[0, 0]]
        assert ledger.contact_state(["ada"], Instant(NOW - 6)).blacklisted.tolist() == [[1, 1]]

    def test_a_frame_without_its_columns_is_refused(self, ledger: SqlLedger) -> None:
        """The columns are named."""
        with pytest.raises(BadInput, match="changed_at"):
            ledger.import_consents(pl.DataFrame({"customer_id": ["ada"], "channel": ["email"], "opted_in": [True]}))

    def test_an_empty_frame_changes_nothing(self, ledger: SqlLedger) -> None:
        """It still counts as brought."""
        assert ledger.import_contacts(contacts({"sent_at": NOW}).clear(), batch=0) == 0
        assert ledger.last_batch("contacts") == 0


class TestResponses:
    def test_only_contacts_whose_time_is_over_are_counted(self, ledger: SqlLedger) -> None:
        """News has seven days to respond, thanks one."""
        ledger.import_contacts(
            contacts(
                {"sent_at": NOW - 10 * DAY, "converted_at": NOW - 8 * DAY},
                {"sent_at": NOW - 9 * DAY, "converted_at": NOW - DAY},  # too late to be a response
                {"sent_at": NOW - 2 * DAY, "converted_at": NOW - DAY},  # its time is not over
                {"sent_at": NOW - 2 * DAY, "message_id": "thanks"},
                {"sent_at": NOW - 2 * DAY, "message_id": "thanks", "group": "scenario_control"},  # held back, not sent
                {"sent_at": NOW - 90 * DAY, "message_id": "thanks"},  # before the period
            )
        )

        counts = ledger.response_counts(Instant(NOW - 30 * DAY), NOW)

        assert (counts.sent.tolist(), counts.converted.tolist()) == ([[2, 0], [1, 0]], [[1, 0], [0, 0]])

    def test_readings_are_counted_by_the_local_hour_of_the_week_of_sending_and_of_people(self, ledger: SqlLedger) -> None:
        """Sent at a full UTC hour, nine hours earlier than in Tokyo; what a machine opened is not watched at all."""
        sent = NOW - 10 * DAY
        clock = datetime.fromtimestamp(sent, ZoneInfo("Asia/Tokyo"))
        local = clock.weekday() * 24 + clock.hour
        ledger.import_contacts(
            contacts(
                {"sent_at": sent, "opened_at": sent + 3 * HOUR, "clicked_at": sent + 4 * HOUR},
                {"sent_at": sent, "opened_at": sent + 3 * HOUR, "machine_open": True},
                {"sent_at": sent, "opened_at": sent + 30 * HOUR, "machine_open": False},
                {"sent_at": sent},
                {"sent_at": sent, "group": "control"},  # held back: nothing was there to read
                {"sent_at": NOW - DAY},  # may still be read
            ).with_columns(sent_local=pl.col("sent_at") + 9 * HOUR)
        )

        counts = ledger.response_counts(Instant(NOW - 30 * DAY), NOW)

        assert {h: n for h, n in enumerate(counts.watched[0].tolist()) if n} == {local: 3}
        assert {h: n for h, n in enumerate(counts.read[0].tolist()) if n} == {local: 2}
        assert counts.watched[1].sum() == 0
