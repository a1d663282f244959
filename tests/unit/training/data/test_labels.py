"""Labels of a history small enough to read: Ada buys on days 1, 5, 10 and 20; Bob on day 3 only."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from otokui.domain import DAY, Instant
from otokui.errors import BadInput, NotEnoughData
from otokui.settings.definitions import LoyalRule, Match
from training.data import labels
from training.data.purchase_history import History

PURCHASES = pl.DataFrame(
    {
        "customer_id": ["bob", "ada", "ada", "ada", "ada"],
        "purchased_at": [3 * DAY, 10 * DAY, 1 * DAY, 5 * DAY, 20 * DAY],
        "paid_amount": [7.0, 30.0, 10.0, 20.0, 40.0],
        "known_at": [3 * DAY, 10 * DAY, 1 * DAY, 12 * DAY, 20 * DAY],
    }
)
HISTORY = History.of(PURCHASES)
EVERYBODY = HISTORY.index_of(["ada", "bob", "eve"])


def at(day: float) -> Instant:
    return Instant(int(day * DAY))


def test_a_history_is_sorted_and_finds_customers_by_id() -> None:
    """Whatever order the purchases came in; who never bought is -1."""
    assert HISTORY.customer_ids.tolist() == ["ada", "bob"]
    assert HISTORY.purchased_at.tolist() == [day * DAY for day in (1, 5, 10, 20, 3)]
    assert EVERYBODY.tolist() == [0, 1, -1]


def test_who_bought_before_an_instant() -> None:
    """A purchase at the instant itself does not count."""
    assert [HISTORY.buyers(at(day)).tolist() for day in (1, 2, 3, 4)] == [[], [0], [0], [0, 1]]


def test_windows_are_half_open() -> None:
    """A purchase at the cut-off counts, one at its end does not."""
    assert labels.purchase_count(HISTORY, EVERYBODY, at(5), 5).tolist() == [1, 0, 0]
    assert labels.purchase_count(HISTORY, EVERYBODY, at(5), 5.1).tolist() == [2, 0, 0]
    assert labels.spend(HISTORY, EVERYBODY, at(5), 15).tolist() == [50.0, 0.0, 0.0]
    assert labels.churn(HISTORY, EVERYBODY, at(5), 15).tolist() == [0.0, 1.0, 1.0]


def test_whose_contract_runs_has_left_when_it_is_cancelled_or_not_renewed() -> None:
    """Ada renews on day 10 and so stays, though she buys nothing; Eve, who never bought, lets hers lapse; Bob has none."""
    contracts = pl.DataFrame(
        {"customer_id": ["ada", "ada", "eve"], "started_at": [0, 10 * DAY, 2 * DAY], "ends_at": [10 * DAY, None, 12 * DAY]}
    )
    history = History.of(PURCHASES, contracts)
    everybody = history.index_of(["ada", "bob", "eve"])

    assert labels.churn(history, everybody, at(6), 3).tolist() == [0.0, 1.0, 0.0]
    assert labels.churn(history, everybody, at(6), 6).tolist() == [0.0, 1.0, 1.0]
    assert labels.churn(history.known_before(at(8)), everybody, at(11), 1).tolist() == [0.0, 1.0, 1.0]


def test_a_wait_without_purchase_is_censored_where_observation_ends() -> None:
    """Ada waits five days after day 5.0 (10 - 5); from day 11 on, seen until day 15, nobody has bought."""
    seen = HISTORY.known_before(at(15))
    first, later = labels.next_purchase(seen, EVERYBODY, at(6), at(15)), labels.next_purchase(seen, EVERYBODY, at(11), at(15))

    assert (first.days.tolist(), first.bought.tolist()) == ([4.0, 9.0, 9.0], [True, False, False])
    assert (later.days.tolist(), later.bought.tolist()) == ([4.0, 4.0, 4.0], [False, False, False])


def test_what_became_known_later_does_not_count() -> None:
    """The purchase of day 5 was known on day 12 only: training through day 12 does not see it."""
    assert labels.purchase_count(HISTORY.known_before(at(12)), EVERYBODY, at(4), 8).tolist() == [1, 0, 0]
    assert labels.purchase_count(HISTORY.known_before(at(13)), EVERYBODY, at(4), 8).tolist() == [2, 0, 0]


@pytest.mark.parametrize(
    ("rule", "loyal"),
    [
        (LoyalRule(purchases_at_least=3), [1.0, 0.0, 0.0]),
        (LoyalRule(match=Match.ALL, purchases_at_least=1, tenure_days_at_least=12), [1.0, 1.0, 0.0]),
        (LoyalRule(purchases_at_least=None, spend_at_least=30.0, within_days=10), [1.0, 0.0, 0.0]),
        (LoyalRule(purchases_at_least=2, within_days=10), [0.0, 0.0, 0.0]),
    ],
)
def test_future_loyal_asks_the_rule_at_the_horizon(rule: LoyalRule, loyal: list[float]) -> None:
    """Ten days after day 6, so as of day 16: Ada has three purchases, one of them (30) within the last ten days."""
    assert labels.future_loyal(HISTORY, EVERYBODY, at(6), 10, rule).tolist() == loyal


def test_cutoffs_may_differ_by_row() -> None:
    """One call answers for rows of several cut-offs."""
    rows = HISTORY.index_of(["ada", "ada"])
    cutoffs = np.array([at(0), at(11)])

    assert labels.purchase_count(HISTORY, rows, cutoffs, 10).tolist() == [2.0, 1.0]


def test_churn_days_are_proposed_from_the_gaps_of_customers_not_of_purchases() -> None:
    """One customer buys daily a hundred times, forty buy every 30 days: the forty decide. History bounds it."""
    rows = [("daily", d * DAY) for d in range(100)] + [(f"m{k}", d * DAY) for k in range(40) for d in (0, 30, 60)]
    bought = pl.DataFrame(
        [(c, t, 1.0, t) for c, t in rows], schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"
    )

    assert labels.proposed_churn_days(History.of(bought), 365) == 30
    assert labels.proposed_churn_days(History.of(bought), 60) == 20


def test_too_few_gaps_propose_nothing() -> None:
    """Three gaps are an anecdote."""
    with pytest.raises(NotEnoughData, match="3 repeat purchases"):
        labels.proposed_churn_days(HISTORY, 365)


def test_a_table_without_its_columns_is_refused() -> None:
    """By name."""
    with pytest.raises(BadInput, match="known_at"):
        History.of(PURCHASES.drop("known_at"))


def test_money_is_added_exactly() -> None:
    """Ten payments of 0.10 are 1, which as floating-point numbers they miss by a hair."""
    rows = [("ada", DAY * k, 0.1, DAY * k) for k in range(10)]
    history = History.of(pl.DataFrame(rows, schema=["customer_id", "purchased_at", "paid_amount", "known_at"], orient="row"))

    reached = labels.future_loyal(history, np.array([0]), Instant(0), 30.0, LoyalRule(spend_at_least=1.0))

    assert reached.tolist() == [1.0]
