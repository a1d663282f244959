"""What sets each customer apart from the customer in the middle, as far as it bears on what a contact adds.

What a contact adds is the effect on the customer in the middle (a prior, or learnt) times how much more than others this
customer reads the channel (``decisions.attention``) and how rested they are (``decisions.wear``), times how well the message
fits (its ``leanings``, stated by the shop), times the chance that there is a purchase left to add: who would buy anyway cannot be
moved to it (the sure things of uplift modelling). What the response model found beyond that is in the effect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.attention import attention
from decisions.policy import Policy
from decisions.wear import rested
from otokui.frames import Batch, Floats, Ints, Predictions


@dataclass(frozen=True, slots=True)
class Personal:
    """Of ``n`` customers: attention (n, C) to each channel, 1 = as the customer in the middle, if rested; fit (n, M) of each message,
    the chance of no purchase without it taken in; columns (n, q) of the response model, q = 0 where none is live.
    """

    attention: Floats
    fit: Floats
    columns: Floats

    @classmethod
    def of(cls, predictions: Predictions, vectors: Batch, summaries: Batch, policy: Policy, p_without: Floats, of_late: Floats) -> Personal:
        """Gather what is known of the customers; what is not known makes nobody different. p_without: (n, M); of_late: (n,) contacts."""
        columns = np.zeros((len(vectors), 0)) if policy.response is None else policy.response.columns(vectors)
        fit = policy.leanings.fit(vectors, predictions) * (1.0 - p_without)
        today = attention(policy.read_rates, summaries) * rested(of_late, policy.limits.wear_out)[:, None]
        return cls(today, fit, columns)

    def __len__(self) -> int:
        return len(self.attention)

    def rows(self, index: Ints | slice) -> Personal:
        """Return some of the customers."""
        return Personal(self.attention[index], self.fit[index], self.columns[index])

    def reach(self, message: Ints, channel: Ints) -> Floats:
        """Return attention x fit of every customer for A candidates, (n, A)."""
        both = self.attention.take(channel, axis=1)
        both *= self.fit.take(message, axis=1)
        return both

    def reach_of(self, message: Ints, channel: Ints) -> Floats:
        """Return attention x fit of customer i for candidate i, (n,)."""
        rows = np.arange(len(self))
        found: Floats = self.attention[rows, channel] * self.fit[rows, message]
        return found
