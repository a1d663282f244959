"""Contracts: in force until their term or cancellation, whichever comes first."""

from __future__ import annotations

import numpy as np

from features import contract_term
from features.summary_contract_term import OPEN_END
from otokui.domain import DAY

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
