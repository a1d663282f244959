"""Features of contracts: in force, days left, term, plan, and monthly amount."""

from __future__ import annotations

import numpy as np

from features.arithmetic import days_since
from features.feature import feature
from features.summaries.contract_facts import OPEN_END
from otokui.domain import DAY
from otokui.frames import Floats

NO_CONTRACT = "no contract on record"
CONTRACTS = "contracts"


@feature(unit="1 = yes, 0 = no", null=NO_CONTRACT, source=CONTRACTS)
def contract_in_force(contract_started_at: Floats, contract_ends_at: Floats, as_of: float) -> Floats:
    """Whether a contract runs now. From: contracts."""
    runs = ((contract_started_at <= as_of) & (contract_ends_at > as_of)).astype(np.float64)
    return np.where(np.isnan(contract_ends_at), np.nan, runs)


@feature(unit="days, below 0 = ended", null="no contract on record, or one without a term", source=CONTRACTS)
def contract_days_left(contract_ends_at: Floats, as_of: float) -> Floats:
    """Days until the last contract ends. From: contracts."""
    return np.where(contract_ends_at >= OPEN_END, np.nan, (contract_ends_at - as_of) / DAY)


@feature(unit="days", null=NO_CONTRACT, source=CONTRACTS)
def contract_age_days(contract_started_at: Floats, as_of: float) -> Floats:
    """Days since the newest contract began. From: contracts."""
    return days_since(contract_started_at, as_of)


@feature(unit="days, > 0", null="no contract on record, or none with a term", source=CONTRACTS)
def contract_term_days(contract_term_seconds: Floats) -> Floats:
    """Days of the longest term, from begin to end: how long the customer was willing to be bound. From: contracts."""
    return contract_term_seconds / DAY


@feature(unit="code, 0..31", null="no contract on record, or no plan named", source=CONTRACTS)
def contract_plan_code(contract_plan_code: Floats) -> Floats:
    """Plan of the newest contract, hashed. From: contracts."""
    return contract_plan_code


@feature(unit="count, >= 0", null="no contract records", source=CONTRACTS)
def contract_count(contract_count: Floats) -> Floats:
    """Contracts so far, renewals under a new number included. From: contracts."""
    return contract_count


@feature(unit="money a month", null="no contract on record, or no amount", source=CONTRACTS)
def contract_monthly_amount(contract_monthly_amount: Floats) -> Floats:
    """Money a month of the dearest contract. From: contracts."""
    return contract_monthly_amount
