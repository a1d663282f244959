"""Shortage reasons: the shadow price that weighed on a decision, as its last reason.

A decision has one if the chosen contact pays a price, if the best contact lost to a cheaper place, or if the price left nothing worth
sending. In each case a person would otherwise ask why the obvious contact was not made.
"""

from __future__ import annotations

import numpy as np

from decisions.allocation.shadow_prices import MONEY
from decisions.constraints.refusals import Refusals
from decisions.decision_table import Decisions
from decisions.policy.constraint_context import Grid
from otokui.frames import Floats, Ints


def tell_short(made: Decisions, looked_at: Grid, refused: Refusals) -> tuple[Floats, Ints | None, Floats]:
    """Return the shadow price paid, (n,), the shortage reason (n,) and its numbers (n, 2).

    The decisions are without prices. The code is None without shadow prices. The number of a place is its price; of the budget, the
    return that each unit spent must exceed.
    """
    prices, candidates, reasons = made.policy.prices, made.policy.candidates, made.policy.reasons
    price, told = np.zeros(len(made)), np.full((len(made), 2), np.nan)
    if prices is None or looked_at.price is None or looked_at.place_price is None:
        return price, None, told
    toll, place_price = looked_at.price, looked_at.place_price
    permitted = looked_at.eligible.take(candidates.message, axis=1) & refused.permits(candidates.message, candidates.channel)
    rows = np.flatnonzero(made.considered >= 0)
    price[rows] = toll[rows, made.considered[rows]]
    # Had nothing been short: the best of what is permitted, or what was considered where nothing was.
    before = np.where(permitted, looked_at.value + toll, -np.inf)
    best = np.where(np.isfinite(before).any(axis=1), before.argmax(axis=1), made.considered)
    of_channel = np.array([reasons.code(f"short:{name}") for name in made.policy.channels.names], dtype=np.int64)
    code = np.full(len(made), -1, dtype=np.int64)
    for wanted in (made.considered, best):
        rows = np.flatnonzero((code < 0) & (wanted >= 0))
        rows = rows[toll[rows, wanted[rows]] > 0.0]
        place = place_price[rows, wanted[rows]]
        code[rows] = np.where(place > 0.0, of_channel[candidates.channel[wanted[rows]]], reasons.code(MONEY))
        told[rows, 0] = np.where(place > 0.0, place, prices.money)
    return price, code, told
