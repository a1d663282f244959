"""What the ledger said when places were asked for, put into the decisions; and its form in the log.

A decision is made from what was known; whether its place was still free is known only in the transaction that takes it.
The log keeps the two apart, so that a decision that lost its place can be made again and lose it again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from decisions.frame import Decisions
from decisions.move import move
from decisions.withdrawal import withdraw
from otokui.domain import Instant
from otokui.frames import NO_MONEY, NO_PLACE, OPEN, Ints, Tri
from otokui.ports import Ruling


def rule(decisions: Decisions, rows: Ints, rulings: Sequence[Ruling]) -> Decisions:
    """Return the decisions with the contacts ``rows`` moved to the time given, or withdrawn by the rule that refused."""
    given = np.array([int(ruling.send_at) for ruling in rulings], dtype=np.int64)
    decisions = move(decisions, rows, given)
    for name in sorted({ruling.refused_by for ruling in rulings if ruling.refused_by}):
        refused = np.zeros(len(decisions), dtype=bool)
        refused[rows[[ruling.refused_by == name for ruling in rulings]]] = True
        decisions = withdraw(decisions, refused, name)
    return decisions


def turned_away(rulings: Sequence[Ruling]) -> Tri:
    """Return for each ruling why the channel is shut to the customer, (n,): NO_PLACE, NO_MONEY, or OPEN where it is not.

    A customer's own cap shuts no channel: it would refuse any other contact as well, or say so by its own rule.
    """
    codes = {"capacity": NO_PLACE, "budget": NO_MONEY}
    return np.array([codes.get(ruling.refused_by, OPEN) for ruling in rulings], dtype=np.int8)


def to_json(ruling: Ruling) -> str:
    """Return a ruling for the log."""
    return json.dumps({"refused_by": ruling.refused_by, "send_at": int(ruling.send_at)}, separators=(",", ":"))


def from_json(text: str) -> Ruling:
    """Return a ruling from the log."""
    said = json.loads(text)
    return Ruling(said["refused_by"], Instant(said["send_at"]))
