"""What each candidate costs and brings before any customer is looked at, as arrays over the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from decisions.candidates import Candidates
from decisions.offer_arrays import ChannelArrays, MessageArrays
from decisions.response import Uplift
from otokui.frames import Floats, Ints

MOST_SAVED: Final = 0.5
"""Of those about to leave, the most that any contact is taken to keep."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of ``A`` candidates, (A,) each; money, or chances of a purchase."""

    uplift: Uplift
    channel_cost: Floats  # per contact
    incentive: Floats  # per response
    care: Floats  # per contact, beyond the purchase
    save_rate: Floats  # share of those about to leave whom the contact keeps
    unsubscribe_rate: Floats  # chance that one contact loses the customer for the channel
    fixed: Floats  # care - channel cost
    with_incentive: Ints  # the candidates whose incentive is not zero

    @classmethod
    def of(
        cls, messages: MessageArrays, channels: ChannelArrays, candidates: Candidates, learnt: Uplift, unsubscribe_rates: Floats
    ) -> Terms:
        """Lay the terms of messages and channels out over the candidates; unsubscribe_rates: (C,)."""
        cost, care = channels.cost[candidates.channel], messages.care_value[candidates.message]
        incentive = messages.incentive_cost[candidates.message]
        unsubscribe = unsubscribe_rates[candidates.channel]
        saved = save_rates(messages.prior_save_rate[candidates.message], channels.response_factor[candidates.channel])
        return cls(learnt, cost, incentive, care, saved, unsubscribe, care - cost, np.flatnonzero(incentive > 0.0))

    def kept(self, index: Ints) -> Terms:
        """Return the terms of some of the candidates, in the order of ``index``."""
        incentive = self.incentive[index]
        return Terms(
            self.uplift.only(index), self.channel_cost[index], incentive, self.care[index], self.save_rate[index],
            self.unsubscribe_rate[index], self.fixed[index], np.flatnonzero(incentive > 0.0),
        )  # fmt: skip


def save_rates(prior: Floats, response_factor: Floats) -> Floats:
    """Return the share of those about to leave whom each of ``A`` candidates keeps, (A,); prior: of one e-mail."""
    return np.minimum(prior * response_factor, MOST_SAVED)
