"""Shortage reasons: the shadow price that weighed on a decision, as its last reason.

A decision has one if the chosen contact pays a price, if the best contact lost to a cheaper place, or if the price left nothing worth
sending. In each case a person would otherwise ask why the obvious contact was not made.
"""

from __future__ import annotations

import numpy as np

from decisions.allocation.shadow_prices import MONEY
from decisions.constraints.refusals import Refusals
from decisions.decision_table import Decisions
from decisions.policy.constraint_context import ConstraintContext
from otokui.frames import Floats, Ints


def shortage_reasons(decisions: Decisions, context: ConstraintContext, refused: Refusals) -> tuple[Floats, Ints | None, Floats]:
    """Return the shadow price paid, (n,), the shortage reason (n,) and its numbers (n, 2).

    The decisions are without prices. The code is None without shadow prices. The number of a place is its price; of the budget, the
    return that each unit spent must exceed.
    """
    prices, candidates, reasons = decisions.policy.prices, decisions.policy.candidates, decisions.policy.reasons
    price, numbers = np.zeros(len(decisions)), np.full((len(decisions), 2), np.nan)
    if prices is None or context.price is None or context.place_price is None:
        return price, None, numbers
    charge, place_price = context.price, context.place_price
    permitted = context.eligible.take(candidates.message, axis=1) & refused.permits(candidates.message, candidates.channel)
    rows = np.flatnonzero(decisions.considered >= 0)
    price[rows] = charge[rows, decisions.considered[rows]]
    # The best permitted candidate before prices, or the one considered if none is permitted.
    before = np.where(permitted, context.value + charge, -np.inf)
    best = np.where(np.isfinite(before).any(axis=1), before.argmax(axis=1), decisions.considered)
    of_channel = np.array([reasons.code(f"short:{name}") for name in decisions.policy.channels.names], dtype=np.int64)
    code = np.full(len(decisions), -1, dtype=np.int64)
    for candidate in (decisions.considered, best):
        rows = np.flatnonzero((code < 0) & (candidate >= 0))
        rows = rows[charge[rows, candidate[rows]] > 0.0]
        place = place_price[rows, candidate[rows]]
        code[rows] = np.where(place > 0.0, of_channel[candidates.channel[candidate[rows]]], reasons.code(MONEY))
        numbers[rows, 0] = np.where(place > 0.0, place, prices.money)
    return price, code, numbers
