"""What people and programs read: reasons in two languages, the JSON of the HTTP contract, the columns of the file."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa

from decisions.constraints.constraints import NAMES
from decisions.explanation.decision_json import rows
from tests.unit.decisions.builders import channel, message, people, policy

OVERDUE = {"column": "overdue_ratio", "at_least": 0.8}
CONTRACT = {
    "decision_id", "customer_id", "status", "as_of", "valid_until", "target", "message", "timing", "channel", "value",
    "action_probability", "group", "reasons", "suppressions", "versions",
}  # fmt: skip


class TestReasons:
    """Why, with numbers, in English and in Japanese."""

    def test_an_overdue_customer(self) -> None:
        """The sentence of the HTTP contract."""
        row = people(policy([message(eligible=[OVERDUE])])).row()

        assert row["reasons"][0] == {
            "code": "overdue",
            "text": "Usually buys every 32 days; 35 days have passed",
            "text_ja": "普段は32日ごとに購入、現在35日経過",
        }
        assert row["reasons"][-1]["code"] == "best_value"

    def test_a_number_that_is_not_known_is_not_shown(self) -> None:
        """No mean gap is known."""
        row = people(policy([message(eligible=[OVERDUE])]), mean_gap_days=float("nan")).row()

        assert (row["reasons"][0]["text"], row["reasons"][0]["text_ja"]) == ("Due to buy again", "次の購入時期に近づいています")

    def test_who_bought_once(self) -> None:
        """purchase_count of at most one is the second-purchase message."""
        once = {"column": "purchase_count", "at_least": 1, "at_most": 1}

        row = people(policy([message(eligible=[once])]), purchase_count=1.0).row()

        assert row["reasons"][0]["text_ja"] == "初回購入から35日、2回目の購入がまだありません"

    def test_a_condition_without_wording_of_its_own_is_still_explained(self) -> None:
        """A shop's own condition says what the column is called, and the value."""
        row = people(policy([message(eligible=[{"column": "tenure_days", "at_least": 100}])])).row()

        assert row["reasons"][0]["text"] == "days since the first purchase: 200"

    def test_a_message_for_everybody_says_that_it_was_worth_the_most(self) -> None:
        """There is no condition to name."""
        row = people(policy()).row()

        assert [r["text"] for r in row["reasons"]] == ["Of all that is permitted, worth the most: 20.80 JPY expected"]

    def test_an_explored_choice_says_so(self) -> None:
        """Every choice is drawn here, and some draws fall on the other channel."""
        under = policy(
            [message(channels=["email", "push"])], [channel("email"), channel("push", response_factor=0.5)], exploration_share=1.0
        )
        decided = people(under, ids=[f"c-{i}" for i in range(20)]).decide()

        row = rows(decided)[int(np.flatnonzero(decided.explored)[0])]

        assert row["channel"]["name"] == "push"
        assert row["explored"] is True
        assert row["reasons"][-1]["text_ja"] == "学習のため、配信可能な施策から無作為に選びました"


class TestRow:
    """One decision as JSON."""

    def test_it_has_the_fields_of_the_contract_and_is_json(self) -> None:
        """No NaN anywhere, whatever is not known."""
        row = people(policy(), churn_probability=float("nan"), days_to_next_p90=float("inf")).row()

        assert set(row) >= CONTRACT
        assert json.loads(json.dumps(row, allow_nan=False)) == row
        assert row["target"]["churn_probability"] is None
        assert row["target"]["next_purchase"] == {
            "p_7d": 0.2, "p_14d": 0.2, "p_30d": 0.2, "p_60d": 0.2, "p_90d": 0.2,
            "median_date": "2023-12-05", "p10_date": "2023-11-20", "p90_date": None,
        }  # fmt: skip

    def test_times_carry_the_shops_offset(self) -> None:
        """Tokyo."""
        assert people(policy()).row()["as_of"] == "2023-11-15T07:13:20+09:00"

    def test_versions_say_what_decided(self) -> None:
        """Policy, features and models."""
        under = policy()

        assert people(under).row()["versions"] == {"policy": under.digest, "features": under.features, "models": {"churn": "d1"}}


class TestColumns:
    """The decisions file."""

    def test_the_schema_does_not_depend_on_what_was_decided(self) -> None:
        """A contact, a silence and a suppression have the same columns of the same types."""
        under = policy([message(states=["active"])])
        types = []
        for facts in ({}, {"state": "dormant"}, {"consented": -1}, {"p_purchase": float("nan")}):
            columns = people(under, **facts).decide().columns()
            types.append({name: column.dtype for name, column in columns.items()})

        assert all(t == types[0] for t in types)
        assert set(map(str, types[0].values())) == {"object", "int64", "float64", "bool"}

    def test_it_becomes_an_arrow_table(self) -> None:
        """Text columns are text or null, nothing else."""
        columns = people(policy(), ids=("ada", "bob"), consented=[[1], [0]]).decide().columns()

        table = pa.table({name: pa.array(column, from_pandas=True) for name, column in columns.items()})

        assert table.column("message_id").to_pylist() == ["hello", None]
        assert table.column("considered_message_id").to_pylist() == ["hello", "hello"]
        assert table.column("suppressions").to_pylist() == [None, "no_consent"]
        assert table.column("status").to_pylist() == ["contact", "suppressed"]

    def test_only_a_contact_has_a_message_to_send(self) -> None:
        """The control group's row says what would have been sent under another name."""
        columns = people(policy(holdout_share=1.0)).decide().columns()

        assert (columns["message_id"][0], columns["channel"][0], np.isnan(columns["send_at"][0])) == (None, None, True)
        assert columns["considered_message_id"][0] == "hello"

    def test_a_suppression_lasts_as_long_as_its_longest_rule(self) -> None:
        """The cool-off ends in two days; the cap at the latest in seven days less the hour."""
        found = people(policy(), recency_days=1.0, contacts_in_period=2, last_contact_at=1_699_996_400.0)

        assert found.decide().columns()["suppressed_until"].tolist() == [1_700_601_200.0]

    def test_a_suppression_without_end_has_none(self) -> None:
        """A consent that is missing does not come by waiting."""
        assert np.isnan(people(policy(), consented=0).decide().columns()["suppressed_until"][0])


class TestComparison:
    """Every candidate of one customer, and why it lost."""

    def test_losers_say_why(self) -> None:
        """One chosen, one worth less, one refused, one not meant for the customer, one switched off."""
        under = policy(
            [message(channels=["email", "push", "sms", "site"]), message("b", states=["dormant"])],
            [channel("email"), channel("push", response_factor=0.5), channel("sms"), channel("site", enabled=False)],
            exploration_share=0.1,
        )

        compared = people(under, consented=[1, 1, -1, 1]).compare()

        seen = {(c.message_id, c.channel): (c.chosen, c.eligible, c.refused_by, tuple(u.text for u in c.unmet)) for c in compared}
        assert seen == {
            ("hello", "email"): (True, True, (), ()),
            ("hello", "push"): (False, True, (), ()),
            ("hello", "sms"): (False, True, ("no_consent",), ()),
            ("hello", "site"): (False, True, ("channel_disabled",), ()),
            ("b", "email"): (False, False, (), ("customer state: active (meant for dormant)",)),
        }
        assert compared[0].propensity + compared[1].propensity + sum(c.propensity for c in compared[2:]) == 1.0

    def test_it_agrees_with_the_decision(self) -> None:
        """The chosen one is the one decided, also from the middle of a batch."""
        under = policy([message(channels=["email", "push"])], [channel("email"), channel("push")], exploration_share=1.0)
        crowd = people(under, ids=[f"c-{i}" for i in range(20)])
        decided = crowd.decide()

        for row in range(20):
            (chosen,) = [c for c in crowd.compare(row) if c.chosen]
            assert chosen.channel == rows(decided)[row]["channel"]["name"]
            assert chosen.propensity == decided.propensity[row] == 0.5


def test_every_rule_has_a_reason() -> None:
    """A refusal can always be put into words."""
    assert set(NAMES) <= set(policy().reasons.codes)
