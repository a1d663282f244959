"""Who is in a test send, which messages it forces, and what it says of each."""

from __future__ import annotations

from typing import Any

import pytest

from otokui.errors import BadInput
from otokui.settings.service.service import Service
from otokui.settings.settings import Settings
from pipelines.decision_run.explain_wording import Spoken
from pipelines.decision_run.test_sends.forced_sends import chosen_customers, forced_candidates, forced_sends
from scoring import ModelSet
from tests.unit.decisions.builders import Foretold, channel, message, people, policy

MESSAGES = [
    message("first", scenario="welcome", channels=["email", "push"]),
    message("second", scenario="welcome", eligible=[{"column": "tenure_days", "at_least": 9_999.0}]),
    message("off", enabled=False),
]
CHANNELS = [channel("email"), channel("push", reach="pull")]
POLICY = policy(MESSAGES, CHANNELS)


def shop(*test_customers: str) -> Settings:
    """Settings with test customers."""
    return Settings(service=Service(test_customers=test_customers))


class TestCustomers:
    def test_nobody_but_the_test_customers_is_in_it(self) -> None:
        """Each once, in the order of the settings, or those asked for among them."""
        assert chosen_customers(shop("ada", " bob ", "ada"), ()) == ["ada", "bob"]
        assert chosen_customers(shop("ada", "bob"), ["bob", "bob"]) == ["bob"]

    def test_a_customer_who_is_not_among_them_is_refused(self) -> None:
        """With the key to change; an address is not repeated."""
        with pytest.raises(BadInput) as refused:
            chosen_customers(shop("ada"), ["ada", "eve@example.com"])
        assert "eve@" not in refused.value.detail
        assert "test_customers" in refused.value.fix

    def test_without_test_customers_there_is_no_test_send(self) -> None:
        """The default names nobody."""
        with pytest.raises(BadInput, match="names nobody"):
            chosen_customers(Settings(), ["ada"])


class TestCandidates:
    def test_a_message_goes_over_its_channels_and_a_scenario_has_all_its_messages(self) -> None:
        """A channel narrows both."""
        assert forced_candidates(POLICY, "first", None) == [("first", "email"), ("first", "push")]
        assert forced_candidates(POLICY, "welcome", None) == [("first", "email"), ("first", "push"), ("second", "email")]
        assert forced_candidates(POLICY, "welcome", "push") == [("first", "push")]

    @pytest.mark.parametrize(("name", "over"), [("none", None), ("off", None), ("second", "push"), ("first", "fax")])
    def test_what_is_not_in_use_is_refused(self, name: str, over: str | None) -> None:
        """Unknown, switched off, not over that channel."""
        with pytest.raises(BadInput):
            forced_candidates(POLICY, name, over)


def sends(pairs: list[tuple[str, str]], **changes: Any) -> list[Any]:
    """Return the forced contacts of two dull customers."""
    engine = Foretold(ModelSet({}), POLICY)
    return forced_sends(engine, people(POLICY, ["ada", "bob"], **changes).batch(), pairs, Spoken.of(Settings(), ("ja",)))


class TestSends:
    def test_by_customer_and_then_by_message_and_channel(self) -> None:
        """One of each."""
        made = sends([("first", "email"), ("second", "email")])
        assert [(s.customer_id, s.message_id, s.channel) for s in made] == [
            ("ada", "first", "email"),
            ("ada", "second", "email"),
            ("bob", "first", "email"),
            ("bob", "second", "email"),
        ]

    def test_a_customer_for_whom_it_is_not_meant_gets_no_personal_reason(self) -> None:
        """A reason that is not true of them would mislead whoever checks the text; the unmet condition stands there."""
        made = sends([("second", "email")])[0]
        assert (made.eligible, made.reasons) == (False, ())
        assert made.unmet["unmet"]
        assert made.unmet["unmet_ja"]

    def test_rules_and_the_decision_in_earnest_are_told(self) -> None:
        """Without consent: planned, held back, and nobody contacted in earnest."""
        made = sends([("first", "email")], consented=0)[0]
        assert made.timing is not None
        assert [rule["code"] for rule in made.held_by] == ["no_consent"]
        assert made.earnest == {"status": "suppressed", "message_id": None, "channel": None}

    def test_a_pull_channel_has_no_send_time(self) -> None:
        """It is shown when the customer is there."""
        made = sends([("first", "push")])[0]
        assert made.timing is None
        assert [rule["code"] for rule in made.held_by] == ["no_visit"]
