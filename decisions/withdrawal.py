"""Taking back contacts whose place under the caps went to another: decided, but refused when the place was asked for.

Between the look at the ledger and the reservation another request may contact the customer, or take the last place of
a channel. The decision keeps its id and its candidate and becomes a suppression, so that nobody is contacted and the
row says why.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from decisions.constraints import BIT
from decisions.frame import STATUS_CODE, Decisions
from otokui.domain import Status
from otokui.frames import Bools


def withdraw(decisions: Decisions, refused: Bools, rule: str = "contact_cap") -> Decisions:
    """Return the decisions with those of ``refused`` (n,) suppressed by a rule; the others as they are."""
    rows = np.flatnonzero(refused & decisions.is_status(Status.CONTACT))
    if not len(rows):
        return decisions
    status, bits = decisions.status.copy(), decisions.refused.copy()
    codes, numbers = decisions.reason_codes.copy(), decisions.reason_numbers.copy()
    status[rows] = STATUS_CODE[Status.SUPPRESSED]
    bits[rows] |= np.uint32(BIT[rule])
    codes[rows, 1:], numbers[rows, 1:] = codes[rows, :-1].copy(), numbers[rows, :-1].copy()
    codes[rows, 0], numbers[rows, 0] = decisions.policy.reasons.code(rule), np.nan
    return replace(decisions, status=status, refused=bits, reason_codes=codes, reason_numbers=numbers)
