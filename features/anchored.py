"""Decayed sums that merge: exponential decay anchored at one fixed instant.

A sum over "the last 30 days" is another sum tomorrow and cannot be added to. The sum of x * 2^((t - anchor) / h) is a fact for ever and
adds up; multiplied by 2^((anchor - as_of) / h) it becomes "about the last h days" at any ``as_of``. Method: exponential (forward) decay,
Cormode, Shkapenyuk, Srivastava, Xu, "Forward decay", ICDE 2009.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import narwhals as nw

from otokui.domain import DAY

ANCHOR: Final = 1_420_070_400
"""2015-01-01T00:00:00Z. Moving it would make every stored summary wrong."""

HALF_LIVES_DAYS: Final = (14, 30, 90, 365)

LIMIT: Final = 960.0
"""Powers of two are held within ±960, so that sums of money stay finite (2^1024 overflows). With the shortest half-life
that covers 1978 to 2051; beyond, records weigh as if they lay at the edge."""


def weight(instant: str, half_life_days: int) -> nw.Expr:
    """Return the decay weight 2^((t - ANCHOR) / half-life) of a column.

    The column holds epoch seconds; the result is an expression on any engine.
    """
    doublings = (nw.col(instant) - ANCHOR).cast(nw.Float64) / float(half_life_days * DAY)
    return nw.lit(2.0) ** doublings.clip(-LIMIT, LIMIT)


@lru_cache(maxsize=256)
def fade(as_of: float, half_life_days: int) -> float:
    """Return the factor from an anchored sum to its decayed value at ``as_of``."""
    doublings = (ANCHOR - as_of) / (half_life_days * DAY)
    return power_of_two(min(max(doublings, -LIMIT), LIMIT))


def power_of_two(exponent: float) -> float:
    """Return 2^exponent by IEEE additions and multiplications only, within 2 ulp.

    ``math.pow`` may differ in the last bit between processors and C libraries; this cannot, so that a batch
    scored on one machine equals the service on another.
    """
    whole = math.floor(exponent)
    x = (exponent - whole) * _LN_2
    series = 1.0
    for k in range(_TERMS, 0, -1):
        series = 1.0 + series * x / k
    return math.ldexp(series, whole)


_LN_2: Final = 0.6931471805599453
_TERMS: Final = 20
