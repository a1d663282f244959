"""Terms of candidates as arrays: uplift, costs, incentives, save and unsubscribe rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from decisions.candidates.candidates import Candidates
from decisions.candidates.channel_engagement import Rates
from decisions.candidates.channel_message_arrays import Offers
from decisions.candidates.message_affinity import MessageAffinities
from decisions.candidates.retention import save_rates
from decisions.candidates.uplift_prior import Uplift
from otokui.frames import Floats, Ints
from scoring.pair_models.uplift import UpliftModel


@dataclass(frozen=True, slots=True)
class Terms:
    """Uplift, cost and rates of ``A`` candidates, (A,) each.

    Units are money, or chances of a purchase.
    """

    uplift: Uplift
    channel_cost: Floats  # per contact
    incentive: Floats  # per response
    care: Floats  # per contact, beyond the purchase
    save_rate: Floats  # share of leaving customers whom the contact retains
    unsubscribe_rate: Floats  # chance that one contact unsubscribes the customer from the channel
    fixed: Floats  # care - channel cost
    with_incentive: Ints  # the candidates whose incentive is not zero

    @classmethod
    def of(cls, offers: Offers, learnt: Uplift, unsubscribe_rates: Floats) -> Terms:
        """Lay the terms of messages and channels out over the candidates; unsubscribe_rates: (C,)."""
        messages, channels, candidates = offers.messages, offers.channels, offers.candidates
        cost, care = channels.cost[candidates.channel], messages.care_value[candidates.message]
        incentive = messages.incentive_cost[candidates.message]
        unsubscribe = unsubscribe_rates[candidates.channel]
        saved = save_rates(messages.prior_save_rate[candidates.message], channels.response_factor[candidates.channel])
        return cls(learnt, cost, incentive, care, saved, unsubscribe, care - cost, np.flatnonzero(incentive > 0.0))

    def narrowed(self, index: Ints) -> Terms:
        """Return the terms of some of the candidates, in the order of ``index``."""
        incentive = self.incentive[index]
        return Terms(
            self.uplift.only(index), self.channel_cost[index], incentive, self.care[index], self.save_rate[index],
            self.unsubscribe_rate[index], self.fixed[index], np.flatnonzero(incentive > 0.0),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonalFactors:
    """Factors that differ uplift by customer: message affinity, read rates, response model, wear-out."""

    leanings: MessageAffinities
    read_rates: Rates
    response: UpliftModel | None  # None: priors and counts apply, and all customers are alike
    wear_out: float
    period_days: float  # the period in which recent contacts count


@dataclass(frozen=True, slots=True)
class ValueRules:
    """Parameters of the expected value of a contact: one part of a policy."""

    candidates: Candidates
    response_days: Floats  # (M,)
    terms: Terms
    personal: PersonalFactors
    margin_rate: float
    horizon_days: float
    beyond_first: float  # money of further purchases after a first one
    beyond_second: float  # and after a second one
    enquiry_days: float  # the period in which an enquiry is a churn signal
    leaving_share: float  # the share of enquirers who leave
    unsubscribe_loss_share: float
    sure_from_cost: float  # channel cost from which on the value must surely cover it

    @property
    def expensive(self) -> Ints:
        """Indices of candidates over expensive channels, whose value must surely cover the cost, (k,)."""
        return np.flatnonzero(self.terms.channel_cost >= self.sure_from_cost)

    def narrowed(self, candidates: Candidates, index: Ints) -> ValueRules:
        """Return the value parameters of fewer candidates.

        index: their positions among the present candidates.
        """
        return replace(self, candidates=candidates, terms=self.terms.narrowed(index))
