"""Hour, weekday and quarter from local seconds, by integer arithmetic of every engine.

Date functions differ between the engines (and time zones more so); the source adds the shop's offset once and everything after is a
division. Instants are taken to lie after 1970, where all engines round alike.
"""

from __future__ import annotations

from typing import Final

import narwhals as nw

from otokui.domain import DAY, EPOCH_WEEKDAY, HOUR

WEEKEND: Final = (5, 6)

_QUARTERS_IN_400_YEARS: Final = 1_600
_DAYS_IN_400_YEARS: Final = 146_097


def hours_bucket(local: nw.Expr) -> nw.Expr:
    """Return the bucket of three hours of the local day, 0..7."""
    return ((local % DAY) // (3 * HOUR)).cast(nw.Int64)


def weekday(local: nw.Expr) -> nw.Expr:
    """Return the local weekday, 0 = Monday."""
    return ((local // DAY).cast(nw.Int64) + EPOCH_WEEKDAY) % 7


def quarter(local: nw.Expr) -> nw.Expr:
    """Return the quarter of the mean year, 0..3, without a calendar.

    It is within two days of the calendar's.
    """
    quarters = ((local // DAY).cast(nw.Int64) * _QUARTERS_IN_400_YEARS) // _DAYS_IN_400_YEARS
    return quarters.cast(nw.Int64) % 4
