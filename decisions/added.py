"""What a contact adds to each customer's chance of a purchase: for every candidate, or for the one that was chosen.

The effect on the customer in the middle and what the response model found beyond it add up; the whole is proportional to
how much more than others the customer reads and is addressed (``decisions.personal``). Both functions add up column after
column in the same order, so that what is shown of a choice is what it was chosen by.
"""

from __future__ import annotations

import numpy as np

from decisions.personal import Personal
from decisions.policy import Policy
from decisions.response import TENTH
from otokui.frames import Floats, Ints


def added_by_each(customers: Personal, policy: Policy) -> Floats:
    """Return the uplift of every candidate, (n, A)."""
    uplift = policy.terms.uplift
    out = customers.reach(policy.candidates.message, policy.candidates.channel)
    if not uplift.slopes.any():
        out *= uplift.mean
        return np.clip(out, -1.0, 1.0, out=out)
    effect = np.repeat(uplift.mean[None, :], len(customers), axis=0)
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        effect += customers.columns[:, place, None] * uplift.slopes[:, place]
    out *= effect
    return np.clip(out, -1.0, 1.0, out=out)


def added_by(customers: Personal, policy: Policy, chosen: Ints) -> Floats:
    """Return the uplift of candidate ``chosen[i]`` for customer i, (n,)."""
    uplift, candidates = policy.terms.uplift, policy.candidates
    effect = uplift.mean[chosen]
    for place in np.flatnonzero(uplift.slopes.any(axis=0)):
        effect = effect + customers.columns[:, place] * uplift.slopes[chosen, place]
    return np.clip(customers.reach_of(candidates.message[chosen], candidates.channel[chosen]) * effect, -1.0, 1.0)


def deviation_by_each(customers: Personal, policy: Policy, only: Ints | slice = slice(None)) -> Floats:
    """Return the standard deviation of the uplift of some candidates (of all), (n, len(only)); attention and fit are taken as known."""
    uplift, candidates = policy.terms.uplift, policy.candidates
    variance = np.repeat((((uplift.high - uplift.low) / (2.0 * TENTH)) ** 2)[None, only], len(customers), axis=0)
    for place in np.flatnonzero(uplift.slope_variances.any(axis=0)):
        variance += customers.columns[:, place, None] ** 2 * uplift.slope_variances[only, place]
    found: Floats = customers.reach(candidates.message[only], candidates.channel[only]) * np.sqrt(variance)
    return found


def interval(customers: Personal, policy: Policy, chosen: Ints) -> tuple[Floats, Floats]:
    """Return the ends of the 80% interval of ``added_by``, (n,) each; attention and fit are taken as known."""
    uplift, candidates = policy.terms.uplift, policy.candidates
    variance = ((uplift.high - uplift.low) / (2.0 * TENTH))[chosen] ** 2
    for place in np.flatnonzero(uplift.slope_variances.any(axis=0)):
        variance = variance + customers.columns[:, place] ** 2 * uplift.slope_variances[chosen, place]
    reach = customers.reach_of(candidates.message[chosen], candidates.channel[chosen])
    mean, half = added_by(customers, policy, chosen), TENTH * reach * np.sqrt(variance)
    return np.maximum(mean - half, -1.0), np.minimum(mean + half, 1.0)
