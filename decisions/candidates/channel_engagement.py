"""When contacts are read, and by whom: the shop's readings by hour of the week, and each customer's own against the shop's.

A message that nobody reads sells nothing, so what a contact adds is proportional to the chance that it is read (the
hierarchy of effects of Lavidge and Steiner, Journal of Marketing 1961). Readings are seen within hours and for every
contact; purchases that a contact caused never are. So readings tell much sooner which hour, and which customer, is worth it.

Hours are counted by when the contact was sent, as shares of what was sent then: an opening at nine mostly says that the
shop sent at nine. An hour is judged with its neighbours, and working days and weekends are drawn towards the hours of all days.
All are gamma-Poisson: what was read against what was to be expected, each shrunk toward one (Gelman et al., Bayesian Data
Analysis, 3rd ed., 2.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.local_time import WEEKEND
from otokui.errors import BadInput
from otokui.frames import Batch, Floats

HOUR_STRENGTH: Final = 10.0
"""Readings that the stated weight of an hour is worth against the shop's own."""
DAYS_STRENGTH: Final = 100.0
"""Readings that an hour of all days is worth against the same hour of working days, or of weekends, alone."""
ATTENTION_SHAPE: Final = 1.5
"""Readings that the shop's rate is worth against the customer's own: the shape of the gamma of readers."""
ELSEWHERE: Final = 0.5
"""What a reading over another channel tells: half of what one over the same tells."""
LEAST, MOST = 0.25, 3.0
_WITH_COLUMNS: Final = ("email", "push", "sms", "line")
_ALL_DAYS: Final = list(range(7))
_WORKING_DAYS: Final = [day for day in _ALL_DAYS if day not in WEEKEND]


@dataclass(frozen=True, slots=True)
class ReadCount:
    """Contacts over one channel of which it is seen whether a person reads them, and those read, by local hour of the week of sending.

    sent, read: 168 numbers, from Monday's first hour to Sunday's last.
    """

    channel: str
    sent: tuple[float, ...]
    read: tuple[float, ...]

    def __post_init__(self) -> None:
        sent, read = np.asarray(self.sent, dtype=np.float64), np.asarray(self.read, dtype=np.float64)
        if sent.shape != (168,) or read.shape != (168,) or not (np.isfinite(sent).all() and ((read >= 0.0) & (read <= sent)).all()):
            raise BadInput(
                f"reading counts of channel {self.channel!r} do not add up: {sent.shape} hours, {sent.sum():g} sent, {read.sum():g} read",
                fix="count contacts by local hour of the week of sending, 168 numbers from Monday on, and among them those that were read",
            )


def hour_shares(prior: Floats, channels: Sequence[str], counts: Sequence[ReadCount]) -> Floats:
    """Return the relative draw of each local hour by channel and weekday, Monday first, (C, 7, 24); the hours of a day sum to one.

    prior: (C, 24) weights, any scale, all zero = even. Counts of channels that are no longer there are passed over.
    """
    even = np.full_like(prior, 1.0 / 24)
    total = prior.sum(axis=1, keepdims=True)
    shares = np.divide(prior, total, out=even, where=total > 0)
    shares = 0.99 * shares + 0.01 / 24  # no hour is impossible
    week = np.repeat(shares[:, None, :], 7, axis=1)
    for count in counts:
        if count.channel in channels:
            of_channel = week[list(channels).index(count.channel)]
            sent, read = (np.asarray(each, dtype=np.float64).reshape(7, 24) for each in (count.sent, count.read))
            for days, strength in ((_ALL_DAYS, HOUR_STRENGTH), (_WORKING_DAYS, DAYS_STRENGTH), (list(WEEKEND), DAYS_STRENGTH)):
                of_channel[days] *= _moved(of_channel[days][0], sent[days].sum(axis=0), read[days].sum(axis=0), strength)
    drawn: Floats = week / week.sum(axis=2, keepdims=True)
    return drawn


def _moved(shares: Floats, sent: Floats, read: Floats, strength: float) -> Floats:
    """Return the factor by which readings move each hour of some days, (24,): what was read against what the shares lead to expect."""
    weight = sent * shares
    expected = read.sum() * weight / max(float(weight.sum()), 1e-12)
    factor: Floats = (strength + _with_neighbours(read)) / (strength + _with_neighbours(expected))
    return factor


def _with_neighbours(hours: Floats) -> Floats:
    """Return each hour with half of what its neighbours have, (24,), as much in all: who reads at nine reads at ten."""
    smooth: Floats = 0.5 * hours + 0.25 * (np.roll(hours, 1) + np.roll(hours, -1))
    return smooth


@dataclass(frozen=True, slots=True)
class Rates:
    """Share of contacts read by channel, (C,): NaN where nobody sees whether they are read."""

    channels: tuple[str, ...]
    rate: Floats

    @classmethod
    def of(cls, channels: Sequence[str], counts: Sequence[ReadCount]) -> Rates:
        """Return the rates that the counts come to; a channel that was never seen read tells nothing."""
        rate = np.full(len(channels), np.nan)
        for count in counts:
            sent, read = sum(count.sent), sum(count.read)
            if count.channel in channels and read > 0.0:
                rate[list(channels).index(count.channel)] = read / sent
        return cls(tuple(channels), rate)


def attention(rates: Rates, summaries: Batch) -> Floats:
    """Return how much more than the shop's mean each of ``n`` customers reads each channel, (n, C); 1 = as the mean, or nothing known.

    summaries: with the columns of contacts; without them everybody is as the mean.
    """
    n, channels = len(summaries), rates.channels
    read, expected = np.zeros((n, len(channels))), np.zeros((n, len(channels)))
    for place, name in enumerate(channels):
        if name in _WITH_COLUMNS and np.isfinite(rates.rate[place]):
            seen = _counted(summaries, f"sent_{name}_count")
            if name == "email":
                seen = np.maximum(seen - _counted(summaries, "machine_opened_email_count"), 0.0)
            read[:, place] = np.minimum(_counted(summaries, f"opened_{name}_count"), seen)
            expected[:, place] = seen * rates.rate[place]
    read, expected = (ELSEWHERE * part.sum(axis=1)[:, None] + (1.0 - ELSEWHERE) * part for part in (read, expected))
    found: Floats = np.clip((ATTENTION_SHAPE + read) / (ATTENTION_SHAPE + expected), LEAST, MOST)
    return found


def _counted(summaries: Batch, name: str) -> Floats:
    if name not in summaries.names:
        return np.zeros(len(summaries))
    values = summaries.column(name)
    return np.where(np.isfinite(values) & (values > 0.0), values, 0.0)
