"""Who is loyal, and where a customer stands."""

from __future__ import annotations

import numpy as np
import pytest

from otokui.domain import DAY, CustomerState, Instant
from otokui.frames import Batch, texts
from otokui.settings.definitions import Definitions, LoyalRule, Match
from scoring.customer_state import loyal_now, states

NAMES = ("recency_days", "tenure_days", "purchase_count", "paid_sum", "overdue_ratio")
NOW = Instant(1_000 * DAY)


def vectors(*rows: tuple[float, ...]) -> Batch:
    return Batch(texts([f"c{i}" for i in range(len(rows))]), NAMES, np.array(rows, dtype=np.float64))


@pytest.mark.parametrize(
    ("row", "state"),
    [
        ((np.nan, np.nan, 0, np.nan, np.nan), CustomerState.PROSPECT),
        ((np.nan, np.nan, np.nan, np.nan, np.nan), CustomerState.PROSPECT),
        ((400, 900, 9, 9e5, 1.0), CustomerState.CHURNED),
        ((50, 300, 4, 100, 2.5), CustomerState.DORMANT),
        ((95, 95, 1, 100, np.nan), CustomerState.DORMANT),
        ((10, 300, 3, 100, 0.5), CustomerState.LOYAL),
        ((10, 20, 1, 100, np.nan), CustomerState.NEW),
        ((10, 300, 2, 100, 0.5), CustomerState.GOOD),
        ((60, 60, 1, 100, np.nan), CustomerState.ACTIVE),
    ],
)
def test_the_first_rule_that_holds_names_the_state(row: tuple[float, ...], state: CustomerState) -> None:
    """The defaults of [definitions], one customer for each state."""
    batch = vectors(row)
    code = states(batch, loyal_now(LoyalRule(purchases_at_least=3), batch, as_of=NOW), Definitions())

    assert list(CustomerState)[int(code[0])] is state


def test_any_and_all_differ() -> None:
    """Three purchases but little money: loyal under any, not under all."""
    batch = vectors((10, 300, 3, 500, 0.5))
    rule = {"purchases_at_least": 3, "spend_at_least": 1000.0}

    assert loyal_now(LoyalRule(match=Match.ANY, **rule), batch, as_of=NOW).tolist() == [True]
    assert loyal_now(LoyalRule(match=Match.ALL, **rule), batch, as_of=NOW).tolist() == [False]


def test_spend_is_compared_to_a_ten_thousandth() -> None:
    """Ten payments of 0.10, which as floating-point numbers add up to 0.9999999999999999, are 1."""
    batch = vectors((10, 300, 10, 0.9999999999999999, 0.5), (10, 300, 10, 0.99, 0.5))

    assert loyal_now(LoyalRule(spend_at_least=1.0), batch, as_of=NOW).tolist() == [True, False]


def test_a_trailing_rule_counts_only_its_period() -> None:
    """Two of three purchases lie within the last 100 days, one of them exactly on its edge."""
    names = (*(f"purchase_at_{k}" for k in range(1, 9)), *(f"paid_at_{k}" for k in range(1, 9)))
    values = np.full((1, 16), np.nan)
    values[0, :3] = [NOW - 1 * DAY, NOW - 100 * DAY, NOW - 101 * DAY]
    values[0, 8:11] = [10.0, 20.0, 40.0]
    summaries = Batch(texts(["c0"]), names, values)
    batch = vectors((1, 400, 3, 70, 0.5))

    def loyal(**rule: float) -> list[bool]:
        asked = LoyalRule.model_validate({"purchases_at_least": None, "within_days": 100, **rule})
        return [bool(each) for each in loyal_now(asked, batch, as_of=NOW, summaries=summaries)]

    assert loyal(purchases_at_least=2) == [True]
    assert loyal(purchases_at_least=3) == [False]
    assert loyal(spend_at_least=30.0) == [True]
    assert loyal(spend_at_least=31.0) == [False]


def test_without_summaries_a_trailing_rule_holds_for_nobody() -> None:
    """What is not known is not loyalty."""
    assert loyal_now(LoyalRule(purchases_at_least=3, within_days=100), vectors((1, 400, 30, 70, 0.5)), as_of=NOW).tolist() == [False]
