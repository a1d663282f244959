"""What a contact is worth because it may keep somebody who is about to leave: chance to leave x save rate x what would be lost.

Nobody sees a customer of a shop without contracts leave; what is seen is an omen. Who is dissatisfied speaks up before
going (Hirschman, Exit, Voice and Loyalty, 1970), so of those who have just enquired more are about to leave than of others, and unlike
those who have fallen silent they can still be kept. How many more, the shop's own records say: the purchases that enquirers do not make
afterwards, against customers like them who did not enquire. What keeping them earns is the arithmetic of churn management (Neslin et al.,
Journal of Marketing Research 2006). Apart from uplift, which counts one purchase within the response days: here a whole stream is at stake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Batch, Floats

MOST_SAVED: Final = 0.5
"""Of those about to leave, the most that any contact is taken to keep."""
PRIOR_PURCHASES: Final = 10.0
"""Expected purchases of enquirers that the stated share of leavers is worth against the shop's own."""
MOST_LEAVING: Final = 0.9
LEAST_COMING: Final = 0.05
SURE_SHARE: Final = 0.5
"""Of what keeping brings, the part that counts as sure: save rates are stated, not learnt, and half of one is within reason."""


@dataclass(frozen=True, slots=True)
class OmenCount:
    """Purchases that enquirers made afterwards, and those that customers like them who did not enquire lead to expect."""

    made: float = 0.0
    expected: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.made < np.inf and 0.0 <= self.expected < np.inf):
            raise BadInput(f"counts after enquiries do not add up: {self}", fix="count purchases, numbers of at least 0")


NOTHING_SEEN: Final = OmenCount()


def leaving_share(stated: float, count: OmenCount) -> float:
    """Return the share of enquirers who leave: the stated one, moved by the purchases that are missing afterwards.

    Purchases made are Poisson around (1 - share) x expected; the gamma prior of 1 - share is worth PRIOR_PURCHASES (Gelman et al.,
    Bayesian Data Analysis, 3rd ed., 2.6).
    """
    stays = (PRIOR_PURCHASES * (1.0 - stated) + count.made) / (PRIOR_PURCHASES + count.expected)
    return float(np.clip(1.0 - stays, 0.0, MOST_LEAVING))


def leaving(vectors: Batch, share: float, omen_days: float) -> Floats:
    """Return the chance that each of ``n`` customers is about to leave, (n,): 0 without an enquiry in the last ``omen_days``.

    Each further enquiry is one more chance; older ones count for less.
    """
    if not {"days_since_enquiry", "enquiry_decay_30"} <= set(vectors.names):
        return np.zeros(len(vectors))
    enquired = vectors.column("days_since_enquiry") <= omen_days
    enquiries = np.where(enquired, vectors.column("enquiry_decay_30"), 0.0)
    enquiries = np.where(enquiries > 0.0, enquiries, 0.0)
    return 1.0 - (1.0 - share) ** enquiries


def stake(spend: Floats, comes: Floats) -> Floats:
    """Return what those spend who come again at all, (n,): spend expected over a horizon, by the chance of a purchase within it.

    The expectation takes in that many have gone already; who has just enquired has not.
    """
    return spend / np.maximum(comes, LEAST_COMING)


def save_rates(prior: Floats, response_factor: Floats) -> Floats:
    """Return the share of those about to leave whom each of ``A`` candidates keeps, (A,); prior: of one e-mail."""
    return np.minimum(prior * response_factor, MOST_SAVED)


def retention_value(at_stake: Floats, attention: Floats, rate: Floats) -> Floats:
    """Return the money that contacts bring by keeping customers: of one shape with ``attention``, the customer's to the channel.

    at_stake: money that would be lost with the customer, times the chance of leaving; rate: the save rate of the candidate.
    """
    kept: Floats = np.minimum(attention * rate, MOST_SAVED) * at_stake
    return kept
