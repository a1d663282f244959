"""Moving contacts to the hour that the ledger gave them, when the one they asked for was full.

The decision stays what it was: same message, same channel, same id. Only its time moves, and what hangs on the time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from decisions.capacity import local
from decisions.fallback import open_within
from decisions.frame import Decisions
from decisions.timing import SendWindow
from otokui.domain import HOUR
from otokui.frames import Ints


def move(decisions: Decisions, rows: Ints, send_at: Ints) -> Decisions:
    """Return the decisions with contact ``rows[i]`` sent at ``send_at[i]``, within the hour that begins there."""
    moved = np.flatnonzero(decisions.send_at[rows] != send_at)
    if not len(moved):
        return decisions
    rows, at = rows[moved], send_at[moved]
    policy = decisions.policy
    offsets = policy.offsets(decisions.as_of)
    last = at + HOUR - local(offsets, at) % HOUR - 1
    columns = {name: getattr(decisions, name).copy() for name in ("send_at", "not_before", "not_after", "valid_until", "fallbacks")}
    columns["send_at"][rows], columns["not_before"][rows], columns["not_after"][rows] = at, at, last
    columns["valid_until"][rows] = np.maximum(columns["valid_until"][rows], last)
    others = columns["fallbacks"][rows]
    usable = (others >= 0) & open_within(policy, offsets, int(decisions.as_of), SendWindow(at, at, last))[
        np.arange(len(rows))[:, None], np.maximum(others, 0)
    ]
    order = np.argsort(~usable, axis=1, kind="stable")
    columns["fallbacks"][rows] = np.where(np.take_along_axis(usable, order, axis=1), np.take_along_axis(others, order, axis=1), -1)
    return replace(decisions, **columns)
