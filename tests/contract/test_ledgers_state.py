"""What every ledger must know, whatever it is kept in: SQLite, PostgreSQL, and the fake that other tests trust."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant
from tests.contract.ledgers import NOW, consents, contact, ledger, place, suppression
from tests.places import taken

__all__ = ["ledger"]


class TestConsent:
    def test_without_a_record_it_is_unknown(self, ledger: Any) -> None:
        """Unknown is not yes; the policy refuses it."""
        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[-1, -1]]

    def test_each_channel_and_customer_has_its_own(self, ledger: Any) -> None:
        """The answer comes in the order asked, also for a customer asked for twice."""
        ledger.import_consents(consents(("ada", "email", True, 5), ("bob", "sms", False, 5)))

        assert ledger.contact_state(["bob", "ada", "eve", "bob"], NOW).consented.tolist() == [[-1, 0], [1, -1], [-1, -1], [-1, 0]]

    def test_the_newest_word_counts_whatever_the_order_of_import(self, ledger: Any) -> None:
        """A yes of day 5 imported after the no of day 9 changes nothing."""
        ledger.import_consents(consents(("ada", "email", False, 9 * DAY)))
        ledger.import_consents(consents(("ada", "email", True, 5 * DAY)).with_columns(known_at=pl.lit(20 * DAY)))

        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[0, -1]]

    def test_a_later_yes_undoes_a_no(self, ledger: Any) -> None:
        """Customers may change their mind."""
        ledger.import_consents(consents(("ada", "email", False, 5 * DAY), ("ada", "email", True, 9 * DAY)))

        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[1, -1]]

    @pytest.mark.parametrize("said", [(True, False), (False, True)])
    def test_of_a_yes_and_a_no_at_the_same_time_the_no_counts(self, ledger: Any, said: tuple[bool, bool]) -> None:
        """A correction without a later consent time cannot undo a refusal."""
        for opted_in in said:
            ledger.import_consents(consents(("ada", "email", opted_in, 5)))

        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[0, -1]]

    def test_a_no_counts_at_its_very_second_and_a_yes_only_after_it(self, ledger: Any) -> None:
        """A refusal and a decision of the same second cannot miss each other."""
        ledger.import_consents(consents(("ada", "email", True, NOW), ("ada", "sms", True, 5), ("ada", "sms", False, NOW)))

        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[-1, 0]]
        assert ledger.contact_state(["ada"], Instant(NOW + 1)).consented.tolist() == [[1, 0]]

    def test_what_became_known_later_is_not_seen(self, ledger: Any) -> None:
        """A decision of the past sees the past."""
        ledger.import_consents(consents(("ada", "email", True, 5)).with_columns(known_at=pl.lit(NOW + 1)))

        assert ledger.contact_state(["ada"], NOW).consented.tolist() == [[-1, -1]]


class TestBlacklist:
    def test_without_a_row_nobody_is_on_it(self, ledger: Any) -> None:
        """The blacklist is complete: who does not stand there is not on it."""
        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == [[0, 0]]

    def test_a_row_without_channel_holds_for_all(self, ledger: Any) -> None:
        """An empty channel is every channel."""
        ledger.import_suppressions(suppression())

        assert ledger.contact_state(["ada", "bob"], NOW).blacklisted.tolist() == [[1, 1], [0, 0]]

    def test_a_row_with_channel_holds_for_it(self, ledger: Any) -> None:
        """Only SMS was forbidden."""
        ledger.import_suppressions(suppression(channel="sms"))

        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == [[0, 1]]

    def test_it_holds_from_its_begin_until_its_end(self, ledger: Any) -> None:
        """From is inclusive, until is exclusive."""
        ledger.import_suppressions(suppression(**{"from": NOW, "until": NOW + 10, "known_at": NOW}))

        seen = [ledger.contact_state(["ada"], Instant(NOW + s)).blacklisted[0, 0] for s in (-1, 0, 9, 10)]
        assert seen == [0, 1, 1, 0]


class TestCounts:
    def test_contacts_count_in_the_period_of_each_cap(self, ledger: Any) -> None:
        """All channels 7 days, e-mail 7, SMS 14, messages 30."""
        for days, channel, message in ((1, "email", "news"), (8, "sms", "news"), (20, "email", "winback"), (40, "email", "winback")):
            ledger.import_contacts(contact(NOW - days * DAY, channel=channel, message_id=message))

        state = ledger.contact_state(["ada"], NOW)
        assert state.contacts_in_period.tolist() == [1]
        assert state.channel_contacts.tolist() == [[1, 1]]
        assert state.message_contacts.tolist() == [[1, 2]]
        assert state.last_contact_at.tolist() == [NOW - DAY]

    def test_a_contact_leaves_the_period_at_its_end(self, ledger: Any) -> None:
        """Seven days to the second: gone; a second less: counted."""
        ledger.import_contacts(contact(NOW - 7 * DAY))

        assert ledger.contact_state(["ada"], NOW).contacts_in_period.tolist() == [0]
        assert ledger.contact_state(["ada"], Instant(NOW - 1)).contacts_in_period.tolist() == [1]

    def test_what_is_sent_or_known_at_the_instant_is_not_before_it(self, ledger: Any) -> None:
        """Strictly before as_of."""
        ledger.import_contacts(contact(NOW))
        ledger.import_contacts(contact(NOW - DAY, known_at=NOW))

        state = ledger.contact_state(["ada"], NOW)
        assert state.contacts_in_period.tolist() == [0]
        assert np.isnan(state.last_contact_at[0])
        assert ledger.contact_state(["ada"], Instant(NOW + 1)).contacts_in_period.tolist() == [2]

    def test_the_same_contact_twice_counts_once(self, ledger: Any) -> None:
        """A later row of the same id adds what became of it."""
        ledger.import_contacts(contact(NOW - DAY, contact_id="k"))
        ledger.import_contacts(contact(NOW - DAY, contact_id="k", opened_at=NOW - 50, known_at=NOW - 50))

        state = ledger.contact_state(["ada"], NOW)
        assert (state.contacts_in_period.tolist(), state.unanswered.tolist()) == ([1], [[0, 0]])

    def test_an_older_version_that_comes_later_undoes_nothing(self, ledger: Any) -> None:
        """The click was known; the export of the day before does not take it back."""
        ledger.import_contacts(contact(NOW - 5 * DAY, contact_id="k", clicked_at=NOW - 4 * DAY, known_at=NOW - 4 * DAY))
        ledger.import_contacts(contact(NOW - 5 * DAY, contact_id="k"))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 0]]

    def test_a_reservation_counts_from_the_next_second_until_it_lapses(self, ledger: Any) -> None:
        """One made at as_of is not before it, so that a run started again decides the same."""
        taken(ledger, [place("d", valid_until=Instant(NOW + 10))], NOW)

        seen = [ledger.contact_state(["ada"], Instant(NOW + s)) for s in (0, 1, 9, 10)]
        assert [int(state.contacts_in_period[0]) for state in seen] == [0, 1, 1, 0]
        assert [int(state.channel_contacts[0, 0]) for state in seen] == [0, 1, 1, 0]
        assert [int(state.message_contacts[0, 1]) for state in seen] == [0, 1, 1, 0]

    def test_a_reservation_that_became_a_contact_counts_once(self, ledger: Any) -> None:
        """The contact takes over when it is known."""
        taken(ledger, [place("d")], NOW)
        ledger.import_contacts(contact(NOW + 10, decision_id="d", known_at=NOW + 20))

        seen = [ledger.contact_state(["ada"], Instant(NOW + s)).contacts_in_period[0] for s in (5, 15, 20, 21, 2 * DAY)]
        assert seen == [1, 1, 1, 1, 1]


class TestUnanswered:
    def test_sends_without_response_count_by_message(self, ledger: Any) -> None:
        """Three of news, one of winback, none answered."""
        for days, message in ((9, "news"), (6, "news"), (3, "news"), (2, "winback")):
            ledger.import_contacts(contact(NOW - days * DAY, message_id=message))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[1, 3]]

    @pytest.mark.parametrize("response", ["opened_at", "clicked_at"])
    def test_a_response_begins_the_count_anew(self, ledger: Any, response: str) -> None:
        """Of three sends the second was answered: one is left."""
        ledger.import_contacts(contact(NOW - 9 * DAY))
        ledger.import_contacts(contact(NOW - 6 * DAY, **{response: NOW - 5 * DAY}))
        ledger.import_contacts(contact(NOW - 3 * DAY))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 1]]

    def test_a_machine_that_opens_is_no_response(self, ledger: Any) -> None:
        """Mail filters open everything."""
        ledger.import_contacts(contact(NOW - 6 * DAY, opened_at=NOW - 5 * DAY, machine_open=True))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 1]]

    def test_a_purchase_through_one_message_begins_all_anew(self, ledger: Any) -> None:
        """The goal was reached: nothing sent before it is unanswered."""
        ledger.import_contacts(contact(NOW - 9 * DAY, message_id="winback"))
        ledger.import_contacts(contact(NOW - 6 * DAY, converted_at=NOW - 5 * DAY))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 0]]

    def test_a_purchase_of_the_customers_own_begins_all_anew(self, ledger: Any) -> None:
        """The ledger is told of it, for it knows no orders."""
        ledger.import_contacts(contact(NOW - 9 * DAY))
        ledger.import_contacts(contact(NOW - 3 * DAY))

        state = ledger.contact_state(["ada", "ada"], NOW, np.array([NOW - 5.0 * DAY, np.nan]))
        assert state.unanswered.tolist() == [[0, 1], [0, 2]]

    def test_a_response_that_comes_later_is_not_seen(self, ledger: Any) -> None:
        """The send was unanswered then."""
        ledger.import_contacts(contact(NOW - 6 * DAY, opened_at=NOW))

        assert ledger.contact_state(["ada"], NOW).unanswered.tolist() == [[0, 1]]
        assert ledger.contact_state(["ada"], Instant(NOW + 1)).unanswered.tolist() == [[0, 0]]
