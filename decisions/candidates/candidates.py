"""Candidates: pairs of one message and one channel, the columns of every candidate array.

They are ordered by priority, highest first and stable, so that of equal values the first is the one the shop ranked first, and no second
sort is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from otokui.frames import Ints
from otokui.settings.contacts.messages import Message


@dataclass(frozen=True, slots=True)
class Candidates:
    """``A`` pairs of a message and a channel."""

    message: Ints  # (A,) index of the message
    channel: Ints  # (A,) index of the channel
    at: Ints  # (M, C) index of the candidate, -1 where the message does not go over the channel

    def __len__(self) -> int:
        return len(self.message)


def pair(
    messages: Sequence[Message],
    channels: Sequence[str],
    only_scenarios: Collection[str] | None = None,
    only_channels: Collection[str] | None = None,
) -> Candidates:
    """Pair every enabled message with each of its channels, highest priority first.

    ``only_scenarios`` and ``only_channels`` narrow the candidates, as a request of the send engine may. Disabled channels are paired too:
    being disabled is a constraint, which ``explain`` can show.
    """
    pairs = [
        (row, channels.index(name))
        for row in sorted(range(len(messages)), key=lambda row: -messages[row].priority)
        for name in dict.fromkeys(messages[row].channels)
        if messages[row].enabled
        and (only_scenarios is None or messages[row].scenario in only_scenarios)
        and (only_channels is None or name in only_channels)
    ]
    at = np.full((len(messages), len(channels)), -1, dtype=np.int64)
    for index, (row, column) in enumerate(pairs):
        at[row, column] = index
    table = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)
    return Candidates(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]), at)
