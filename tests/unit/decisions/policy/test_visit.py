"""Visits at a pull channel: decided for now, within the channel's own caps, from what the customer does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from decisions.engine.decide import decide
from decisions.explanation.decision_json import rows
from decisions.policy.visit import Visit, visits_of, with_visits
from features import summary_names
from otokui.domain import DAY, HOUR, Instant
from otokui.errors import BadInput
from otokui.frames import Batch, texts
from tests.unit.decisions.builders import AS_OF, channel, message, people, policy

SITE = channel("site", reach="pull", needs_consent=False, cap=7)
EMAIL = channel("email")
SEEN = Visit("site", AS_OF, "product", ("p-2", "p-1"), ("p-1", "p-9"))


def decided(visit: Visit, *, site: dict[str, Any] = SITE, as_of: int = AS_OF, **facts: Any) -> dict[str, Any]:
    """Decide for ada at a visit; return the row."""
    under = policy([message(channels=["email", "site"])], [EMAIL, site]).at_visit("site")
    batch = replace(people(under, **facts).batch(as_of, as_of), visits=visits_of([visit]))
    return rows(decide(batch, under))[0]


class TestVisit:
    def test_the_log_gives_it_back(self) -> None:
        """An unknown cart is not an empty one."""
        for visit in (SEEN, Visit("in_store", AS_OF, store="s-1"), replace(SEEN, cart=())):
            assert Visit.from_json(visit.to_json()) == visit
        assert replace(SEEN, cart=None).digest() != replace(SEEN, cart=()).digest()

    def test_products_of_the_cart_come_first_and_once(self) -> None:
        """The cart is nearer to a purchase than a look."""
        assert SEEN.products == ("p-1", "p-9", "p-2")


class TestSummaries:
    def test_what_was_seen_is_known_and_a_second_time_changes_nothing(self) -> None:
        """Replay applies the visit to summaries that know of it."""
        batch = Batch(texts(["ada"]), summary_names(), np.full((1, len(summary_names())), np.nan))

        once = with_visits(batch, [SEEN])

        assert once.column("last_cart_add_at")[0] == once.column("last_product_view_at")[0] == AS_OF
        assert np.array_equal(with_visits(once, [SEEN]).values, once.values, equal_nan=True)
        assert np.isnan(batch.values).all()

    def test_a_cart_known_to_be_empty_is_not_abandoned(self) -> None:
        """An unknown one stays as it is on record."""
        values = np.full((2, len(summary_names())), np.nan)
        values[:, summary_names().index("last_cart_add_at")] = AS_OF - DAY
        batch = Batch(texts(["ada", "bob"]), summary_names(), values)

        column = with_visits(batch, [replace(SEEN, cart=()), replace(SEEN, cart=None)]).column("last_cart_add_at")

        assert column.tolist()[1] == AS_OF - DAY
        assert np.isnan(column[0])


class TestDecision:
    def test_it_is_for_the_channel_and_for_now(self) -> None:
        """Without consent to mail, within the hour, and with an id of its own."""
        row = decided(SEEN, consented=0)

        assert (row["status"], row["channel"]) == ("contact", {"name": "site", "fallbacks": []})
        assert row["timing"]["send_at"] == row["timing"]["not_before"] == row["as_of"]
        assert row["decision_id"] != decided(replace(SEEN, cart=("p-3",)), consented=0)["decision_id"]

    def test_the_cap_over_all_channels_does_not_count_and_the_own_one_does(self) -> None:
        """A banner interrupts nobody; seven a week are enough."""
        assert decided(SEEN, contacts_in_period=9)["status"] == "contact"
        assert decided(SEEN, channel_contacts=np.array([[0, 7]]))["status"] == "suppressed"

    def test_what_cannot_be_read_is_no(self) -> None:
        """Also at a visit."""
        assert decided(SEEN, contacts_in_period=-1)["status"] == "suppressed"
        assert decided(SEEN, refused=np.array([[0, 1]]))["status"] == "suppressed"

    def test_a_closed_store_serves_nobody(self) -> None:
        """AS_OF is seven in the morning in Tokyo; the window ends when the store closes."""
        store = SITE | {"quiet_from_hour": 20, "quiet_until_hour": 10}

        assert decided(SEEN, site=store)["suppressions"][0]["code"] == "quiet_hours"
        late = AS_OF + 12 * HOUR + 30 * 60
        row = decided(replace(SEEN, at=Instant(late)), site=store, as_of=late)
        assert (row["status"], row["timing"]["not_after"]) == ("contact", "2023-11-15T19:59:59+09:00")

    @pytest.mark.parametrize("name", ["email", "fax"])
    def test_only_a_pull_channel_is_visited(self, name: str) -> None:
        """A mail is not sent because somebody looks at it."""
        under = policy([message(channels=["email", "site"])], [EMAIL, SITE])
        with pytest.raises(BadInput, match=name):
            under.at_visit(name)

    def test_a_message_that_waits_until_the_customer_left_does_not_wait(self) -> None:
        """The cart is here now."""
        cart = message("cart", channels=["site"], eligible=[{"column": "days_since_cart_add", "at_least": 0.04, "at_most": 3.0}])
        under = policy([cart], [EMAIL, SITE])

        assert (
            not people(under, days_since_cart_add=0.0)
            .policy.eligibility.permits(people(under, days_since_cart_add=0.0).vectors, people(under).predictions)
            .any()
        )
        visit = people(under.at_visit("site"), days_since_cart_add=0.0)
        assert visit.policy.eligibility.permits(visit.vectors, visit.predictions).all()
