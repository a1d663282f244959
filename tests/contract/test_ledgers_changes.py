"""The change feed of a ledger: everything due is handed over at least once, and whatever says no withdraws it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.ledger import SqlLedger, open_ledger
from otokui.domain import DAY, HOUR, Instant
from otokui.ports.changes import DecisionChange, FeedPosition
from otokui.settings.contacts.channels import Channel
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, consents, contact, place, suppression, url_of
from tests.places import taken

PEOPLE = Channel(name="call", title="Call", title_ja="電話", kind="human")
SITE = Channel(name="site", title="Site", title_ja="サイト", reach="pull")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """Each real ledger in turn, empty, with a channel of people and a pull channel."""
    url = url_of(request, tmp_path)
    with open_ledger(url, channels=(*CHANNELS, PEOPLE, SITE), messages=MESSAGES, contact_cap=9, contact_cap_days=7) as opened:
        yield opened


def polled(ledger: SqlLedger, position: FeedPosition, now: int = NOW) -> tuple[list[DecisionChange], FeedPosition]:
    """Read page after page until nothing is waiting."""
    found: list[DecisionChange] = []
    while True:
        page = ledger.outbox.changes(position, now=Instant(now), window_seconds=DAY, limit=2)
        found += page.changes
        position = page.position
        assert len(page.changes) <= 2
        if not page.more:
            return found, position


def told(changes: list[DecisionChange]) -> list[tuple[str, str]]:
    """What is said of which decision."""
    return [(change.kind, change.decision_id) for change in changes]


class TestDue:
    def test_everything_due_is_handed_over_once(self, ledger: SqlLedger) -> None:
        """In pages; nothing comes twice along a cursor."""
        taken(ledger, [place(f"d{n}", customer_id=f"c{n}") for n in range(5)], NOW)

        first, position = polled(ledger, FeedPosition())
        again, _ = polled(ledger, position)

        assert (told(first), again) == ([("due", f"d{n}") for n in range(5)], [])

    def test_what_is_due_later_comes_when_its_window_begins(self, ledger: SqlLedger) -> None:
        """Though later reservations were handed over long before."""
        later = place("later", customer_id="bob", send_at=NOW + 3 * DAY, valid_until=NOW + 4 * DAY)
        taken(ledger, [later, place("d1")], NOW)

        first, position = polled(ledger, FeedPosition())
        second, _ = polled(ledger, position, NOW + 2 * DAY + HOUR)

        assert (told(first), told(second)) == ([("due", "d1")], [("due", "later")])

    def test_the_window_is_that_of_the_decision(self, ledger: SqlLedger) -> None:
        """Without one it is the hour of the send time."""
        taken(ledger, [place("d1", not_before=NOW - HOUR, not_after=NOW + HOUR), place("d2", customer_id="bob")], NOW)

        changes, _ = polled(ledger, FeedPosition())

        assert [(c.not_before - NOW, c.not_after - NOW) for c in changes] == [(-HOUR, HOUR), (0, HOUR - 1)]

    def test_what_was_sent_lapsed_or_belongs_to_people_or_a_visit_is_not_due(self, ledger: SqlLedger) -> None:
        """Nobody sends it."""
        taken(ledger, [place("sent"), place("lapsed", customer_id="bob", valid_until=NOW + 60)], NOW)
        taken(ledger, [place("call", customer_id="cy", channel="call"), place("site", customer_id="di", channel="site")], NOW)
        ledger.import_contacts(contact(NOW + 30, decision_id="sent"))

        assert polled(ledger, FeedPosition(), NOW + 90)[0] == []

    def test_a_channel_of_its_own(self, ledger: SqlLedger) -> None:
        """A send engine for SMS hears of SMS."""
        taken(ledger, [place("d1"), place("d2", customer_id="bob", channel="sms")], NOW)

        assert told(polled(ledger, FeedPosition(channel="sms"))[0]) == [("due", "d2")]

    def test_a_reservation_that_is_renewed_comes_again_with_its_new_time(self, ledger: SqlLedger) -> None:
        """The first lapsed; who saw it is told of the second as soon as it is made, however late its window."""
        taken(ledger, [place("d1", valid_until=NOW + HOUR)], NOW)
        _, position = polled(ledger, FeedPosition())
        taken(ledger, [place("d1", send_at=NOW + 5 * DAY, valid_until=NOW + 6 * DAY)], NOW + 2 * HOUR)

        changes, _ = polled(ledger, position, NOW + 2 * HOUR)

        assert [(c.kind, c.send_at) for c in changes] == [("due", NOW + 5 * DAY)]

    def test_what_arrives_between_two_pages_is_in_the_next_round(self, ledger: SqlLedger) -> None:
        """It neither shifts the pages nor is lost."""
        taken(ledger, [place(f"d{n}", customer_id=f"c{n}") for n in range(3)], NOW)
        page = ledger.outbox.changes(FeedPosition(), now=NOW, window_seconds=DAY, limit=2)
        taken(ledger, [place("new", customer_id="new")], NOW)

        rest, _ = polled(ledger, page.position)
        again, _ = polled(ledger, polled(ledger, page.position)[1])

        assert (told(list(page.changes)), told(rest), told(again)) == ([("due", "d0"), ("due", "d1")], [("due", "d2")], [("due", "new")])


class TestWithdrawn:
    @pytest.mark.parametrize(
        ("refuses", "rule"),
        [
            (lambda ledger: ledger.import_consents(consents(("ada", "email", False, NOW + 5))), "no_consent"),
            (lambda ledger: ledger.import_suppressions(suppression(**{"from": NOW + 5})), "blacklisted"),
            (lambda ledger: ledger.import_contacts(contact(NOW - DAY, unsubscribed_at=NOW + 5)), "unsubscribed"),
            (lambda ledger: ledger.import_contacts(contact(NOW - DAY, complained_at=NOW + 5)), "complained"),
            (lambda ledger: ledger.import_contacts(contact(NOW - DAY, bounced_at=NOW + 5)), "bounced"),
        ],
        ids=["consent", "suppression", "unsubscribed", "complained", "bounced"],
    )
    def test_whatever_says_no_withdraws(self, ledger: SqlLedger, refuses: Any, rule: str) -> None:
        """Of what was handed over; of what was not, nothing is offered."""
        taken(ledger, [place("d1"), place("d2", customer_id="bob")], NOW)
        _, position = polled(ledger, FeedPosition())

        refuses(ledger)

        changes, after = polled(ledger, position, NOW + 10)
        assert [(c.kind, c.decision_id, c.reason) for c in changes] == [("withdrawn", "d1", rule)]
        assert polled(ledger, after, NOW + 10)[0] == []
        assert ("due", "d1") not in told(polled(ledger, FeedPosition(), NOW + 10)[0])

    def test_a_yes_withdraws_nothing_and_neither_does_a_no_to_another_channel(self, ledger: SqlLedger) -> None:
        """Only what the refusal closes."""
        taken(ledger, [place("d1")], NOW)
        _, position = polled(ledger, FeedPosition())

        ledger.import_consents(consents(("ada", "email", True, NOW + 5), ("ada", "sms", False, NOW + 5)))

        assert polled(ledger, position, NOW + 10)[0] == []

    def test_an_erased_customer_is_withdrawn_without_a_name(self, ledger: SqlLedger) -> None:
        """The send engine knows the decision by its id."""
        taken(ledger, [place("d1", valid_until=NOW + 900 * DAY, customer_id="eve")], NOW)
        _, position = polled(ledger, FeedPosition())

        ledger.erasures.request("eve", NOW)

        (change,) = polled(ledger, position)[0]
        assert (change.kind, change.decision_id, change.customer_id, change.reason) == ("withdrawn", "d1", None, "erased")

    def test_changes_are_forgotten_a_week_after_they_lapsed(self, ledger: SqlLedger) -> None:
        """The table stays small; numbers are not used again."""
        taken(ledger, [place("d1")], NOW)
        _, position = polled(ledger, FeedPosition())
        assert (ledger.outbox.forget_changes(Instant(NOW + 7 * DAY)), ledger.outbox.forget_changes(Instant(NOW + 9 * DAY))) == (0, 1)

        taken(ledger, [place("d2", send_at=NOW + 9 * DAY, valid_until=NOW + 10 * DAY)], NOW + 9 * DAY)

        assert told(polled(ledger, position, NOW + 9 * DAY)[0]) == [("due", "d2")]
