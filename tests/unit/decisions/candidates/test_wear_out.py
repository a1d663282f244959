"""How contacts wear out: what is left of the next, what today's takes from those to come, and what comes of a decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from decisions.candidates.wear_out import HALF_LIFE_DAYS, recent_contacts, uplift_share_left
from decisions.constraints.facts import constraint_context, wear_out_cost
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from tests.unit.decisions.builders import People, channel, message, people, policy

WEAR = 0.5


def both(**decisions: Any) -> Policy:
    """Return a policy of a message that says much and one that says little."""
    return policy([message("much", prior_uplift=0.05), message("little", prior_uplift=0.01)], **decisions)


def taken(crowd: People, value: list[list[float]]) -> list[float]:
    """Return what a contact of each customer takes from later ones, as many contacts of late as the summaries say."""
    context, _ = constraint_context(crowd.batch(), crowd.policy)
    left = uplift_share_left(crowd.vectors.column("sent_decay_14"), WEAR)
    return wear_out_cost(replace(context, value=np.array(value)), crowd.policy.candidates, left).tolist()


class TestPressure:
    def test_the_ledger_knows_of_contacts_since_the_summaries(self) -> None:
        """Two within seven days count half of a half-life less each; where the summaries know of more, they stand."""
        crowd = people(policy(), ids=("a", "b", "c"), contacts_in_period=2)
        crowd.vectors.column("sent_decay_14")[:] = [np.nan, 0.0, 3.0]

        found = recent_contacts(crowd.vectors, crowd.state, 7)

        assert found.tolist() == pytest.approx([2 * 0.5**0.5, 2 * 0.5**0.5, 3.0])

    def test_an_unreadable_ledger_counts_for_nothing(self) -> None:
        """Nobody is contacted on it anyway."""
        crowd = people(policy(), contacts_in_period=-1, sent_decay_14=1.0)

        assert recent_contacts(crowd.vectors, crowd.state, 7).tolist() == [1.0]


class TestTakenFromLater:
    def test_is_what_one_more_contact_costs_all_that_follow(self) -> None:
        """Against the sum itself: a customer sent to at an even pace for long, with and without one contact more."""
        every = 0.25
        days = np.arange(every, 400.0, every)
        decay = 0.5 ** (every / HALF_LIFE_DAYS)
        of_late = decay / (1.0 - decay)  # just before each contact, at that pace
        one_more = of_late + 1e-4 * 0.5 ** (days / HALF_LIFE_DAYS)
        lost = (uplift_share_left(np.full(len(days), of_late), WEAR) - uplift_share_left(one_more, WEAR)).sum() / 1e-4
        crowd = people(policy(wear_out=WEAR), sent_decay_14=of_late)

        (found,) = taken(crowd, [[float(uplift_share_left(np.array(of_late), WEAR))]])

        assert found == pytest.approx(lost, rel=0.01)  # a sum against an integral

    def test_nothing_from_who_was_left_alone(self) -> None:
        """Whatever a contact would bring."""
        assert taken(people(policy(wear_out=WEAR), sent_decay_14=0.0), [[1_000.0]]) == [0.0]

    def test_only_what_the_customer_can_be_reached_with_counts(self) -> None:
        """Without consent, blacklisted, over a dear channel or not a number, a contact to come brings nothing; a cap lapses."""
        under = policy(
            [message("near", channels=["email"]), message("far", channels=["call"])],
            [channel("email"), channel("call", cost=300.0)],
            wear_out=WEAR,
        )
        free = people(under, sent_decay_14=2.0, message_contacts=9, contacts_in_period=9)
        none = people(under, sent_decay_14=2.0, consented=0)
        barred = people(under, sent_decay_14=2.0, blacklisted=1)

        assert taken(free, [[10.0, 900.0]]) == [5.0]
        assert taken(free, [[np.inf, 900.0]]) == taken(free, [[np.nan, 900.0]]) == [0.0]
        assert taken(none, [[10.0, 900.0]]) == taken(barred, [[10.0, 900.0]]) == [0.0]


class TestDecision:
    def test_a_lesser_contact_waits_for_a_better_one_where_many_were_sent(self) -> None:
        """The better message has reached its cap; the rested get the lesser one, the tired are left alone, and read why."""
        capped: dict[str, Any] = {"message_contacts": [[9, 0]]}
        rested_one = people(both(), sent_decay_14=0.1, **capped).decide()
        tired = people(both(), sent_decay_14=4.0, **capped).decide()

        assert rows(rested_one)[0]["message"]["message_id"] == "little"
        assert rows(tired)[0]["status"] == "suppressed"
        assert [s["code"] for s in rows(tired)[0]["suppressions"]] == ["message_cap"]

    def test_what_wears_out_is_said(self) -> None:
        """What the contact would bring, which is enough, and what it would take, which is not left then; in both languages."""
        worth = float(people(both(), sent_decay_14=1.0).decide().value.expected_value[0])
        decided = people(both(min_value=0.9 * worth), sent_decay_14=1.0).row()
        reason = decided["reasons"][0]

        assert (decided["status"], reason["code"]) == ("no_contact", "wears_out")
        assert f"{worth:,.2f}" in reason["text"]
        assert f"{worth / 3.0:,.2f}" in reason["text"]
        assert f"{worth / 3.0:,.2f}" in reason["text_ja"]

    def test_what_a_contact_adds_falls_with_what_was_sent(self) -> None:
        """To a third after four contacts of late; without wear, not at all."""
        fresh, tired, never = (
            float(people(both(wear_out=wear), sent_decay_14=of_late).decide().value.uplift[0])
            for wear, of_late in ((WEAR, 0.0), (WEAR, 4.0), (0.0, 4.0))
        )

        assert tired == pytest.approx(fresh / 3.0)
        assert never == fresh

    def test_without_wear_nothing_is_taken(self) -> None:
        """The setting 0 decides as if nothing wore out."""
        compared = people(both(wear_out=0.0), sent_decay_14=9.0).compare()

        assert [row.later for row in compared] == [0.0, 0.0]
        assert all(row.later > 0.0 for row in people(both(), sent_decay_14=9.0).compare())
