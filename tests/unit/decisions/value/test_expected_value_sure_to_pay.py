"""Over a dear channel a contact must surely pay; over a cheap one it is enough that it is expected to."""

from __future__ import annotations

import numpy as np
import pytest

from decisions.compiler.compile_policy import compile_policy
from decisions.constraints.facts import constraint_context
from decisions.explanation.decision_json import rows
from decisions.policy.policy import Policy
from decisions.value.expected_value import deviation, parts, value_inputs
from tests.unit.decisions.builders import channel, evidence, message, people, settings
from tests.unit.decisions.value.test_uplift import crowd, response, shop


def posted(cost: float, strength: float, **limits: float) -> Policy:
    """Return a policy with one message over one channel, whose prior weighs ``strength`` contacts."""
    one = settings([message(channels=["email"], prior_uplift=0.05, prior_strength=strength)], [channel("email", cost=cost)], **limits)
    return compile_policy(one, evidence())


def test_a_dear_contact_that_may_not_pay_is_silence() -> None:
    """The same expectation: hardly anything behind it, and much."""
    guessed, known = (people(posted(20.0, strength, sure_from_cost=10.0)).decide() for strength in (25.0, 50_000.0))

    assert guessed.value.expected_value == pytest.approx(known.value.expected_value)
    assert guessed.value.expected_value[0] > 0.0
    assert (rows(guessed)[0]["status"], rows(known)[0]["status"]) == ("no_contact", "contact")


def test_a_cheap_contact_need_only_be_expected_to_pay() -> None:
    """Little is lost where it does not, and something is learnt; unless the shop asks it of every contact."""
    assert people(posted(1.0, 25.0)).row()["status"] == "contact"
    assert people(posted(1.0, 25.0, sure_from_cost=0.0)).row()["status"] == "no_contact"


def test_what_must_surely_pay_is_what_is_shown_as_the_lower_end() -> None:
    """The money at the lower end of the interval of uplift that the decision itself tells."""
    policy = posted(20.0, 300.0, sure_from_cost=10.0)
    some = people(policy)
    context, inputs = constraint_context(some.batch(), policy)
    shown = parts(inputs, policy.value, np.array([0]), np.array([0]))

    assert context.conservative_value[0, 0] == pytest.approx(shown.uplift_low[0] * shown.margin[0] - shown.cost[0])


def test_values_of_different_customers_are_known_differently_well() -> None:
    """Where the effect differs with recency, far from the middle it is known worse; and in company as alone."""
    policy = shop(response(email=(0.05, 0.04), push=(0.05, -0.04)))
    some = crowd(policy)
    inputs = value_inputs(some.batch(), policy.value)

    found = deviation(inputs, policy.value)

    assert found[0, 0] > found[20, 0] < found[39, 0]
    assert (deviation(inputs.rows(slice(3, 4)), policy.value)[0] == found[3]).all()
    assert (deviation(inputs, policy.value, np.array([1]))[:, 0] == found[:, 1]).all()
