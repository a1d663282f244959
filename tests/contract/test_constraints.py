"""Every constraint, enumerated: it is worded, it refuses what is forbidden, and it refuses what is not known.

A constraint that is added without a case here fails at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from decisions.constraints.constraints import CONSTRAINTS, NAMES, Constraint
from decisions.constraints.facts import constraint_context
from decisions.decision_table import Decisions
from decisions.explanation.decision_json import rows
from otokui.domain import Status
from otokui.frames import BEHIND, ContactState
from tests.unit.decisions.builders import AS_OF, People, channel, message, people, policy

NAN = float("nan")
Case = Callable[[], Decisions]


def _with(**facts: Any) -> Case:
    return lambda: people(policy(), **facts).decide()


def _unreadable() -> Decisions:
    someone = people(policy())
    nothing = ContactState.unreadable(1, 1, 1)
    return People(someone.policy, someone.predictions, someone.vectors, someone.summaries, nothing).decide()


def _behind() -> Decisions:
    someone = people(policy())
    behind = ContactState.unreadable(1, 1, 1, BEHIND)
    return People(someone.policy, someone.predictions, someone.vectors, someone.summaries, behind).decide()


FORBIDDEN: dict[str, list[Case]] = {
    "ledger_behind": [_behind],
    "state_unavailable": [_unreadable],
    "stale_summaries": [lambda: people(policy()).decide(AS_OF, AS_OF - 4 * 86_400)],
    "channel_disabled": [],  # a channel switched off is never offered: test_a_channel_switched_off_is_never_used
    "no_visit": [],  # a pull channel is never offered without a visit: test_a_pull_channel_waits_for_a_visit
    "unsubscribed": [_with(refused=1), _with(refused=15)],
    "complained": [_with(refused=2), _with(refused=15)],
    "bounced": [_with(refused=4), _with(refused=15)],
    "no_consent": [_with(consented=0), _with(refused=8), lambda: people(policy(None, [channel(needs_consent=False)]), refused=8).decide()],
    "blacklisted": [_with(blacklisted=1)],
    "invalid_prediction": [_with(p_purchase=2.0)],
    "undelivered": [_with(undelivered_orders=1.0)],
    "cool_off": [_with(recency_days=2.9)],
    "contact_cap": [_with(contacts_in_period=2)],
    "channel_cap": [_with(channel_contacts=2)],
    "message_cap": [_with(message_contacts=1)],
    "contact_spacing": [_with(spacing_from=AS_OF - 86_400.0, spacing_until=AS_OF + 6.5 * 86_400)],
    "exit_unanswered": [_with(unanswered=3)],
    "quiet_hours": [lambda: people(policy(None, [channel(quiet_from_hour=0, quiet_until_hour=24)])).decide()],
    "capacity": [_with(shut=1)],
    "budget": [_with(shut=2)],
    "not_worth_it": [lambda: people(policy(None, [channel(cost=1e6)])).decide()],
    "holdout": [lambda: people(policy(holdout_share=1.0)).decide()],
    "scenario_holdout": [lambda: people(policy(scenario_holdout_share=1.0)).decide()],
}
UNKNOWN: dict[str, list[Case]] = {
    "stale_summaries": [lambda: people(policy()).decide(AS_OF, AS_OF + 1)],  # from after the decision: no telling what they saw
    **{name: [_with(refused=-1), _with(refused=16)] for name in ("unsubscribed", "complained", "bounced")},
    "no_consent": [_with(consented=-1), _with(consented=7), _with(refused=-1), _with(refused=16)],
    "blacklisted": [_with(blacklisted=-1), _with(blacklisted=7)],
    "invalid_prediction": [_with(p_purchase=NAN), _with(mean_order_value=NAN, expected_spend=NAN), _with(expected_spend=float("inf"))],
    "undelivered": [_with(undelivered_orders=NAN)],
    "cool_off": [_with(recency_days=NAN), _with(recency_days=float("inf")), _with(recency_days=NAN, purchase_count=NAN)],
    "channel_cap": [_with(channel_contacts=-1)],
    "message_cap": [_with(message_contacts=-1)],
    "contact_spacing": [
        _with(spacing_from=NAN, spacing_until=AS_OF + 1.0),
        _with(spacing_from=AS_OF + 9e6, spacing_until=NAN),
        _with(spacing_from=-float("inf"), spacing_until=float("inf")),
        _with(spacing_from=AS_OF + 9e6),
    ],
    "exit_unanswered": [_with(unanswered=-1)],
    "capacity": [_with(shut=-1), _with(shut=7)],
    "budget": [_with(shut=-1), _with(shut=7)],
}


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=NAMES)
class TestEveryConstraint:
    """What holds of each row."""

    def test_reads_in_both_languages(self, constraint: Constraint) -> None:
        """The Japanese is Japanese, the English is not."""
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", constraint.text_ja)
        assert constraint.text.isascii()

    def test_refuses_what_it_forbids_and_what_is_not_known(self, constraint: Constraint) -> None:
        """Nobody is contacted, and the row names the rule."""
        for case in FORBIDDEN[constraint.name] + UNKNOWN.get(constraint.name, []):
            row = rows(case())[0]

            named = {s["code"] for s in row["suppressions"]} | {r["code"] for r in row["reasons"]}
            assert row["status"] != "contact"
            assert (row["message"], row["timing"], row["channel"], row["value"]) == (None, None, None, None)
            assert constraint.name in named


def test_a_day_without_places_ends_at_midnight_for_each_of_many() -> None:
    """AS_OF is seven in the morning in Tokyo; bob is refused like ada, eve is not."""
    crowd = people(policy(), ids=("ada", "eve", "bob"), shut=np.array([[1], [0], [1]]))

    rows = [crowd.row(index) for index in range(3)]

    assert [[(s["code"], s["until"]) for s in row["suppressions"]] for row in rows] == [
        [("capacity", "2023-11-16T00:00:00+09:00")], [], [("capacity", "2023-11-16T00:00:00+09:00")],
    ]  # fmt: skip


def test_the_dull_customer_is_contacted() -> None:
    """Without which the cases above would prove nothing."""
    assert people(policy()).row()["status"] == "contact"


@pytest.mark.parametrize(
    "name",
    [
        *("state_unavailable", "unsubscribed", "complained", "bounced", "no_consent", "blacklisted"),
        *("contact_cap", "channel_cap", "message_cap", "exit_unanswered"),
    ],
)
def test_each_rule_of_the_ledger_refuses_by_itself_what_cannot_be_read(name: str) -> None:
    """None of them leans on another that happens to refuse as well."""
    someone = people(policy())
    nothing = ContactState.unreadable(1, 1, 1)
    context, _ = constraint_context(replace(someone, state=nothing).batch(), someone.policy)

    assert not CONSTRAINTS[NAMES.index(name)].permits(context).any()


def test_what_cannot_be_read_hides_what_follows_from_it() -> None:
    """One reason for the person on the phone, not seven."""
    assert [s["code"] for s in rows(_unreadable())[0]["suppressions"]] == ["state_unavailable"]
    assert [s["code"] for s in rows(_behind())[0]["suppressions"]] == ["ledger_behind"]


def test_a_channel_switched_off_is_never_used() -> None:
    """Not even where it is worth the most; nor as a fallback."""
    under = policy([message(channels=["email", "site"])], [channel("email"), channel("site", enabled=False, response_factor=9.0)])

    assert people(under).row()["channel"] == {"name": "email", "fallbacks": []}


def test_a_pull_channel_waits_for_a_visit() -> None:
    """Though it is worth the most; nor is it a fallback, and a customer whom no push channel reaches stays suppressed."""
    under = policy([message(channels=["email", "site"])], [channel("email"), channel("site", reach="pull", response_factor=9.0)])

    assert people(under).row()["channel"] == {"name": "email", "fallbacks": []}
    assert people(under, refused=np.array([[1, 0]])).row()["status"] == "suppressed"
    assert [c.refused_by for c in people(under).compare() if c.channel == "site"] == [("no_visit",)]


def test_a_shop_whose_channels_are_all_switched_off_contacts_nobody() -> None:
    """There is nothing to offer."""
    assert people(policy(None, [channel(enabled=False)])).row()["status"] == "no_contact"


@pytest.mark.parametrize(
    ("under", "facts"),
    [
        ({"messages": [message(after_purchase=True)]}, {"recency_days": 1.0}),
        ({"messages": [message(before_delivery=True)]}, {"undelivered_orders": 1.0}),
        ({"messages": [message(before_delivery=True)]}, {"undelivered_orders": NAN}),
        ({"delivery_tracked": False}, {"undelivered_orders": NAN}),
        ({}, {"undelivered_orders": 1.0, "last_open_order_at": AS_OF - 46 * 86_400.0}),
        ({}, {"recency_days": NAN, "purchase_count": 0.0}),
        ({"channels": [channel(needs_consent=False)]}, {"consented": -1}),
    ],
    ids=["after_purchase", "before_delivery", "before_delivery_unknown", "not_tracked", "given_up", "never_bought", "no_consent_needed"],
)
def test_what_a_rule_lets_through(under: dict[str, Any], facts: dict[str, Any]) -> None:
    """The exceptions that rules name, each of which would otherwise be refused."""
    assert people(policy(**under), **facts).decide().is_status(Status.CONTACT).all()
