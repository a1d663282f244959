"""One candidate per customer: the most valuable of what is permitted."""

from __future__ import annotations

import numpy as np

from decisions.explanation.decision_json import rows
from otokui.domain import Status
from tests.unit.decisions.builders import AS_OF, channel, message, people, policy

TWO = [channel("email"), channel("sms", response_factor=2.0)]


class TestChoose:
    """What wins, and what happens where nothing may."""

    def test_the_most_valuable_permitted_candidate_wins(self) -> None:
        """Twice the response over SMS beats e-mail at the same cost."""
        under = policy([message(channels=["email", "sms"])], TWO)

        row = people(under).row()

        assert (row["status"], row["channel"]) == ("contact", {"name": "sms", "fallbacks": ["email"]})

    def test_value_ranks_only_what_the_rules_allow(self) -> None:
        """Without consent for SMS the e-mail goes, and there is no fallback."""
        under = policy([message(channels=["email", "sms"])], TWO)

        row = people(under, consented=[1, 0]).row()

        assert row["channel"] == {"name": "email", "fallbacks": []}

    def test_of_equal_values_the_higher_priority_goes_first(self) -> None:
        """The second message is worth the same and has the higher priority."""
        under = policy([message("first", priority=10), message("second", priority=20)])

        assert people(under).row()["message"]["message_id"] == "second"

    def test_of_equal_priorities_the_order_of_the_file_decides(self) -> None:
        """Two messages alike in everything: the first one stands first."""
        under = policy([message("first"), message("second")])

        assert people(under).row()["message"]["message_id"] == "first"

    def test_nothing_eligible_is_silence_and_no_suppression(self) -> None:
        """The message is for the dormant only."""
        under = policy([message(states=["dormant"])])

        row = people(under).row()

        assert (row["status"], row["considered"], row["suppressions"]) == ("no_contact", None, [])
        assert row["reasons"][0]["code"] == "nothing_eligible"

    def test_what_costs_more_than_it_brings_is_not_sent(self) -> None:
        """One purchase in a hundred of 3,000 yen margin does not pay for a call of 300."""
        under = policy([message(channels=["call"])], [channel("call", cost=300.0)])

        row = people(under).row()

        assert (row["status"], row["reasons"][0]["code"]) == ("no_contact", "not_worth_it")
        assert row["reasons"][0]["text"] == "The best contact would be worth -279.20 JPY, not enough to send it"

    def test_a_rule_that_stops_a_wanted_contact_is_named_with_its_end(self) -> None:
        """A purchase of yesterday: two of three days of cool-off are left."""
        row = people(policy(), recency_days=1.0).row()

        assert row["status"] == "suppressed"
        assert [(s["code"], s["until"]) for s in row["suppressions"]] == [("cool_off", "2023-11-17T07:13:20+09:00")]
        assert row["considered"]["message"]["message_id"] == "hello"

    def test_who_can_be_spoken_to_nowhere_is_suppressed_whatever_there_is_to_say(self) -> None:
        """No consent, and no message meant for the customer either."""
        under = policy([message(states=["dormant"])])

        row = people(under, consented=-1).row()

        assert (row["status"], [s["code"] for s in row["suppressions"]]) == ("suppressed", ["no_consent"])

    def test_a_scenario_ends_over_all_its_messages_together(self) -> None:
        """Two messages of one scenario, sent twice and once without response: three is the end."""
        pair = [message("a", scenario="f2", exit_after_unanswered=3), message("b", scenario="f2", exit_after_unanswered=3)]

        row = people(policy(pair), unanswered=[[2, 1]]).row()

        assert [s["code"] for s in row["suppressions"]] == ["exit_unanswered"]

    def test_a_shop_without_messages_contacts_nobody(self) -> None:
        """No candidates at all is no error."""
        decided = people(policy([], [])).decide()

        assert rows(decided)[0]["reasons"][0]["code"] == "nothing_eligible"

    def test_no_customers_is_no_error(self) -> None:
        """An empty batch gives an empty frame with all its columns."""
        decided = people(policy(), ids=()).decide()

        assert len(decided) == 0
        assert all(len(column) == 0 for column in decided.columns().values())


class TestControl:
    """The groups that are never contacted, with what would have been done."""

    def test_the_global_control_group_is_left_alone_and_its_row_says_what_would_have_been_done(self) -> None:
        """Everybody is in the group."""
        row = people(policy(holdout_share=1.0)).row()

        assert (row["status"], row["group"], row["message"], row["timing"], row["channel"]) == ("control", "control", None, None, None)
        assert row["considered"]["message"]["message_id"] == "hello"
        assert row["considered"]["timing"]["send_at"] is not None
        assert row["reasons"][0]["code"] == "holdout"

    def test_a_scenario_has_a_control_group_of_its_own(self) -> None:
        """Everybody is in the scenario's group, nobody in the global one."""
        row = people(policy(scenario_holdout_share=1.0)).row()

        assert (row["status"], row["group"], row["reasons"][0]["code"]) == ("control", "scenario_control", "scenario_holdout")

    def test_a_share_is_a_share(self) -> None:
        """A fifth of ten thousand, give or take three standard deviations of the draw."""
        decided = people(policy(holdout_share=0.2), ids=[f"c-{i}" for i in range(10_000)]).decide()

        assert 1_880 <= int(decided.is_status(Status.CONTROL).sum()) <= 2_120


class TestReplay:
    """The same inputs give the same bytes."""

    def test_the_id_of_a_decision_depends_on_what_went_in(self) -> None:
        """Another second, another decision; the same second, the same one."""
        someone = people(policy())

        ids = [someone.decide(as_of).decision_ids[0] for as_of in (AS_OF, AS_OF, AS_OF + 1)]

        assert ids[0] == ids[1] != ids[2]

    def test_an_explored_choice_is_found_again(self) -> None:
        """Every choice is drawn at random here, and drawn again alike."""
        under = policy([message(channels=["email", "sms"])], TWO, exploration_share=1.0)
        crowd = people(under, ids=[f"c-{i}" for i in range(200)])

        once, again = crowd.decide(), crowd.decide()

        assert np.array_equal(once.considered, again.considered)
        assert set(once.considered.tolist()) == {0, 1}
        assert once.propensity.tolist() == [0.5] * 200
