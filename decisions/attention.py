"""When contacts are read, and by whom: the shop's readings by hour of sending, and each customer's own against the shop's.

A message that nobody reads sells nothing, so what a contact adds is proportional to the chance that it is read (the
hierarchy of effects of Lavidge and Steiner, Journal of Marketing 1961). Readings are seen within hours and for every
contact; purchases that a contact caused never are. So readings tell much sooner which hour, and which customer, is worth it.

Hours are counted by when the contact was sent, as shares of what was sent then: an opening at nine mostly says that the
shop sent at nine. Both are gamma-Poisson: what was read against what was to be expected, each shrunk toward one
(Gelman et al., Bayesian Data Analysis, 3rd ed., 2.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Batch, Floats

HOUR_STRENGTH: Final = 10.0
"""Readings that the stated weight of an hour is worth against the shop's own."""
ATTENTION_SHAPE: Final = 1.5
"""Readings that the shop's rate is worth against the customer's own: the shape of the gamma of readers."""
ELSEWHERE: Final = 0.5
"""What a reading over another channel tells: half of what one over the same tells."""
LEAST, MOST = 0.25, 3.0
_WITH_COLUMNS: Final = ("email", "push", "sms", "line")


@dataclass(frozen=True, slots=True)
class ReadCount:
    """Contacts over one channel of which it is seen whether a person reads them, and those read, by local hour of sending."""

    channel: str
    sent: tuple[float, ...]
    read: tuple[float, ...]

    def __post_init__(self) -> None:
        sent, read = np.asarray(self.sent, dtype=np.float64), np.asarray(self.read, dtype=np.float64)
        if sent.shape != (24,) or read.shape != (24,) or not (np.isfinite(sent).all() and ((read >= 0.0) & (read <= sent)).all()):
            raise BadInput(
                f"reading counts of channel {self.channel!r} do not add up: {self}",
                fix="count contacts by local hour of sending, 24 numbers, and among them those that were read",
            )


def hour_shares(prior: Floats, channels: Sequence[str], counts: Sequence[ReadCount]) -> Floats:
    """Return the relative draw of each local hour by channel, (C, 24), rows summing to one.

    prior: (C, 24) weights, any scale, all zero = even. Counts of channels that are no longer there are passed over.
    """
    even = np.full_like(prior, 1.0 / 24)
    total = prior.sum(axis=1, keepdims=True)
    shares = np.divide(prior, total, out=even, where=total > 0)
    shares = 0.99 * shares + 0.01 / 24  # no hour is impossible
    for count in counts:
        if count.channel in channels:
            row = list(channels).index(count.channel)
            weight = np.asarray(count.sent) * shares[row]
            expected = sum(count.read) * weight / max(float(weight.sum()), 1e-12)
            shares[row] *= (HOUR_STRENGTH + np.asarray(count.read)) / (HOUR_STRENGTH + expected)
    drawn: Floats = shares / shares.sum(axis=1, keepdims=True)
    return drawn


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
