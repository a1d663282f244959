"""Cost of an unsubscribe: the money that is lost with the channel.

How likely a contact is to lose a customer is another question (``decisions.candidates.unsubscribe_rate``).
"""

from __future__ import annotations

import numpy as np

from otokui.frames import Floats, Ints


def unsubscribe_cost(expected_margin: Floats, loss_share: float, contacts_in_period: Ints) -> Floats:
    """Return the cost of an unsubscribe of each customer, (n,) money.

    It grows with the contacts of the period.

    expected_margin: (n,) money over the value horizon; loss_share: of it, what is lost with the channel; contacts_in_period: (n,).
    """
    growth = 1.0 + np.maximum(contacts_in_period, 0)
    cost: Floats = expected_margin * loss_share * growth
    return cost
