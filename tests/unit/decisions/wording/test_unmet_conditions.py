"""A condition that does not hold is a sentence: what the column is called, what the customer has, what is needed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.unit.decisions.builders import message, people, policy


def said(*conditions: dict[str, Any], **vectors: Any) -> tuple[str, ...]:
    """What is said of a message with these conditions, to a dull customer that differs as named."""
    (only,) = people(policy([message(eligible=list(conditions))]), ids=("c-1",), **vectors).compare()
    return tuple(each.text for each in only.unmet)


@pytest.mark.parametrize(
    ("condition", "has", "sentence"),
    [
        ({"column": "purchase_count", "at_least": 2}, 1.0, "purchases of all time: 1 (needs at least 2)"),
        ({"column": "purchase_count", "at_least": 1, "at_most": 1}, 4.0, "purchases of all time: 4 (needs exactly 1)"),
        (
            {"column": "recency_days", "at_least": 7, "at_most": 30},
            35.0,
            "days since the last purchase: 35 days (needs at least 7 days and at most 30 days)",
        ),
        ({"column": "discount_share", "at_least": 0.15}, 0.1, "share of money that went on discounted lines: 10% (needs at least 15%)"),
        ({"column": "churn_probability", "at_least": 0.5}, 0.1, "chance of leaving: 10% (needs at least 50%)"),
        (
            {"column": "expected_spend_30d", "at_least": 12_000},
            6_000.0,
            "money spent within 30 days, on average: 6,000 (needs at least 12,000)",
        ),
    ],
)
def test_a_number_is_set_against_what_is_needed(condition: dict[str, Any], has: float, sentence: str) -> None:
    """In words, percent where it is a share, without the name that programs know."""
    column = condition["column"].removesuffix("_30d")

    assert said(condition, **{column: has}) == (sentence,)


@pytest.mark.parametrize(
    ("condition", "has", "sentence"),
    [
        ({"column": "cart_since_purchase", "at_least": 1}, 0.0, "a product was put in the cart after the last purchase: no (needs yes)"),
        ({"column": "contract_in_force", "at_most": 0}, 1.0, "a contract runs now: yes (needs no)"),
        ({"column": "contract_in_force", "at_least": 1}, np.nan, "a contract runs now: no contract on record (needs yes)"),
    ],
)
def test_yes_or_no_is_asked_for_as_yes_or_no(condition: dict[str, Any], has: float, sentence: str) -> None:
    """Never as one or more."""
    assert said(condition, **{condition["column"]: has}) == (sentence,)


def test_what_is_not_known_is_said_in_the_features_own_words() -> None:
    """And a bound that only asks for a value at all is told as that."""
    assert said({"column": "days_since_cart_add", "at_most": 3}) == (
        "days since a product was last put in the cart: put nothing in the cart (needs at most 3 days)",
    )
    assert said({"column": "new_arrival_share", "at_least": 0.0}) == (
        "share of money spent within 60 days of a product's launch: never bought, or no product records (needs a value on record)",
    )


def test_a_miss_by_little_does_not_read_as_a_hit() -> None:
    """49.98% is not the 50% that are needed, though both round to it."""
    assert said({"column": "churn_probability", "at_least": 0.5}, churn_probability=0.4998) == (
        "chance of leaving: 49.98% (needs at least 50%)",
    )
    assert said({"column": "recency_days", "at_most": 3}, recency_days=3.00004) == (
        "days since the last purchase: 3.00004 days (needs at most 3 days)",
    )


def test_a_customer_of_another_state_is_told_whom_it_is_meant_for() -> None:
    """By the names of states."""
    (only,) = people(policy([message(states=["dormant", "churned"])])).compare()

    assert [each.text for each in only.unmet] == ["customer state: active (meant for dormant or churned)"]


def test_a_program_gets_the_sentences() -> None:
    """The service answers with what a person can read, and no NaN."""
    (only,) = people(policy([message(eligible=[{"column": "days_since_cart_add", "at_most": 3}])])).compare()

    assert json.loads(json.dumps(only.to_dict(), allow_nan=False))["unmet"] == [only.unmet[0].text]


@pytest.mark.parametrize(
    ("condition", "has", "sentence"),
    [
        ({"column": "purchase_count", "at_least": 2}, 1.0, "累計購入回数: 1(条件: 2以上)"),
        ({"column": "cart_since_purchase", "at_least": 1}, 0.0, "前回購入後にカートへ追加: いいえ(条件: はい)"),
        ({"column": "recency_days", "at_most": 30}, 35.0, "最終購入からの日数: 35日(条件: 30日以下)"),
        ({"column": "days_since_cart_add", "at_most": 3}, np.nan, "最後のカート追加からの日数: 記録なし(条件: 3日以下)"),
    ],
)
def test_it_is_said_in_japanese_too(condition: dict[str, Any], has: float, sentence: str) -> None:
    """The same condition, its column by its Japanese name, also over HTTP."""
    (only,) = people(policy([message(eligible=[condition])]), ids=("c-1",), **{condition["column"]: has}).compare()

    assert only.to_dict()["unmet_ja"] == [sentence]


def test_states_are_said_in_japanese_too() -> None:
    """By the names that the report has for them."""
    (only,) = people(policy([message(states=["dormant", "good"])]), ids=("c-1",)).compare()

    assert only.to_dict()["unmet_ja"] == ["顧客の状態: アクティブ(対象: 休眠、優良)"]
