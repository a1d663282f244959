"""Contracts: in force until their term or cancellation, whichever comes first."""

from __future__ import annotations

import numpy as np

from features.definitions import contract_term
from features.summaries.contract_facts import OPEN_END
from features.summaries.summary import summarise
from otokui.domain import DAY, CutoffDate, Instant
from tests.builders import contract, day, records, table, vector

NOW = 100.0 * DAY


def test_a_contract_runs_until_its_end() -> None:
    """It runs on its last day, not on the day it ends; without a contract nothing is known."""
    started, ends = np.array([0.0, 0.0, 101 * DAY, np.nan]), np.array([101 * DAY, NOW, 200 * DAY, np.nan])

    assert contract_term.contract_in_force.define(started, ends, NOW).tolist()[:3] == [1.0, 0.0, 0.0]
    assert np.isnan(contract_term.contract_in_force.define(started, ends, NOW)[3])


def test_days_left_are_not_told_where_no_end_is_named() -> None:
    """An open contract is not one that runs for a hundred years."""
    left = contract_term.contract_days_left.define(np.array([103 * DAY, float(OPEN_END)]), NOW)

    assert left[0] == 3.0
    assert np.isnan(left[1])


def test_the_plan_is_that_of_the_newest_contract_and_the_term_the_longest() -> None:
    """Ada left a two-year contract for one from month to month; what she was once willing to be bound for stays known."""
    rows = [
        contract(day(0), contract_id="old", plan_code=7, term_ends_at=day(720)),
        contract(day(30), contract_id="new", plan_code=3, term_ends_at=None),
    ]

    known = table(summarise(records(contracts=rows), CutoffDate(Instant(day(40)))))["ada"]
    features = vector(day(40), **{name: value for name, value in known.items() if value is not None})

    assert features["contract_plan_code"] == 3.0
    assert features["contract_term_days"] == 720.0
