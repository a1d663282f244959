"""Unsubscribe rate per contact: a stated prior, updated by the shop's own counts.

A contact soon after others loses more customers than one after a silence. So each contact counts as often as it was the n-th within the
rolling period. The expected value charges it the same way (``decisions.value.expected_value``), so rate and charge mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Floats

STRENGTH = 2_000.0
"""Weight of the stated rate in contacts: at two in a thousand, as many as four customers lost (gamma-Poisson)."""


@dataclass(frozen=True, slots=True)
class UnsubscribeCount:
    """Contacts and unsubscribes counted over one channel.

    pressure: sum over contacts of 1 + contacts in the period before each.
    """

    channel: str
    pressure: float
    unsubscribed: int

    def __post_init__(self) -> None:
        if not (0.0 <= self.pressure < np.inf and 0 <= self.unsubscribed <= self.pressure):
            raise BadInput(
                f"unsubscribe counts do not add up: {self}", fix="count each contact once, and among them those that lost a customer"
            )


def rates(stated: Floats, channels: Sequence[str], counts: Sequence[UnsubscribeCount]) -> Floats:
    """Return the chance that one contact unsubscribes the customer from the channel, (C,).

    The contact is the first in the period.
    """
    lost, pressure = stated * STRENGTH, np.full(len(stated), STRENGTH)
    for count in counts:
        if count.channel in channels:
            place = list(channels).index(count.channel)
            lost[place] += count.unsubscribed
            pressure[place] += count.pressure
    chance: Floats = np.minimum(lost / pressure, 1.0)
    return chance
