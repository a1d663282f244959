"""Opening hours: predicted purchase times fall when the shop's customers buy.

The survival curve has whole days, and is linear between them. If customers buy every few days, half a day is the width of an interval:
counted from midnight, nobody has bought by six, and a tenth have not bought by the time of the straight line.
"""

from __future__ import annotations

import numpy as np

from otokui.domain import DAY
from otokui.frames import Floats, Ints

HOURS = 24
_SMOOTHING = 1.0


def shares_by_hour(purchased_at: Ints) -> tuple[float, ...]:
    """Return the share of purchases by hour of the day in UTC, (24,).

    None is 0. purchased_at: (n,) epoch seconds.
    """
    counts = np.bincount(purchased_at % DAY // (DAY // HOURS), minlength=HOURS) + _SMOOTHING
    return tuple(map(float, counts / counts.sum()))


def at_opening_hours(days: Floats, shares: tuple[float, ...], as_of: int | Ints) -> Floats:
    """Move days (n, ...) within their 24 hours to the quantile of purchase hours.

    Whole days stay. shares: of ``shares_by_hour``, () = nothing is known and nothing moves; as_of: (n,) or one, epoch seconds at which
    days begin.
    """
    if not shares:
        return days
    come = np.concatenate([[0.0], np.cumsum(shares)])
    come /= come[-1]
    hours = np.arange(HOURS + 1) / HOURS
    begin = np.asarray(as_of) % DAY / DAY
    begin = begin.reshape(begin.shape + (1,) * (days.ndim - begin.ndim)) if begin.ndim else begin
    whole = np.floor(days)
    reached = np.interp(begin, hours, come) + (days - whole)
    over = reached >= 1.0
    moved = np.interp(reached - over, come, hours) + over - begin
    return np.asarray(whole + np.clip(moved, 0.0, 1.0), dtype=np.float64)
