"""Retention value of a contact: chance to leave x save rate x value at risk.

Churn in a shop without contracts is never observed; an enquiry is a churn signal. Dissatisfied customers complain before they leave
(Hirschman, Exit, Voice and Loyalty, 1970), so more of the customers who have just enquired are about to leave than of others, and unlike
silent ones they can still be retained. The shop's own records give the share: the purchases that enquirers do not make afterwards,
against similar customers who did not enquire. The value of retaining them follows the arithmetic of churn management (Neslin et al.,
Journal of Marketing Research 2006). It is apart from uplift, which counts one purchase within the response days: retention concerns all
later purchases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from otokui.errors import BadInput
from otokui.frames import Batch, Floats

MOST_SAVED: Final = 0.5
"""Largest share of leaving customers that any contact is taken to retain."""
PRIOR_PURCHASES: Final = 10.0
"""Weight of the stated leaving share, in expected purchases of enquirers."""
MOST_LEAVING: Final = 0.9
LEAST_P_PURCHASE: Final = 0.05
SURE_SHARE: Final = 0.5
"""Part of the retention value that counts as certain: save rates are stated, not learnt, and half of one is plausible."""


@dataclass(frozen=True, slots=True)
class ChurnSignalCount:
    """Purchases after a churn signal (an enquiry): made, and expected from similar customers."""

    made: float = 0.0
    expected: float = 0.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.made < np.inf and 0.0 <= self.expected < np.inf):
            raise BadInput(f"counts after enquiries do not add up: {self}", fix="count purchases, numbers of at least 0")


NO_SIGNALS: Final = ChurnSignalCount()


def leaving_share(stated: float, count: ChurnSignalCount) -> float:
    """Return the share of enquirers who leave: a prior, updated by missing purchases.

    Purchases made are Poisson around (1 - share) x expected; the gamma prior of 1 - share is worth PRIOR_PURCHASES (Gelman et al.,
    Bayesian Data Analysis, 3rd ed., 2.6).
    """
    stay_share = (PRIOR_PURCHASES * (1.0 - stated) + count.made) / (PRIOR_PURCHASES + count.expected)
    return float(np.clip(1.0 - stay_share, 0.0, MOST_LEAVING))


def leaving_chance(vectors: Batch, share: float, signal_days: float) -> Floats:
    """Return each customer's chance of leaving by churn signal, (n,).

    It is 0 without an enquiry in the last ``signal_days``. Each further enquiry is one more chance; older ones count for less.
    """
    if not {"days_since_enquiry", "enquiry_decay_30"} <= set(vectors.names):
        return np.zeros(len(vectors))
    enquired = vectors.column("days_since_enquiry") <= signal_days
    enquiries = np.where(enquired, vectors.column("enquiry_decay_30"), 0.0)
    enquiries = np.where(enquiries > 0.0, enquiries, 0.0)
    return 1.0 - (1.0 - share) ** enquiries


def spend_if_returning(spend: Floats, p_purchase: Floats) -> Floats:
    """Return the expected spend given that the customer buys at all, (n,).

    It is the expected spend over a horizon, divided by the chance of a purchase within it. The expectation includes customers who have
    already left; a customer who has just enquired has not.
    """
    return spend / np.maximum(p_purchase, LEAST_P_PURCHASE)


def save_rates(prior: Floats, response_factor: Floats) -> Floats:
    """Return the save rate of each of ``A`` candidates, (A,).

    The save rate is the share of leaving customers whom the contact retains. prior: of one e-mail.
    """
    return np.minimum(prior * response_factor, MOST_SAVED)


def retention_value(value_at_risk: Floats, attention: Floats, rate: Floats) -> Floats:
    """Return the retention value of contacts in money, shaped as ``attention``.

    attention: the customer's to the channel; rate: the save rate of the candidate; value_at_risk: value lost with the customer, times the
    chance of leaving.
    """
    retained: Floats = np.minimum(attention * rate, MOST_SAVED) * value_at_risk
    return retained
