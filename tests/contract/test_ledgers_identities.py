"""Identities in every ledger: aliases, merges, chains and circles, and what counts for the surviving customer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from adapters.ledger import open_ledger
from otokui.domain import DAY, NO, YES, Instant
from otokui.errors import BadInput
from otokui.events.items import Alias
from otokui.frames import UNSUBSCRIBED
from otokui.ports.identities import MERGE, MERGE_CIRCLE, Identity
from tests.contract.ledgers import CHANNELS, MESSAGES, NOW, consents, contact, identify, place, suppression, url_of
from tests.places import placed

LATER = Instant(NOW + 40 * DAY)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Each database in turn, empty: at most 3 contacts in 7 days."""
    with open_ledger(url_of(request, tmp_path), channels=CHANNELS, messages=MESSAGES, contact_cap=3, contact_cap_days=7) as opened:
        yield opened


def merge(merged: str, into: str, at: int = NOW - DAY, known_at: int | None = None) -> Identity:
    """A merge of two customers."""
    return Identity(MERGE, merged, into, Instant(at), Instant(at if known_at is None else known_at))


def alias(alias_id: str, customer: str, at: int = NOW - DAY, source: str = "line") -> Identity:
    """An alias of a customer."""
    return Identity(source, alias_id, customer, Instant(at), Instant(at))


def merged(ledger: Any, *merges: Identity) -> list[str]:
    """Record merges; return the rules that refused them."""
    return identify(ledger, *merges)


class TestAliases:
    def test_an_alias_is_known_by_source_and_id(self, ledger: Any) -> None:
        """The same id in another source is somebody else."""
        merged(ledger, alias("U1", "ada"), alias("U1", "bob", source="shopify"))
        asked = [Alias("line", "U1"), Alias("shopify", "U1"), Alias("line", "U2")]

        assert ledger.identities.customers_of(asked, NOW) == ["ada", "bob", None]

    def test_an_alias_that_moved_belongs_to_the_newest_by_its_own_time(self, ledger: Any) -> None:
        """Whatever the order of arrival, and at each instant as it was known then."""
        merged(ledger, alias("U1", "bob", NOW - DAY))
        merged(ledger, alias("U1", "ada", NOW - 2 * DAY))

        assert ledger.identities.customers_of([Alias("line", "U1")], NOW) == ["bob"]
        assert ledger.identities.customers_of([Alias("line", "U1")], Instant(NOW - DAY - 1)) == ["ada"]

    def test_an_alias_of_a_merged_customer_is_the_survivors(self, ledger: Any) -> None:
        """One step further."""
        merged(ledger, alias("U1", "ada"), merge("ada", "bob"))

        assert ledger.identities.customers_of([Alias("line", "U1")], NOW) == ["bob"]

    def test_an_id_that_is_none_is_refused(self, ledger: Any) -> None:
        """As everywhere."""
        with pytest.raises(BadInput):
            ledger.identities.customers_of([Alias("line", "a\x00")], NOW)


class TestMerges:
    def test_a_chain_is_followed_to_its_end(self, ledger: Any) -> None:
        """Ada is bob, and bob is cyd."""
        assert merged(ledger, merge("ada", "bob"), merge("bob", "cyd")) == ["", ""]
        assert ledger.identities.surviving(["ada", "bob", "cyd", "dan", "ada"], NOW) == ["cyd", "cyd", "cyd", "dan", "cyd"]

    @pytest.mark.parametrize("between", [(), (merge("bob", "cyd"),)])
    def test_a_circle_is_refused_and_changes_nothing(self, ledger: Any, between: tuple[Identity, ...]) -> None:
        """Of two or of three."""
        merged(ledger, merge("ada", "bob"), *between)
        last = between[-1].customer_id if between else "bob"

        assert merged(ledger, merge(last, "ada", NOW - 5)) == [MERGE_CIRCLE]
        assert ledger.identities.surviving(["ada"], NOW) == [last]

    def test_rows_of_one_call_are_taken_in_the_order_of_their_own_times(self, ledger: Any) -> None:
        """The later one closes the circle, wherever it stands."""
        assert merged(ledger, merge("ada", "bob", NOW - 5), merge("bob", "ada", NOW - 9)) == [MERGE_CIRCLE, ""]

    def test_a_customer_merged_into_itself_stands_alone_again(self, ledger: Any) -> None:
        """A wrong merge is taken back; then the other way round is no circle."""
        merged(ledger, merge("ada", "bob", NOW - 9))

        assert merged(ledger, merge("ada", "ada", NOW - 5), merge("bob", "ada", NOW - 4)) == ["", ""]
        assert ledger.identities.surviving(["ada", "bob"], NOW) == ["ada", "ada"]
        assert ledger.identities.surviving(["ada", "bob"], Instant(NOW - 6)) == ["bob", "bob"]

    def test_a_merge_known_later_changes_nothing_before(self, ledger: Any) -> None:
        """It happened ten days ago and is known since yesterday."""
        merged(ledger, merge("ada", "bob", NOW - 10 * DAY, NOW - DAY))

        assert ledger.identities.surviving(["ada"], Instant(NOW - 2 * DAY)) == ["ada"]
        assert ledger.identities.surviving(["ada"], NOW) == ["bob"]

    def test_the_same_row_again_changes_nothing(self, ledger: Any) -> None:
        """Files are brought twice."""
        assert [merged(ledger, merge("ada", "bob")) for _ in range(3)] == [[""]] * 3


class TestOnePerson:
    def test_contacts_of_both_count_under_the_caps(self, ledger: Any) -> None:
        """Two of ada and one of bob are three of the person, whichever id is asked for."""
        for number, who in enumerate(("ada", "ada", "bob")):
            ledger.import_contacts(contact(NOW - number - 1, customer_id=who, contact_id=f"k{number}"))
        before = ledger.contact_state(["ada", "bob"], NOW).contacts_in_period.tolist()

        merged(ledger, merge("ada", "bob"))

        assert before == [2, 1]
        assert ledger.contact_state(["bob", "cyd", "ada"], NOW).contacts_in_period.tolist() == [3, 0, 3]
        assert [r.refused_by for r in placed(ledger, [place("d", customer_id="bob")], NOW)] == ["contact_cap"]

    def test_places_of_both_count_in_one_call(self, ledger: Any) -> None:
        """E-mail takes two in seven days: the third, under the other id, finds none."""
        merged(ledger, merge("ada", "bob"))
        wanted = [place(f"d{number}", customer_id=who) for number, who in enumerate(("ada", "bob", "ada"))]

        assert [r.refused_by for r in placed(ledger, wanted, NOW)] == ["", "", "channel_cap"]

    def test_any_no_of_either_holds_and_a_yes_of_either_counts(self, ledger: Any) -> None:
        """Ada unsubscribed; bob agreed before, and cyd is on the blacklist."""
        ledger.import_consents(consents(("bob", "email", True, NOW - 20 * DAY)))
        ledger.import_contacts(contact(NOW - 9 * DAY, customer_id="ada", unsubscribed_at=NOW - 8 * DAY))
        ledger.import_suppressions(suppression(customer_id="cyd", channel="sms"))
        merged(ledger, merge("ada", "bob"), merge("cyd", "bob"))

        state = ledger.contact_state(["bob"], NOW)

        assert (state.consented[0, 0], state.refused[0].tolist(), state.blacklisted[0].tolist()) == (YES, [UNSUBSCRIBED, 0], [NO, YES])
        assert [r.refused_by for r in placed(ledger, [place("d", customer_id="bob")], NOW)] == ["unsubscribed"]
        assert ledger.refused(NOW)["email"] == {"unsubscribed": 1}

    def test_a_merge_taken_back_gives_each_its_own_again(self, ledger: Any) -> None:
        """No row was moved."""
        ledger.import_contacts(contact(NOW - 5, customer_id="ada"))
        merged(ledger, merge("ada", "bob", NOW - 9), merge("ada", "ada", NOW - 2))

        assert ledger.contact_state(["ada", "bob"], NOW).contacts_in_period.tolist() == [1, 0]


class TestByFile:
    def test_merges_in_a_circle_are_set_aside_and_the_rest_is_taken(self, ledger: Any) -> None:
        """With the rule that its fix stands under."""
        rows = [("ada", "bob", NOW - 9), ("bob", "ada", NOW - 5), ("cyd", "dan", NOW - 1)]
        frame = pl.DataFrame(rows, schema=["alias_id", "customer_id", "from"], orient="row")
        aside: list[pl.DataFrame] = []

        assert ledger.import_identities(frame, batch=1, set_aside=aside.append) == 2
        assert ledger.import_identities(frame, batch=1, set_aside=aside.append) == 0
        assert [(row["alias_id"], row["rule"]) for part in aside for row in part.to_dicts()] == [("bob", MERGE_CIRCLE)]
        assert ledger.identities.surviving(["ada", "cyd"], LATER) == ["bob", "dan"]

    def test_a_circle_without_anybody_to_set_it_aside_is_an_error(self, ledger: Any) -> None:
        """Nothing is imported."""
        frame = pl.DataFrame([("ada", "bob", 1), ("bob", "ada", 2)], schema=["alias_id", "customer_id", "from"], orient="row")

        with pytest.raises(BadInput, match="merge_circle"):
            ledger.import_identities(frame)
        assert ledger.identities.surviving(["ada"], LATER) == ["ada"]
