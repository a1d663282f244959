"""Channel engagement: read rates by hour of the week, and each customer's attention.

An unread message sells nothing, so the uplift of a contact is proportional to the chance that it is read (the hierarchy of effects of
Lavidge and Steiner, Journal of Marketing 1961). Reads are observed within hours and for every contact; purchases caused by a contact
never are. So reads tell much sooner which hour and which customer is worth a contact.

Hours are counted by send time, as shares of the contacts sent in that hour: an open at nine mostly means that the shop sent at nine. An
hour is estimated with its neighbours, and working days and weekends are shrunk towards the hours of all days. All estimates are
gamma-Poisson: reads against expected reads, each shrunk toward one (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6).
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
"""Weight of the stated share of an hour, in reads."""
DAYS_STRENGTH: Final = 100.0
"""Weight of an hour of all days against the same hour of working days, or of weekends, in reads."""
ATTENTION_SHAPE: Final = 1.5
"""Weight of the shop's read rate against the customer's own, in reads: the shape of the gamma prior."""
ELSEWHERE: Final = 0.5
"""Weight of reads over the other channels, against those over the same one."""
LEAST, MOST = 0.25, 3.0
_WITH_COLUMNS: Final = ("email", "push", "sms", "line")
_ALL_DAYS: Final = list(range(7))
_WORKING_DAYS: Final = [day for day in _ALL_DAYS if day not in WEEKEND]


@dataclass(frozen=True, slots=True)
class ReadCount:
    """Counts of sent and read contacts over one channel, by local hour of the week.

    Only contacts whose reading is observable count. sent, read: 168 numbers, from Monday's first hour to Sunday's last, by the hour of
    sending.
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
    """Return the read share of each local hour by channel and weekday, (C, 7, 24).

    Monday is first; the hours of a day sum to one. prior: (C, 24) weights, any scale, all zero = even. Counts of channels that are no
    longer configured are passed over.
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
    normalised: Floats = week / week.sum(axis=2, keepdims=True)
    return normalised


def _moved(shares: Floats, sent: Floats, read: Floats, strength: float) -> Floats:
    """Return the factor by which reads move each hour of some days, (24,).

    It compares the reads with the reads expected by the shares.
    """
    weight = sent * shares
    expected = read.sum() * weight / max(float(weight.sum()), 1e-12)
    factor: Floats = (strength + _with_neighbours(read)) / (strength + _with_neighbours(expected))
    return factor


def _with_neighbours(hours: Floats) -> Floats:
    """Smooth hourly counts with half from the neighbouring hours, (24,).

    The total stays the same. Customers who read at nine read at ten.
    """
    smooth: Floats = 0.5 * hours + 0.25 * (np.roll(hours, 1) + np.roll(hours, -1))
    return smooth


@dataclass(frozen=True, slots=True)
class Rates:
    """Read rate of contacts by channel, (C,); NaN where reads cannot be observed."""

    channels: tuple[str, ...]
    rate: Floats

    @classmethod
    def of(cls, channels: Sequence[str], counts: Sequence[ReadCount]) -> Rates:
        """Return the read rates of the channels from their counts.

        The rate of a channel without any observed read is NaN.
        """
        rate = np.full(len(channels), np.nan)
        for count in counts:
            sent, read = sum(count.sent), sum(count.read)
            if count.channel in channels and read > 0.0:
                rate[list(channels).index(count.channel)] = read / sent
        return cls(tuple(channels), rate)


def attention(rates: Rates, summaries: Batch) -> Floats:
    """Return each customer's attention to each channel, relative to the shop's mean, (n, C).

    1 = as the mean, or not known. summaries: with the columns of contacts; without them every customer is as the mean.
    """
    n, channels = len(summaries), rates.channels
    read, expected = np.zeros((n, len(channels))), np.zeros((n, len(channels)))
    for place, name in enumerate(channels):
        if name in _WITH_COLUMNS and np.isfinite(rates.rate[place]):
            sent = _counted(summaries, f"sent_{name}_count")
            if name == "email":
                sent = np.maximum(sent - _counted(summaries, "machine_opened_email_count"), 0.0)
            read[:, place] = np.minimum(_counted(summaries, f"opened_{name}_count"), sent)
            expected[:, place] = sent * rates.rate[place]
    read, expected = (ELSEWHERE * part.sum(axis=1)[:, None] + (1.0 - ELSEWHERE) * part for part in (read, expected))
    relative: Floats = np.clip((ATTENTION_SHAPE + read) / (ATTENTION_SHAPE + expected), LEAST, MOST)
    return relative


def _counted(summaries: Batch, name: str) -> Floats:
    if name not in summaries.names:
        return np.zeros(len(summaries))
    values = summaries.column(name)
    return np.where(np.isfinite(values) & (values > 0.0), values, 0.0)
