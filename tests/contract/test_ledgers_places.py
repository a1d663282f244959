"""How every ledger must give out places under the caps: SQLite, PostgreSQL, and the fake that other tests trust."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from otokui.domain import DAY, Instant
from tests.contract.ledgers import NOW, contact, ledger, place
from tests.fake_ledger import FakeLedger
from tests.places import taken

__all__ = ["ledger"]


class TestReserve:
    def test_places_are_taken_until_the_cap_over_all_channels(self, ledger: Any) -> None:
        """Three in seven days: two e-mails, one SMS, and no more."""
        wanted = [place("a"), place("b"), place("c", channel="sms", message_id="winback"), place("d")]

        assert taken(ledger, wanted, NOW) == [True, True, True, False]

    def test_the_cap_of_a_channel_holds(self, ledger: Any) -> None:
        """One SMS in fourteen days."""
        assert taken(ledger, [place("a", channel="sms"), place("b", channel="sms", message_id="winback")], NOW) == [True, False]

    def test_the_cap_of_a_message_holds(self, ledger: Any) -> None:
        """One winback in thirty days, over whatever channel."""
        ledger.import_contacts(contact(NOW - 20 * DAY, message_id="winback"))

        assert taken(ledger, [place("a", channel="sms", message_id="winback")], NOW) == [False]

    def test_contacts_that_came_in_between_count(self, ledger: Any) -> None:
        """The policy looked before as_of; the ledger looks at everything."""
        for second in range(3):
            ledger.import_contacts(contact(NOW + second))

        assert taken(ledger, [place("a")], NOW) == [False]

    def test_asking_again_takes_no_second_place(self, ledger: Any) -> None:
        """In one call, and in the next."""
        assert taken(ledger, [place("a"), place("a")], NOW) == [True, True]
        assert taken(ledger, [place("a"), place("b"), place("c")], Instant(NOW + 1)) == [True, True, False]

    def test_a_place_that_lapsed_is_free_and_not_held(self, ledger: Any) -> None:
        """Its decision is judged anew: here the place has gone to another."""
        taken(ledger, [place("a", channel="sms", valid_until=Instant(NOW + 10))], NOW)

        later = Instant(NOW + 10)
        assert taken(ledger, [place("b", channel="sms", valid_until=Instant(NOW + DAY))], later) == [True]
        assert taken(ledger, [place("a", channel="sms", valid_until=Instant(NOW + DAY))], later) == [False]

    def test_a_dispatched_decision_is_told_yes_again(self, ledger: Any) -> None:
        """A retry after the send neither sends twice nor reports a failure."""
        taken(ledger, [place("a")], NOW)
        ledger.import_contacts(contact(NOW + 5, decision_id="a"))

        assert taken(ledger, [place("a")], Instant(NOW + 30 * DAY)) == [True]

    def test_a_dispatched_place_and_its_contact_count_once(self, ledger: Any) -> None:
        """Three in seven days: one was sent, two are left."""
        taken(ledger, [place("a")], NOW)
        ledger.import_contacts(contact(NOW + 5, decision_id="a"))

        wanted = [place("b", channel="sms"), place("c", message_id="winback"), place("d", channel="sms", message_id="winback")]
        assert taken(ledger, wanted, Instant(NOW + 10)) == [True, True, False]

    @pytest.mark.parametrize("wrong", [{"channel": "fax"}, {"message_id": "nobody-knows"}, {"valid_until": NOW}])
    def test_what_has_no_cap_or_no_time_left_gets_no_place(self, ledger: Any, wrong: dict[str, Any]) -> None:
        """Unknown means no."""
        assert taken(ledger, [place("a", **wrong)], NOW) == [False]

    def test_customers_do_not_share_caps(self, ledger: Any) -> None:
        """A hundred customers, one SMS each."""
        wanted = [place(f"d{i}", customer_id=f"c{i}", channel="sms") for i in range(100)]

        assert all(taken(ledger, wanted, NOW))

    def test_many_thousands_at_once_are_answered_as_one_by_one(self, ledger: Any) -> None:
        """Twelve thousand customers: every third said yes, every fourth was contacted twice, every fifth wants a place."""
        if isinstance(ledger, FakeLedger):
            pytest.skip("the fake is quadratic")
        ids = [f"c{n:05d}" for n in range(12_000)]
        frame = pl.DataFrame({"customer_id": ids, "n": range(12_000)})
        ledger.import_consents(
            frame.filter(pl.col("n") % 3 == 0).select("customer_id", channel=pl.lit("email"), opted_in=pl.lit(value=True), changed_at=5)
        )
        twice = pl.concat([frame.filter(pl.col("n") % 4 == 0).with_columns(sent_at=NOW - days * DAY) for days in (1, 2)])
        ledger.import_contacts(
            twice.select(
                "customer_id", "sent_at", contact_id=pl.format("{}-{}", "n", "sent_at"), message_id=pl.lit("news"), channel=pl.lit("email")
            )
        )

        state = ledger.contact_state(ids, NOW)
        held = taken(ledger, [place(f"d{n}", customer_id=ids[n]) for n in range(0, 12_000, 5)], NOW)

        assert state.consented[:, 0].tolist() == [1 if n % 3 == 0 else -1 for n in range(12_000)]
        assert state.contacts_in_period.tolist() == [2 if n % 4 == 0 else 0 for n in range(12_000)]
        assert list(held) == [n % 4 != 0 for n in range(0, 12_000, 5)]

    def test_nothing_wanted_is_nothing_done(self, ledger: Any) -> None:
        """An empty call is answered with nothing."""
        assert taken(ledger, [], NOW) == []
        assert ledger.contact_state([], NOW).consented.shape == (0, 2)
