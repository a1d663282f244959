"""The simulated shop: day after day, with all that is hidden from whoever plays against it.

A world owns state and order of events; what happens is decided in the files beside it, one mechanism each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from otokui.domain import Instant
from otokui.offers import Channel, Message
from simulator.sends import Day, Sends
from simulator.settings import WorldSettings

__all__ = ["Day", "Sends", "World", "WorldSettings"]


class World:
    """A shop with customers whose truth is known here and nowhere else."""

    settings: WorldSettings
    channels: tuple[Channel, ...]
    messages: tuple[Message, ...]
    customer_ids: NDArray[np.str_]
    day: int
    start: Instant

    @classmethod
    def create(
        cls, settings: WorldSettings, *, customers: int, seed: int, channels: Sequence[Channel], messages: Sequence[Message], timezone: str
    ) -> Self:
        """Make a shop on the morning of its first day; the same arguments make the same shop."""
        raise NotImplementedError

    @property
    def now(self) -> Instant:
        """Local midnight at which the next day begins."""
        raise NotImplementedError

    def live(self, sends: Sends) -> Day:
        """Let one day pass, deliver what is due of ``sends`` (and of earlier ones), and return what it came to."""
        raise NotImplementedError

    def history(self, days: int, policy: str = "none") -> Iterator[Day]:
        """Let days pass under a built-in policy: random, none, everybody, rfm."""
        raise NotImplementedError

    def fork(self) -> Self:
        """Return a twin: the same state, and the same chance from here on."""
        raise NotImplementedError
