"""State of simulated customers: all that changes from day to day.

Kept apart from who they are, so that a twin world copies this and shares the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from simulator.customers.people import People, Reals
from simulator.sends import Flags, Ints

NEVER: Final = -10_000
"""A day before every day; also a day that has not come."""

Days = NDArray[np.int32]


@dataclass(slots=True)
class SimulatedState:
    """State of simulated customers, one entry each.

    Days count from the world's first day, NEVER = has not been.

    bond: multiplies the rate of buying, 1 until a contact leaves a mark. pull: purchases a day that contacts add.
    shun: what contacts take from the rate of the disturbed, 0 to 1. fatigue: contacts felt. goodwill: 0 to 1.
    leaves_on: the day of leaving once it has begun. coupon, coupon_until: message whose incentive is held, -1 = none.
    clicked: row in the clicked contacts, -1 = none. consented: (n, C).
    """

    purchases: Days
    last_purchase: Days
    undelivered_until: Days
    interest_until: Days
    cart_day: Days
    alive: Flags
    leaves_on: Days
    omened: Flags
    bond: Reals
    pull: Reals
    shun: Reals
    fatigue: Reals
    goodwill: Reals
    coupon: NDArray[np.int16]
    coupon_until: Days
    coupon_cost: Reals
    clicked: NDArray[np.int32]
    last_product: NDArray[np.int32]
    contract_from: Days
    contract_ends: Days
    complained: Flags
    consented: Flags

    @classmethod
    def fresh(cls, people: People) -> Self:
        """Return the state in which nobody has come yet."""
        n = len(people)

        def days() -> Days:
            return np.full(n, NEVER, dtype=np.int32)

        def zeros() -> Reals:
            return np.zeros(n, dtype=np.float32)

        def no() -> Flags:
            return np.zeros(n, dtype=np.bool_)

        return cls(
            purchases=np.zeros(n, dtype=np.int32),
            last_purchase=days(), undelivered_until=days(), interest_until=days(), cart_day=days(),
            alive=no(), leaves_on=days(), omened=no(),
            bond=np.ones(n, dtype=np.float32), pull=zeros(), shun=zeros(), fatigue=zeros(), goodwill=zeros(),
            coupon=np.full(n, -1, dtype=np.int16), coupon_until=days(), coupon_cost=zeros(),
            clicked=np.full(n, -1, dtype=np.int32), last_product=np.full(n, -1, dtype=np.int32),
            contract_from=days(), contract_ends=days(), complained=no(),
            consented=np.zeros_like(people.opts_in),
        )  # fmt: skip

    def copy(self) -> Self:
        """Return a state that can change without this one."""
        return type(self)(*(getattr(self, f.name).copy() for f in fields(self)))


def since(day: int, days: Days, who: Ints | slice = slice(None)) -> NDArray[np.int32]:
    """Return days passed since, for these customers; very many where it has never been."""
    return (day - days[who]).astype(np.int32)
