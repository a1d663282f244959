"""A forced contact: the plan of a test send, with every constraint that would refuse it in earnest."""

from __future__ import annotations

import pytest

from decisions.engine.engine import DecisionEngine
from decisions.explanation.decision_json import rows, suppressions
from decisions.policy.policy import Policy
from otokui.domain import HOUR
from otokui.errors import BadInput
from scoring import ModelSet
from tests.unit.decisions.builders import AS_OF, People, channel, message, people, policy

TWO = policy([message("a"), message("b", channels=["email", "push"])], [channel("email"), channel("push")])


def forced(someone: People, message_id: str, name: str, under: Policy) -> tuple[dict[str, object], list[str]]:
    """Return the row of the first customer's forced contact, and the names of the constraints against it."""
    made = DecisionEngine(ModelSet({}), under).force(someone.batch(), message_id, name)
    return rows(made)[0], [str(rule["code"]) for rule in suppressions(made, 0)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"consented": 0}, "no_consent"),
        ({"refused": 1}, "unsubscribed"),
        ({"blacklisted": 1}, "blacklisted"),
        ({"contacts_in_period": 99}, "contact_cap"),
        ({"channel_contacts": 99}, "channel_cap"),
        ({"message_contacts": 99}, "message_cap"),
        ({"spacing_from": AS_OF - HOUR, "spacing_until": AS_OF + 900 * 24 * HOUR}, "contact_spacing"),
        ({"recency_days": 0.1}, "cool_off"),
        ({"undelivered_orders": 1.0}, "undelivered"),
    ],
)
def test_a_refused_contact_is_planned_whole_and_its_rule_named(changes: dict[str, object], rule: str) -> None:
    """Message, channel and time stand there; in earnest nothing is sent to this customer."""
    someone = people(TWO, **changes)

    row, held_by = forced(someone, "b", "email", TWO)

    assert (row["message"]["message_id"], row["channel"]["name"]) == ("b", "email")  # type: ignore[index]
    assert row["timing"]["send_at"]  # type: ignore[index]
    assert rule in held_by
    assert someone.row()["status"] != "contact"


def test_a_contact_that_nothing_refuses_is_the_one_of_earnest() -> None:
    """The same plan by the same steps; only what is forced is no choice."""
    someone = people(TWO)
    earnest = someone.row()

    row, held_by = forced(someone, earnest["message"]["message_id"], earnest["channel"]["name"], TWO)

    assert held_by == []
    assert {name: row[name] for name in ("message", "timing", "channel", "value")} == {
        name: earnest[name] for name in ("message", "timing", "channel", "value")
    }


def test_the_control_group_is_named() -> None:
    """A test customer of the control group gets the test, and learns why no contact would come."""
    under = policy(holdout_share=1.0)

    row, held_by = forced(people(under), "hello", "email", under)

    assert (row["status"], held_by) == ("contact", ["holdout"])


def test_a_message_that_is_not_worth_it_is_planned_all_the_same() -> None:
    """Value is a rule like the others here."""
    under = policy([message(incentive_cost=1e9)])

    row, held_by = forced(people(under), "hello", "email", under)

    assert (row["status"], held_by) == ("contact", ["not_worth_it"])


@pytest.mark.parametrize(("message_id", "name"), [("a", "push"), ("c", "email"), ("a", "fax")])
def test_what_the_settings_do_not_have_is_refused(message_id: str, name: str) -> None:
    """A channel that the message does not go over, and names that nobody configured."""
    with pytest.raises(BadInput):
        forced(people(TWO), message_id, name, TWO)
