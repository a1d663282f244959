"""How often a contact loses a customer for its channel: the stated rate, moved by what the shop has seen.

A contact soon after others loses more than one after a silence. So each contact counts as often as it was the n-th within the
rolling period, which is how the value of a contact charges it (``decisions.value.expected_value``), and rate and charge mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Floats

STRENGTH = 2_000.0
"""Contacts that the stated rate counts for: at two in a thousand, as many as four customers lost (gamma-Poisson)."""


@dataclass(frozen=True, slots=True)
class UnsubscribeCount:
    """What contacts over one channel came to. pressure: sum over contacts of 1 + contacts in the period before each."""

    channel: str
    pressure: float
    unsubscribed: int

    def __post_init__(self) -> None:
        if not (0.0 <= self.pressure < np.inf and 0 <= self.unsubscribed <= self.pressure):
            raise BadInput(
                f"unsubscribe counts do not add up: {self}", fix="count each contact once, and among them those that lost a customer"
            )


def rates(stated: Floats, channels: Sequence[str], counts: Sequence[UnsubscribeCount]) -> Floats:
    """Return the chance that one contact, the first in the period, loses the customer for the channel, (C,)."""
    lost, pressure = stated * STRENGTH, np.full(len(stated), STRENGTH)
    for count in counts:
        if count.channel in channels:
            place = list(channels).index(count.channel)
            lost[place] += count.unsubscribed
            pressure[place] += count.pressure
    chance: Floats = np.minimum(lost / pressure, 1.0)
    return chance
