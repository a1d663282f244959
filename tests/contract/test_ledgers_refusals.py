"""Whoever said no is left alone, whatever the ledger is kept in: every way of saying no, and what takes it back."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from otokui.domain import DAY, Instant
from otokui.frames import BOUNCED, COMPLAINED, OPTED_OUT, UNSUBSCRIBED
from tests.contract.ledgers import NOW, consents, contact, ledger, place, suppression
from tests.fake_ledger import FakeLedger
from tests.places import placed

__all__ = ["ledger"]

SENT = NOW - 10 * DAY
SAID = {"unsubscribed_at": UNSUBSCRIBED, "complained_at": COMPLAINED, "bounced_at": BOUNCED}


def refused(ledger: Any, as_of: int = NOW) -> list[int]:
    """Return ada's bits of e-mail and of SMS."""
    found: list[int] = ledger.contact_state(["ada"], Instant(as_of)).refused[0].tolist()
    return found


def agreed(ledger: Any, at: int, channel: str = "email") -> None:
    """Ada says yes."""
    ledger.import_consents(consents(("ada", channel, True, at)))


def reserves(ledger: Any, decision_id: str = "d", **more: Any) -> str:
    """Ask for a place for ada; return the rule that refused it."""
    (ruling,) = placed(ledger, [place(decision_id, **more)], NOW)
    refused_by: str = ruling.refused_by
    return refused_by


@pytest.mark.parametrize("column", SAID)
class TestThroughAContact:
    def test_closes_the_channel_and_no_other(self, ledger: Any, column: str) -> None:
        """Bob, and ada's SMS, are not concerned."""
        agreed(ledger, 5)
        ledger.import_contacts(contact(SENT, **{column: SENT + 60}))

        assert refused(ledger) == [SAID[column], 0]
        assert ledger.contact_state(["bob"], NOW).refused.tolist() == [[0, 0]]

    def test_counts_at_its_very_second_and_not_before(self, ledger: Any, column: str) -> None:
        """A decision of a moment ago could not know."""
        ledger.import_contacts(contact(SENT, **{column: SENT + 60}))

        assert [refused(ledger, SENT + second)[0] for second in (59, 60)] == [0, SAID[column]]

    def test_is_not_forgotten_with_the_contact(self, ledger: Any, column: str) -> None:
        """Contacts of three years ago count for no cap; what was said then still counts."""
        ledger.import_contacts(contact(NOW - 1_000 * DAY + 5, **{column: NOW - 1_000 * DAY + 60}))

        assert refused(ledger) == [SAID[column], 0]

    def test_is_undone_only_by_a_later_yes(self, ledger: Any, column: str) -> None:
        """A yes of the same second, or one that is only brought later, does not."""
        ledger.import_contacts(contact(SENT, **{column: SENT + 60}))
        agreed(ledger, SENT + 60)
        ledger.import_consents(consents(("ada", "email", True, 5)).with_columns(known_at=pl.lit(NOW - 1)))
        before = refused(ledger)
        agreed(ledger, SENT + 61)

        assert (before, refused(ledger)) == ([SAID[column], 0], [0, 0])

    def test_a_later_version_of_the_contact_takes_nothing_back(self, ledger: Any, column: str) -> None:
        """An export without the column, or with an earlier time, leaves what was known."""
        ledger.import_contacts(contact(SENT, contact_id="k", **{column: SENT + 60}, known_at=SENT + 60))
        agreed(ledger, SENT + 30)
        ledger.import_contacts(contact(SENT, contact_id="k", known_at=NOW - 5))
        ledger.import_contacts(contact(SENT, contact_id="k", **{column: SENT + 20}, known_at=NOW - 4))

        assert refused(ledger) == [SAID[column], 0]

    def test_a_refusal_dated_before_the_contact_counts_from_the_contact(self, ledger: Any, column: str) -> None:
        """A date without an hour is midnight: the yes of that morning was before the contact, and so before the no."""
        agreed(ledger, SENT - 60)
        ledger.import_contacts(contact(SENT, **{column: SENT - 600}))

        assert refused(ledger) == [SAID[column], 0]

    def test_the_reservation_refuses_it_however_late_it_came(self, ledger: Any, column: str) -> None:
        """The policy read the ledger before; the refusal is even dated later than the decision."""
        agreed(ledger, 5)
        ledger.import_contacts(contact(SENT, **{column: NOW + 60}))

        assert (reserves(ledger), reserves(ledger, "e", channel="sms", message_id="winback")) == (column.removesuffix("_at"), "")

    def test_a_place_that_is_held_is_not_confirmed_again(self, ledger: Any, column: str) -> None:
        """Asked again after the refusal; one that was dispatched stays what it is."""
        first = reserves(ledger), reserves(ledger, "sent")
        ledger.import_contacts(contact(NOW + 1, decision_id="sent", **{column: NOW + 60}))

        assert (first, reserves(ledger), reserves(ledger, "sent")) == (("", ""), column.removesuffix("_at"), "")

    @pytest.mark.parametrize(("spelled", "closed"), [("E-Mail", [1, 0]), ("メール", [1, 0]), ("ショートメール", [0, 1]), ("fax", [1, 1])])
    def test_a_channel_by_another_name(self, ledger: Any, column: str, spelled: str, closed: list[int]) -> None:
        """An alias closes what it means; a name that nobody knows closes everything."""
        ledger.import_contacts(contact(SENT, channel=spelled, **{column: SENT + 60}))

        assert refused(ledger) == [SAID[column] * known for known in closed]


class TestBounces:
    @pytest.mark.parametrize("proof", ["delivered_at", "opened_at", "clicked_at"])
    def test_a_later_contact_that_arrived_undoes_it(self, ledger: Any, proof: str) -> None:
        """The address works again; what was delivered before, or over another channel, says nothing."""
        ledger.import_contacts(contact(SENT - DAY, **{proof: SENT - DAY + 5}))
        ledger.import_contacts(contact(SENT, bounced_at=SENT + 60))
        ledger.import_contacts(contact(SENT + DAY, channel="sms", **{proof: SENT + DAY + 5}))
        before = refused(ledger)
        ledger.import_contacts(contact(SENT + 2 * DAY, **{proof: SENT + 2 * DAY + 5}))

        assert (before, refused(ledger), refused(ledger, SENT + 2 * DAY + 5)) == ([BOUNCED, 0], [0, 0], [BOUNCED, 0])

    def test_what_a_machine_opened_proves_nothing(self, ledger: Any) -> None:
        """A filter opens everything."""
        ledger.import_contacts(contact(SENT, bounced_at=SENT + 60))
        ledger.import_contacts(contact(SENT + DAY, opened_at=SENT + DAY + 5, machine_open=True))

        assert refused(ledger) == [BOUNCED, 0]

    def test_an_unsubscription_is_not_undone_by_a_delivery(self, ledger: Any) -> None:
        """That a message arrived is no consent."""
        ledger.import_contacts(contact(SENT, unsubscribed_at=SENT + 60))
        ledger.import_contacts(contact(SENT + DAY, delivered_at=SENT + DAY + 5, clicked_at=SENT + DAY + 9))

        assert refused(ledger) == [UNSUBSCRIBED, 0]

    def test_two_soft_bounces_close_nothing_and_three_in_a_row_do(self, ledger: Any) -> None:
        """A full mailbox may be emptied."""
        seen = []
        for day in range(3):
            ledger.import_contacts(contact(SENT + day * DAY, bounced_at=SENT + day * DAY + 60, bounce_type="soft"))
            seen.append(refused(ledger)[0])

        assert seen == [0, 0, BOUNCED]

    def test_a_delivery_begins_the_count_of_soft_bounces_anew(self, ledger: Any) -> None:
        """Soft, soft, delivered, soft."""
        for day in (0, 1, 3):
            ledger.import_contacts(contact(SENT + day * DAY, bounced_at=SENT + day * DAY + 60, bounce_type="soft"))
        ledger.import_contacts(contact(SENT + 2 * DAY, delivered_at=SENT + 2 * DAY + 5))

        assert refused(ledger) == [0, 0]

    @pytest.mark.parametrize(("said", "closed"), [((None, "soft"), 0), (("soft", "hard"), BOUNCED), (("hard", None), BOUNCED)])
    def test_the_newest_word_on_how_it_bounced_counts(self, ledger: Any, said: tuple[str | None, str | None], closed: int) -> None:
        """An empty one says nothing new."""
        for days, bounce_type in enumerate(said):
            frame = contact(SENT, contact_id="k", bounced_at=SENT + 60, bounce_type=bounce_type, known_at=SENT + days * DAY)
            ledger.import_contacts(frame.with_columns(pl.col("bounce_type").cast(pl.String)))

        assert refused(ledger) == [closed, 0]


class TestConsentsAndSuppressions:
    def test_a_consent_that_says_no_is_a_refusal(self, ledger: Any) -> None:
        """Also over a channel that needs no consent, which the policy can see by the bit."""
        ledger.import_consents(consents(("ada", "email", False, 5)))

        assert (refused(ledger), reserves(ledger)) == ([OPTED_OUT, 0], "no_consent")

    def test_a_no_counts_from_when_it_is_known_or_dated(self, ledger: Any) -> None:
        """A clock that runs ahead must not keep a refusal from counting; neither must a late export."""
        agreed(ledger, 5)
        ledger.import_consents(consents(("ada", "email", False, NOW + DAY)).with_columns(known_at=pl.lit(NOW - 5)))
        ledger.import_consents(consents(("ada", "sms", False, NOW - DAY)).with_columns(known_at=pl.lit(NOW + 5)))

        assert refused(ledger) == [OPTED_OUT, OPTED_OUT]

    @pytest.mark.parametrize(("spelled", "closed"), [("", [8, 8]), ("mail", [8, 0]), ("Ｅメール", [8, 0]), ("fax", [8, 8])])
    def test_a_no_over_another_name_closes_what_it_may_mean(self, ledger: Any, spelled: str, closed: list[int]) -> None:
        """And a yes over a name that is not the channel's own opens nothing."""
        ledger.import_consents(consents(("ada", spelled, False, 9), ("ada", spelled, True, 10)))

        assert refused(ledger) == closed

    def test_a_suppression_that_begins_before_a_contact_could_be_sent_refuses_the_place(self, ledger: Any) -> None:
        """Decided today, sent tomorrow, blacklisted from tonight on."""
        ledger.import_suppressions(suppression(**{"from": NOW + DAY // 2}))

        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == [[0, 0]]
        assert (reserves(ledger), reserves(ledger, "soon", valid_until=Instant(NOW + 60))) == ("blacklisted", "")

    def test_a_suppression_over_an_unknown_channel_closes_every_one(self, ledger: Any) -> None:
        """Unknown means no."""
        ledger.import_suppressions(suppression(channel="fax"))

        assert ledger.contact_state(["ada"], NOW).blacklisted.tolist() == [[1, 1]]


def test_customers_are_counted_by_channel_and_rule(ledger: Any) -> None:
    """What the check-up tells; who agreed again since is not counted."""
    if isinstance(ledger, FakeLedger):
        pytest.skip("the check-up asks a database")
    ledger.import_contacts(contact(SENT, unsubscribed_at=SENT + 5))
    ledger.import_contacts(contact(SENT, customer_id="bob", bounced_at=SENT + 5, unsubscribed_at=SENT + 5))
    ledger.import_contacts(contact(SENT, customer_id="eve", unsubscribed_at=SENT + 5))
    ledger.import_consents(consents(("eve", "email", True, SENT + 9), ("dan", "sms", False, 5)))
    ledger.import_suppressions(suppression(customer_id="fay"))

    assert ledger.refused(NOW) == {
        "email": {"unsubscribed": 2, "bounced": 1, "blacklisted": 1}, "sms": {"no_consent": 1, "blacklisted": 1},
    }  # fmt: skip
