"""UTC offsets of the shop's time zone, with clock changes.

They convert between local seconds and UTC seconds. All other code works in int64 seconds; merged into send times, the handling of clock
changes would hide how the hour is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from otokui.domain import DAY, Instant, offset_seconds
from otokui.frames import Ints


@dataclass(frozen=True, slots=True)
class Offsets:
    """UTC offsets of the shop over a period, in seconds east.

    ``since[i]`` is the UTC instant from which ``seconds[i]`` holds; the first holds from ever.
    """

    since: Ints
    seconds: Ints

    def at(self, instants: Ints) -> Ints:
        """Return the UTC offset at each instant."""
        seconds: Ints = self.seconds[self._segment(instants)]
        return seconds

    def local(self, instants: Ints) -> Ints:
        """Return the local time of the shop, in seconds."""
        local: Ints = instants + self.at(instants)
        return local

    def to_utc(self, wall: Ints) -> Ints:
        """Return the UTC instants of local seconds.

        Of an hour that comes twice, the first is taken; an hour that is skipped is taken on the next day.
        """
        utc: Ints = wall - self.seconds[0]
        for since, seconds in zip(self.since[1:], self.seconds[1:], strict=True):
            later = wall - seconds
            utc = np.where(utc >= since, np.where(later >= since, later, later + DAY), utc)
        return utc

    def bounds(self, instants: Ints) -> tuple[Ints, Ints]:
        """Return the first and last instant with the same UTC offset around each instant."""
        segment = self._segment(instants)
        ends = np.append(self.since[1:], np.iinfo(np.int64).max) - 1
        return self.since[segment], ends[segment]

    def _segment(self, instants: Ints) -> Ints:
        segment: Ints = np.searchsorted(self.since, instants, side="right") - 1
        return segment


def offsets(timezone: str, as_of: Instant | int, days: int) -> Offsets:
    """Return the UTC offsets of an IANA time zone for ``days`` days from ``as_of``."""
    return _offsets(timezone, int(as_of) // DAY, days)


@lru_cache(maxsize=256)
def _offsets(timezone: str, day: int, days: int) -> Offsets:
    since, seconds = [np.iinfo(np.int64).min], [offset_seconds(timezone, day * DAY)]
    for begin in range(day * DAY, (day + days + 2) * DAY, DAY):
        if offset_seconds(timezone, begin + DAY) != seconds[-1]:
            since.append(_change(timezone, begin, begin + DAY))
            seconds.append(offset_seconds(timezone, begin + DAY))
    return Offsets(np.array(since, dtype=np.int64), np.array(seconds, dtype=np.int64))


def _change(timezone: str, before: int, after: int) -> int:
    """Return the first instant of the new offset in ``(before, after]``, by bisection."""
    old = offset_seconds(timezone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset_seconds(timezone, middle) == old else (before, middle)
    return after
