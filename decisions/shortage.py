"""Telling what was short: which price weighed on a decision, as its last reason.

Said where the contact chosen pays a price, where the best one lost to a cheaper place, and where the price left nothing
worth sending; in each of them a person would otherwise ask why the obvious contact was not made.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from decisions.choose import Choice
from decisions.grid import Grid
from decisions.refusals import Refusals
from otokui.frames import Floats

_Codes = npt.NDArray[np.int16]


def tell_short(looked_at: Grid, choice: Choice, refused: Refusals, codes: _Codes, numbers: Floats) -> tuple[Floats, _Codes, Floats]:
    """Return the price that what was considered pays, (n,), and the reasons with one more place for what is short.

    The price told of a place is what it costs; of the budget, what each unit spent has to bring.
    """
    policy, charged = looked_at.policy, looked_at.charged
    price = np.zeros(len(codes))
    if policy.tolls is None or charged is None:
        return price, codes, numbers
    tolls, candidates, toll = policy.tolls, policy.candidates, charged.whole
    permitted = looked_at.eligible.take(candidates.message, axis=1) & refused.permits(candidates.message, candidates.channel)
    rows = np.flatnonzero(choice.considered >= 0)
    price[rows] = toll[rows, choice.considered[rows]]
    # Had nothing been short: the best of what is permitted, or what was considered where nothing was.
    before = np.where(permitted, looked_at.value + toll, -np.inf)
    best = np.where(np.isfinite(before).any(axis=1), before.argmax(axis=1), choice.considered)
    code, told = np.full(len(codes), -1, dtype=np.int64), np.full((len(codes), 2), np.nan)
    for wanted in (choice.considered, best):
        rows = np.flatnonzero((code < 0) & (wanted >= 0))
        rows = rows[toll[rows, wanted[rows]] > 0.0]
        place = charged.place[rows, wanted[rows]]
        code[rows] = np.where(place > 0.0, tolls.code[candidates.channel[wanted[rows]]], tolls.money_code)
        told[rows, 0] = np.where(place > 0.0, place, tolls.money)
    out_codes = np.column_stack([codes, code.astype(np.int16)])
    return price, out_codes, np.concatenate([numbers, told[:, None, :]], axis=1)
