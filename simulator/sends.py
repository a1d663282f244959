"""Sends handed to the simulated shop, and the day's outcome handed back.

Apart from the world itself, so that a player can build sends without knowing how it answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CONTROL: Final = "control"
"""The group of those for whom a contact was meant and who were held back from it: reported, never delivered."""


@dataclass(frozen=True, slots=True)
class Sends:
    """k contacts to be handed over; all arrays have length k.

    customer: index into ``World.customer_ids``. message, channel: index into what the world was made with.
    send_at: UTC seconds at which it reaches the customer (a lead time has passed by then); a time on a later day waits
    for that day, one that has passed is sent at the beginning of the day. decision_id: text, '' = none.
    action_probability: the chance with which it was chosen, NaN = unknown. group: text, e.g. treatment; ``control`` is not delivered.
    """

    customer: Ints
    message: Ints
    channel: Ints
    send_at: Ints
    decision_id: NDArray[Any]
    action_probability: Floats
    group: NDArray[Any]

    @classmethod
    def none(cls) -> Self:
        """Return no sends at all."""
        whole, text = np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
        return cls(whole, whole, whole, whole, text, np.empty(0), text)

    def __len__(self) -> int:
        return len(self.customer)

    def take(self, chosen: NDArray[Any]) -> Self:
        """Return the sends at these places (indices or a mask)."""
        return type(self)(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def plus(self, other: Self) -> Self:
        """Return both, these first."""
        return type(self)(*(np.concatenate([getattr(self, f.name), getattr(other, f.name)]) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Day:
    """What one day came to.

    tables: records that became known on this day, in the columns of the data contract; a row whose id came before
    corrects it and has a later known_at. profit: (n,) money, margin of what was bought (after cancellations and
    returns, which the truth knows on the day of the order) minus channel and incentive costs. unsubscribed: (n,) how
    many channels the customer left today because of a contact. complained: (n,) bool. counts: of things that
    happened: orders, contacts, delivered, opened, machine_opened, clicked, converted, unsubscribed, complaints, …
    """

    day: int
    tables: dict[str, pl.DataFrame]
    profit: Floats
    unsubscribed: Ints
    complained: Flags
    counts: Mapping[str, int]
