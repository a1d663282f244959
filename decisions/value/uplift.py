"""Uplift of each customer's purchase chance: for every candidate, or for the chosen one.

It is the effect on the customer in the middle (a prior, or learnt), with the response model's difference for this customer, times four
factors: the customer's attention to the channel (``decisions.candidates.channel_engagement``), the share left by wear-out
(``decisions.candidates.wear_out``), the message affinity (``leanings``, stated by the shop), and the chance that there is a purchase left
to add: a customer who would buy anyway cannot be moved to it (the sure things of uplift modelling). Every function adds up column after
column in the same order, so that the reported uplift of a choice is the one it was chosen by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from decisions.candidates.candidate_terms import PersonalFactors, ValueRules
from decisions.candidates.channel_engagement import attention
from decisions.candidates.uplift_prior import TENTH
from decisions.candidates.wear_out import uplift_share_left
from decisions.customer_batch import CustomerBatch
from otokui.frames import Floats, Ints


@dataclass(frozen=True, slots=True)
class UpliftFactors:
    """Uplift factors of ``n`` customers: attention, message fit and model columns.

    attention: (n, C) to each channel after wear-out, 1 = as the customer in the middle; fit: (n, M) of each message, times the chance of
    no purchase without it; columns: (n, q) of the response model, q = 0 if none is live.
    """

    attention: Floats
    fit: Floats
    columns: Floats

    @classmethod
    def of(cls, batch: CustomerBatch, factors: PersonalFactors, p_without: Floats, recent: Floats) -> UpliftFactors:
        """Return the uplift factors of a customer batch; unknown columns are neutral.

        p_without: (n, M); recent: (n,) recent contacts.
        """
        columns = np.zeros((len(batch), 0)) if factors.response is None else factors.response.columns(batch.vectors)
        fit = factors.leanings.fit(batch.vectors, batch.predictions) * (1.0 - p_without)
        attention_left = attention(factors.read_rates, batch.summaries) * uplift_share_left(recent, factors.wear_out)[:, None]
        return cls(attention_left, fit, columns)

    def __len__(self) -> int:
        return len(self.attention)

    def rows(self, index: Ints | slice) -> UpliftFactors:
        """Return the uplift factors of some of the customers."""
        return UpliftFactors(self.attention[index], self.fit[index], self.columns[index])

    def reach(self, message: Ints, channel: Ints) -> Floats:
        """Return attention x fit of every customer for A candidates, (n, A)."""
        both = self.attention.take(channel, axis=1)
        both *= self.fit.take(message, axis=1)
        return both

    def reach_of(self, message: Ints, channel: Ints) -> Floats:
        """Return attention x fit of customer i for candidate i, (n,)."""
        rows = np.arange(len(self))
        reach: Floats = self.attention[rows, channel] * self.fit[rows, message]
        return reach


def candidate_uplifts(customers: UpliftFactors, rules: ValueRules) -> Floats:
    """Return the uplift of every candidate, (n, A)."""
    uplift = rules.terms.uplift
    out = customers.reach(rules.candidates.message, rules.candidates.channel)
    if not uplift.slopes.any():
        out *= uplift.mean
        return np.clip(out, -1.0, 1.0, out=out)
    effect = np.repeat(uplift.mean[None, :], len(customers), axis=0)
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        effect += customers.columns[:, place, None] * uplift.slopes[:, place]
    out *= effect
    return np.clip(out, -1.0, 1.0, out=out)


def chosen_uplift(customers: UpliftFactors, rules: ValueRules, chosen: Ints) -> Floats:
    """Return the uplift of candidate ``chosen[i]`` for customer i, (n,)."""
    uplift, candidates = rules.terms.uplift, rules.candidates
    effect = uplift.mean[chosen]
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        effect = effect + customers.columns[:, place] * uplift.slopes[chosen, place]
    return np.clip(customers.reach_of(candidates.message[chosen], candidates.channel[chosen]) * effect, -1.0, 1.0)


def uplift_deviation(customers: UpliftFactors, rules: ValueRules, only: Ints | slice = slice(None)) -> Floats:
    """Return the standard deviation of the uplift of candidates, (n, len(only)).

    Attention and fit are taken as known. only: some candidates (all).
    """
    uplift, candidates = rules.terms.uplift, rules.candidates
    variance = np.repeat((((uplift.high - uplift.low) / (2.0 * TENTH)) ** 2)[None, only], len(customers), axis=0)
    for place in np.flatnonzero(uplift.slope_variances.any(axis=0)):
        variance += customers.columns[:, place, None] ** 2 * uplift.slope_variances[only, place]
    deviation: Floats = customers.reach(candidates.message[only], candidates.channel[only]) * np.sqrt(variance)
    return deviation


def interval(customers: UpliftFactors, rules: ValueRules, chosen: Ints) -> tuple[Floats, Floats]:
    """Return the ends of the 80% interval of ``chosen_uplift``, (n,) each.

    Attention and fit are taken as known.
    """
    uplift, candidates = rules.terms.uplift, rules.candidates
    variance = ((uplift.high - uplift.low) / (2.0 * TENTH))[chosen] ** 2
    for place in np.flatnonzero(uplift.slope_variances.any(axis=0)):
        variance = variance + customers.columns[:, place] ** 2 * uplift.slope_variances[chosen, place]
    reach = customers.reach_of(candidates.message[chosen], candidates.channel[chosen])
    mean, half = chosen_uplift(customers, rules, chosen), TENTH * reach * np.sqrt(variance)
    return np.maximum(mean - half, -1.0), np.minimum(mean + half, 1.0)
