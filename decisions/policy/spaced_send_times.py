"""Send times that keep the spacing: a contact that is too near is moved.

What counts as too near is ``adapters.ledger.reserve.spacing``; the hours are settings. The ledger gives for each channel the instants
between which another contact would be too near to one that was sent, or that a live reservation may still send: ``spacing_from`` and
``spacing_until`` (``otokui.frames.contact_state``). A contact whose best time falls between them is moved to a later one that keeps the
spacing, within the window of send times; where the window ends before that, to an earlier one. If neither is possible, the channel is
refused. Both need a whole day, so that a permitted hour is certain to lie in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from otokui.domain import DAY, HOUR
from otokui.frames import Bools, Floats, Ints

_NEEDED = DAY + HOUR
"""Seconds in which a permitted hour is certain to begin, on the day when the clock changes too."""


@dataclass(frozen=True, slots=True)
class SpacingTimes:
    """Send times that are possible under the spacing, seconds after the decision.

    window_seconds: the end of the window; soonest_seconds: (C,) by when a contact made as soon as possible is over, if it is made.
    """

    window_seconds: int
    soonest_seconds: Ints

    @classmethod
    def of(cls, lead_seconds: Ints, window_days: int, valid_hours: float) -> SpacingTimes:
        """Return the times of a policy. lead_seconds: (C,)."""
        return cls(window_days * DAY, np.maximum(lead_seconds + _NEEDED, round(valid_hours * HOUR)))

    @classmethod
    def at_visit(cls, channels: int, valid_hours: float) -> SpacingTimes:
        """Return the times of a visit, where a contact is made at once or never."""
        return cls(0, np.full(channels, round(valid_hours * HOUR), dtype=np.int64))

    def later(self, as_of: int, until: Floats) -> Bools:
        """Return where a contact fits after the spacing; NaN does not."""
        fits: Bools = until + _NEEDED <= as_of + self.window_seconds
        return fits

    def sooner(self, as_of: int, begin: Floats, channel: Ints) -> Bools:
        """Return where a contact made as soon as possible fits before the spacing.

        channel: of each contact; NaN does not fit.
        """
        fits: Bools = as_of + self.soonest_seconds[channel] <= begin
        return fits


@dataclass(frozen=True, slots=True)
class Spaced:
    """Instants between which a contact would be too near to another.

    (n,) each, epoch seconds; NaN both = none.
    """

    begin: Floats
    until: Floats

    @classmethod
    def free(cls, customers: int) -> Spaced:
        """Return customers without any other contact."""
        return cls(np.full(customers, np.nan), np.full(customers, np.nan))

    def rows(self, index: Ints) -> Spaced:
        """Return some of the customers."""
        return Spaced(self.begin[index], self.until[index])

    def near(self, first: Ints, last: Ints) -> Bools:
        """Return where a contact in ``[first, last]`` would break the minimum spacing.

        Shapes broadcast over (n,).
        """
        no_begin, no_until = np.isnan(self.begin), np.isnan(self.until)
        apart = ((last <= self.begin) | (first >= self.until)) & ~(no_begin | no_until)
        too_near: Bools = ~((no_begin & no_until) | apart)
        return too_near
