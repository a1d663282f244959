"""Kinds of customers by active hours, fitted anew to last night's summaries.

A customer of two visits says little; that most customers are about either in the morning or in the evening says much of
the third. The kinds are a mixture of Dirichlet-multinomials, as of purchases (``training.btyd.purchase_times``), over all that has a time
of the customer's own choosing: purchases, visits, openings.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from otokui.frames import Floats
from scoring.base_models.purchase_times import DirichletMixture, whole_counts
from training.btyd.purchase_times import fit_tastes

MOST_CUSTOMERS: Final = 10_000
"""Customers that are looked at: seconds, and the few dozen numbers do not get better by more."""


def kinds_of_day(counts: Floats, *, seed: int, most: int = MOST_CUSTOMERS) -> DirichletMixture | None:
    """Return kinds of customers by three hours of the day; None without data.

    counts: (n, 8) times at which each customer was about, NaN = not known. The order of customers changes nothing.
    """
    tallied = whole_counts(counts)
    tallied = tallied[tallied.sum(axis=1) > 0]
    if not len(tallied):
        return None
    tallied = tallied[np.lexsort(tallied.T)]
    return fit_tastes(tallied[:: -(-len(tallied) // most)], seed=seed)
